"""Workers: what they refuse, which task is to blame if they are killed, and when to give up."""

import pickle

import pytest
from joblib.externals.loky import BrokenProcessPool

from wn_ref import InputError, StorageError, WorkerError
from wn_ref.sweeps import workers
from wn_ref.sweeps.workers import DEATHS, Workers, run_tasks


@pytest.fixture
def deadly(monkeypatch):
    """Run tasks two at a time in this process; the pool breaks when it comes to a task in the returned set."""
    deadly = set()

    def results(function, tasks, arguments, running):
        numbers = list(tasks)
        for i in range(0, len(numbers), 2):
            running.update(numbers[i : i + 2])
            for number in numbers[i : i + 2]:
                if tasks[number] in deadly:
                    raise BrokenProcessPool
                yield number, function(*arguments(tasks[number]))

    monkeypatch.setattr(workers, "_results", results)
    return deadly


def squares(tasks):
    return dict(run_tasks(lambda task: task * task, tasks, lambda task: (task,)))


def test_all_tasks_are_run(deadly):
    assert squares(range(7)) == {task: task * task for task in range(7)}


def test_the_task_that_kills_is_given_up_and_the_others_go_on(deadly):
    deadly.update({1, 4})
    assert squares(range(7)) == {task: None if task in deadly else task * task for task in range(7)}


def test_it_ends_where_every_task_kills(deadly):
    deadly.update(range(10))
    message = f"workers killed {DEATHS} times by each of {DEATHS} tasks in a row, the last one 2"
    with pytest.raises(WorkerError, match=message) as caught:
        squares(range(10))
    assert "\n" not in str(caught.value)


def test_a_full_folder_for_temporary_files_is_said(monkeypatch):
    """joblib says that it "could not pickle", which points to something else."""

    def full(calls):
        raise pickle.PicklingError("Could not pickle the task.") from OSError(28, "No space left on device")
        yield from calls

    monkeypatch.setattr("joblib.Parallel", lambda **_: full)
    with pytest.raises(StorageError, match="got No space left on device; make room, or set JOBLIB_TEMP_FOLDER"):
        list(run_tasks(abs, [1, 2], lambda task: (task,)))


NEEDS_BOTH = "scheduler: expected the address of a scheduler together with the backend 'dask', got "


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "dask"}, NEEDS_BOTH + "backend 'dask' and scheduler None"),
        ({"scheduler": "tcp://here:1"}, NEEDS_BOTH + "backend None and scheduler 'tcp://here:1'"),
        ({"backend": "threds"}, "backend: expected dask or a backend registered with joblib, got 'threds'"),
        ({"backend": "multiprocessing"}, "backend: expected one that returns results as they come, got 'multiprocessi"),
        ({"jobs": -1}, "jobs: expected a whole number of at least 0, got -1"),
        ({"jobs": 1025}, "jobs: expected a whole number of at most 1024, got 1025"),
        ({"jobs": "two"}, "jobs: expected a whole number of at least 0, got 'two'"),
        ({"jobs": 2.0}, "jobs: expected a whole number of at least 0, got 2.0"),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(InputError, match=message), Workers(**options).pool():
        pass


def test_no_jobs_is_one_for_each_core(monkeypatch):
    monkeypatch.setattr(workers, "_cores", lambda: 7)
    assert Workers(0).jobs == 7
    assert Workers(jobs=0) == Workers(7)


def test_more_jobs_than_cores_is_said(monkeypatch):
    monkeypatch.setattr(workers, "_cores", lambda: 2)
    for jobs in (0, 1, 2):
        Workers(jobs)
    with pytest.warns(
        workers.WorkersWarning, match="^jobs: 3 workers for 2 cores; more workers than cores are not fas"
    ):
        assert Workers(3).jobs == 3
    Workers(3, "threading")  # who knows where
    monkeypatch.setattr(workers, "_cores", lambda: 1)
    with pytest.warns(workers.WorkersWarning, match="2 workers for 1 core; "):
        Workers(2)
