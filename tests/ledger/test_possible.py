"""What a row says has to fit together: cells that follow from others do, and accuracies are counts of images."""

import pytest

from tests.ledger.made_up import cells
from wn_ref import Experiment, InputError, additive, multiplicative
from wn_ref.ledger import tables

QUIET = Experiment(dataset="gsc_test_set", epochs=1)
AT_LAYER = Experiment(dataset="gsc_test_set", epochs=1, noise=multiplicative(1e10), point="dense1")
AT_INPUT = Experiment(dataset="gsc_test_set", epochs=1, noise=additive(1.0), point="input")
LATE = Experiment(
    dataset="gsc_test_set", epochs=1, noise=additive(1.0), point="dense1", phase="inference", test_size=300
)
AVERAGED = Experiment(
    dataset="gsc_test_set", batchnorm=False, noise=additive(1.0), point="all", phase="inference", executions=(2,) * 8
)


def run(experiment, **changes):
    """A published run whose accuracy, two thirds of the images, has no end in decimals."""
    images = experiment.sizes[1]
    changes = {"tested": images, "quantised": None} | changes
    return cells(experiment, 0.0, **{"accuracy": images * 2 // 3 / images} | changes)


def read(folder, *runs):
    tables.write(folder, runs)
    return tables.read(folder)


def test_runs_that_there_can_be_are_read(tmp_path):
    mean = sum(hits / 978 for hits in (600, 601, 603)) / 3
    runs = [
        run(QUIET),
        run(AT_LAYER, quantised=mean),
        run(AT_INPUT, accuracy=None, error="overflow in epoch 1: the loss"),
        run(LATE),
        run(AVERAGED, accuracy=1.0, seconds=0.0),
    ]
    assert tables.merged(runs, ()) == read(tmp_path, *runs)


@pytest.mark.parametrize(
    ("experiment", "changes", "message"),
    [
        (QUIET, {"classes": 100}, "classes: expected 12, got 100"),
        (QUIET, {"name": "input"}, "name: expected 'global', got 'input'"),
        (AT_LAYER, {"name": "bn1"}, "name: expected 'dense1', got 'bn1'"),
        (AT_LAYER, {"batchnorm": False, "point": 2}, "name: expected 'relu1', got 'dense1'"),
        (AT_LAYER, {"point": 11}, r"point: expected 'global', 'all' or 0 to 10 \(0 input, .*\), got 11"),
        (QUIET, {"tested": 489}, "tested: expected 978, got 489"),
        (LATE, {"tested": 600}, "tested: expected 300, got 600"),
        (QUIET, {"accuracy": 0.99999}, "accuracy: expected a whole number of 978 images, divided by it, got 0.99999"),
        (QUIET, {"accuracy": 0.6667}, "accuracy: expected a whole number of 978 images"),  # it was rounded
        (AT_LAYER, {"quantised": 0.99999}, "quantised: expected a mean of 3 accuracies, got 0.99999"),
        (AT_LAYER, {"weight": -0.5}, r"weight: expected one .*, got -0\.5"),
        (AT_LAYER, {"weight": "nan"}, "weight: expected one .*, got nan"),
        (AT_INPUT, {"weight": 0.5}, r"weight: expected one only of a layer that noise is behind in training, got 0\.5"),
        (LATE, {"weight": 0.5}, "weight: expected one only of a layer that noise is behind in training"),
        (LATE, {"test_size": 979}, "test_size of gsc_test_set: expected at most 978, got 979"),
        (QUIET, {"train_size": 4000}, "train_size of gsc_test_set: expected at most 3912, got 4000"),
        (QUIET, {"executions": "3 3"}, "executions: expected noise in the phase 'inference', got .*'training'"),
        (AVERAGED, {"executions": "3 3"}, "executions: expected 8 numbers, one for each noisy point, got .*3, 3"),
        (QUIET, {"accuracy": None}, "accuracy: expected an accuracy or an error, and not both, got an empty cell"),
        (QUIET, {"error": "overflow in epoch 1"}, "accuracy: expected an accuracy or an error, and not both, got 0.66"),
    ],
)  # fmt: skip
def test_cells_that_contradict_others_are_refused_with_file_line_and_column(experiment, changes, message, tmp_path):
    with pytest.raises(InputError, match=rf"got line 2 of .*gsc_test_set-mlp\.csv \({message}.*\); get it again$"):
        read(tmp_path, run(experiment, **changes))


def test_a_model_that_cannot_take_the_images_has_no_runs(tmp_path):
    with pytest.raises(InputError, match=r"line 2 of .*digits-lenet5\.csv \(model: expected one that can take"):
        read(tmp_path, cells(Experiment(dataset="digits"), 0.9) | {"model": "lenet5"})
