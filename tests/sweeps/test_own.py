"""Sweeps of networks, noises and data that are all the user's own: on a cluster, after a stop, and in a notebook."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.own import Uniform, bars, small_cnn
from wn_ref import open_store, sweep, walking

SETTINGS = {"model": small_cnn, "dataset": bars(), "epochs": 2, "batch_size": 32}
PLAN = walking(lambda sigma: Uniform(sigma=sigma), [0.1, 1.0, 10.0], range(2), **SETTINGS)


def test_a_sweep_goes_on_where_it_stopped(tmp_path, monkeypatch):
    from wn_ref.sweeps import runner

    real, started = runner.train_one, []

    def stopped(experiment, data):
        started.append(experiment)
        if len(started) == 10:
            raise KeyboardInterrupt
        return real(experiment, data)

    monkeypatch.setattr(runner, "train_one", stopped)
    with pytest.raises(KeyboardInterrupt):
        sweep(PLAN, store=tmp_path / "results.sqlite")
    table = sweep(PLAN, store=tmp_path / "results.sqlite")
    assert len(started) == 1 + len({e.training_experiment() for e in PLAN})
    assert table["accuracy"].equals(sweep(PLAN)["accuracy"])


@pytest.mark.cluster
@pytest.mark.filterwarnings("ignore")  # of dask's own, as it ends
def test_on_dask_from_a_file_that_only_this_process_knows(tmp_path):
    distributed = pytest.importorskip("distributed", reason="pip install -e '.[cluster]' brings dask")
    file = tmp_path / "mine.py"
    file.write_text("from tests.own import *\n\ndef model(*arguments):\n    return small_cnn(*arguments, 4)\n")
    settings = SETTINGS | {"model": f"{file}:model"}
    plan = walking(lambda sigma: Uniform(sigma=sigma), [0.1, 10.0], range(2), **settings)
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster:
        store = tmp_path / "results.sqlite"
        there = sweep(plan, store=store, backend="dask", scheduler=cluster.scheduler_address)
    assert there["accuracy"].equals(sweep(plan)["accuracy"])
    with open_store(store) as opened:
        assert set(opened.runs()["error"]) == {""}


CELLS = """
from dataclasses import dataclass
import numpy as np
import wn_ref as wn
from wn_ref.layers import Dense, Flatten, ReLU

def two_layers(input_shape, classes, batchnorm, seed, dtype):
    layers = [Flatten(), Dense(64, 16, seed, 0, dtype), ReLU(), Dense(16, classes, seed, 1, dtype)]
    return wn.Network(layers, dtype, input_shape)

@dataclass(frozen=True)
class Steps(wn.Noise):
    sigma: float = 0.0

    def inject(self, x, stream, executions=1):
        if self.sigma:
            x[...] = np.round(x / self.sigma) * self.sigma

plan = wn.walking(lambda sigma: Steps(sigma=sigma), [0.1, 10.0], range(2), model=two_layers, dataset="digits", epochs=1)
print(wn.sweep(plan, jobs=2)["accuracy"].tolist() == wn.sweep(plan)["accuracy"].tolist(), plan[0].own_noise)
"""


def test_what_a_script_defines_travels_to_workers():
    """A notebook's cells are a script in this respect: their code is in __main__."""
    done = subprocess.run([sys.executable, "-c", CELLS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    same, own = done.stdout.split(" ", 1)
    assert same == "True"
    assert json.loads(own)["class"] == "__main__.Steps"


def test_two_noises_of_equal_fields_and_other_code_share_no_row():
    def made(factor):
        from dataclasses import dataclass

        from wn_ref import Noise

        @dataclass(frozen=True)
        class Shift(Noise):
            sigma: float = 0.0

            def inject(self, x, stream, executions=1):
                x += factor * self.sigma

        return Shift

    kinds = [made(factor) for factor in (1, 50)]
    plans = [walking(lambda s, kind=kind: kind(sigma=s), [1.0], [0], ["inference"], **SETTINGS) for kind in kinds]
    table = sweep(plans[0] + plans[1])
    assert len(table) == 2 * 5
    assert table["own_noise"].nunique() == 2
    first, second = np.split(table["accuracy"].to_numpy(), 2)
    assert (first != second).any()
