"""What is left to do: each shared network once, the longest tasks first, nothing that a store has."""

from wn_ref import Experiment, additive
from wn_ref.store.records import Outcome, Source, TrainingRecord
from wn_ref.store.writer import writing
from wn_ref.sweeps.work import EVALUATIONS, Task, Work, work_left
from wn_ref.train import Epoch
from wn_ref.weights import to_arrays

SOURCE = Source("0123456789abcdef", 2000, 10)
QUIET = Experiment(epochs=1)
NOISY = Experiment(epochs=3, noise=additive(1.0))
EVALUATED = [Experiment(epochs=1, noise=additive(sigma), phase="inference") for sigma in range(1, EVALUATIONS + 3)]


def test_networks_are_shared_and_long_tasks_come_first():
    with writing(None) as store:
        work = work_left([*EVALUATED, NOISY], store)
    assert work.known == {}
    assert work.train == [Task(NOISY, [NOISY]), Task(QUIET, EVALUATED)]
    assert work.evaluate == [Task(QUIET, EVALUATED[:EVALUATIONS]), Task(QUIET, EVALUATED[EVALUATIONS:])]
    assert work.trainings == [NOISY, QUIET]
    assert work.evaluations == EVALUATED
    assert work.cost == sum(t.training_cost for t in work.train) + sum(t.evaluation_cost for t in work.evaluate)


def test_a_kept_network_is_not_trained_again():
    """Its own result is known if it is asked for, too."""
    record = TrainingRecord((Epoch(1.0, 0.5),), {}, 2.0)
    with writing(None) as store:
        store.add(QUIET, record, {EVALUATED[0]: Outcome(0.5, "", 1.0, "{}")}, SOURCE)
        store.networks.save(QUIET, SOURCE.data, to_arrays(QUIET.network()))
        assert work_left([EVALUATED[1]], store) == Work({}, [], [Task(QUIET, [EVALUATED[1]])])
        assert work_left([QUIET], store) == Work({QUIET: record}, [], [])
