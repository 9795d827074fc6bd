"""An experiment is data: what it refuses, what it shares, and that the same experiment gives the same bits."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from wn_ref import Experiment, InputError, additive, build_model, evaluate, load_dataset, multiplicative, run, train
from wn_ref.experiment import DEFAULTS
from wn_ref.running import learn, measure
from wn_ref.store.canonical import key


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"dataset": "mnist_smaple"}, "dataset: expected one of .* got 'mnist_smaple'; did you mean 'mnist_sample'"),
        ({"model": "lenet"}, "model: expected one of"),
        ({"phase": "train"}, "phase: expected one of training, inference, got 'train'"),
        ({"point": 11}, r"point: expected 'global', 'all' or 0 to 10 \(0 input, .*\), got 11"),
        ({"point": 8, "batchnorm": False}, "0 to 7"),
        ({"epochs": 0}, "epochs: expected a whole number of at least 1, got 0"),
        ({"epochs": 2.5}, "epochs: expected a whole number"),
        ({"seed": -1}, "seed: expected a whole number of at least 0"),
        ({"seed": 2**64}, "seed: expected a whole number of at most"),
        ({"batchnorm": "no"}, "batchnorm: expected True or False, got 'no'"),
        ({"momentum": 1.0}, "momentum: expected 0 <= momentum < 1"),
        ({"batch_size": 0}, "batch_size: expected"),
        ({"learning_rate": 0}, "learning_rate: expected a positive number, got 0"),
        ({"optimizer": "rmsprop"}, "optimizer: expected one of adam, sgd"),
        ({"schedule": "step"}, "schedule: expected one of"),
        ({"noise": 0.5}, "noise: expected what wn_ref.additive and its like return, got 0.5"),
        ({"learning_rate": "x"}, "learning_rate: expected a positive number, got 'x'; correct it"),
        ({"learning_rate": np.nan}, "learning_rate: expected a positive number, got nan"),
        ({"learning_rate": np.float32(np.inf)}, "learning_rate: expected a positive number, got"),
        ({"learning_rate": None}, "learning_rate: expected a positive number, got None"),
        ({"learning_rate": True}, "learning_rate: expected a positive number, got True"),
        ({"learning_rate": 1 + 1j}, "learning_rate: expected a positive number"),
        ({"learning_rate": np.zeros((3, 3))}, "learning_rate: expected a positive number, got array"),
        ({"momentum": "0.9"}, "momentum: expected 0 <= momentum < 1, got '0.9'"),
        ({"momentum": np.nan}, "momentum: expected 0 <= momentum < 1, got nan"),
        ({"epochs": "5"}, "epochs: expected a whole number of at least 1, got '5'"),
        ({"epochs": True}, "epochs: expected a whole number"),
        ({"epochs": np.arange(3)}, "epochs: expected a whole number"),
        ({"epochs": np.nan}, "epochs: expected a whole number"),
        ({"seed": 1.0}, "seed: expected a whole number of at least 0, got 1.0"),
        ({"seed": None}, "seed: expected a whole number of at least 0, got None"),
        ({"seed": range(2)}, "seed: expected a whole number of at least 0, got range"),
        ({"batch_size": np.float64(128)}, "batch_size: expected a whole number"),
        ({"train_size": "all"}, "train_size: expected a whole number of at least 1, got 'all'"),
        ({"test_size": 0}, "test_size: expected a whole number of at least 1, got 0"),
        ({"clamp": 1}, "clamp: expected True or False, got 1"),
        ({"augment": None}, "augment: expected True or False, got None"),
        ({"dataset": ["digits"]}, r"dataset: expected one of .*, got \['digits'\]; did you mean 'digits'"),
        ({"dataset": np.array(["digits", "mnist"])}, "dataset: expected one of"),
        ({"dataset": replace(load_dataset("digits"), flip=True)}, "dataset: expected a name of its own for data other"),
        ({"dataset": lambda: 5}, "dataset: expected a function that returns a Dataset, got one that returns 5"),
        ({"dataset": "absent.npz"}, "dataset: expected an .npz file with train_images.*absent.npz: No such file"),
        ({"dataset": ""}, "dataset: expected one of"),
        ({"dataset": "digits", "train_size": 1438}, "train_size of digits: expected at most 1437, got 1438; ask"),
        ({"dataset": "digits", "test_size": 10**6}, "test_size of digits: expected at most 360, got 1000000"),
        ({"model": None}, "model: expected one of mlp, lenet5, cnn_s, got None"),
        ({"phase": {"training": 1}}, "phase: expected one of training, inference"),
        (
            {"point": "dense9"},
            "point: expected 'global', 'all' or 0 to 10 .*got 'dense9'; choose one, by its number",
        ),
        ({"point": "2"}, "point: expected 'global'"),
        ({"point": 2.0}, "point: expected 'global'"),
        ({"point": True}, "point: expected 'global'"),
        ({"point": [2]}, "point: expected 'global'"),
        ({"point": "bn1", "batchnorm": False}, "point: expected 'global', 'all' or 0 to 7"),
        (
            {"dataset": "digits", "model": "lenet5"},
            "model: expected one that can take the images of digits, got 'lenet5'; expected images of at least 16",
        ),
        (
            {"dataset": "gsc", "model": "lenet5"},
            "can take the images of gsc, got 'lenet5'; .*, got 10 x 49; choose anot",
        ),
        ({"dataset": "digits", "model": "cnn_s", "batchnorm": False}, "can take the images of digits, got 'cnn_s'"),
    ],
)
def test_bad_input(field, message):
    with pytest.raises(InputError, match=message) as caught:
        Experiment(**field)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("not_one", ["digits", None, Experiment, load_dataset("digits"), [Experiment()]])
def test_what_is_no_experiment(not_one):
    with pytest.raises(InputError, match="experiment: expected an object of the class Experiment, got ") as caught:
        run(not_one)
    assert "\n" not in str(caught.value)


def test_a_point_may_be_given_by_its_name():
    by_name = Experiment(noise=additive(1.0), point="dense2")
    assert by_name == Experiment(noise=additive(1.0), point=4) == Experiment(noise=additive(1.0), point=np.int8(4))
    assert key(by_name) == key(Experiment(noise=additive(1.0), point=4))
    assert by_name.point == 4
    assert Experiment(point="dense2", batchnorm=False).point == 3
    assert Experiment(point=np.str_("input")).point == 0
    assert [Experiment(point=point).point for point in ("global", "all")] == ["global", "all"]
    assert Experiment.from_row(by_name.row()) == by_name


@pytest.mark.parametrize(
    "settings",
    [
        {"point": 3}, {"phase": "inference"}, {"phase": "inference", "point": 3, "executions": (2,)}, {"point": "all"},
    ],
)  # fmt: skip
def test_noise_of_level_zero_comes_back_from_a_table(settings):
    experiment = Experiment(dataset="digits", noise=additive(0.0), **settings)
    assert Experiment.from_row(experiment.row()) == experiment
    quiet = experiment.training_experiment() if experiment.phase == "inference" else Experiment()
    assert Experiment.from_row(quiet.row()) == quiet


@pytest.mark.parametrize("column", ["epochs", "gradient", "sigma_add", "point"])
def test_a_row_without_a_column_is_refused(column):
    row = {name: value for name, value in Experiment(epochs=7).row().items() if name != column}
    with pytest.raises(InputError, match=f"row: expected a column {column}, got dataset"):
        Experiment.from_row(row)


def test_a_seed_of_twenty_digits_comes_back_from_a_table():
    row = Experiment(seed=2**64 - 1).row()
    assert Experiment.from_row(row).seed == 2**64 - 1
    for seed in (float(2**64 - 2**11), 2.0**53, 0.5):  # a column of a table that lacks some has floats
        with pytest.raises(InputError, match="row: expected a whole number, below 2"):
            Experiment.from_row(row | {"seed": seed})


PLAIN = {
    "dataset": "digits",
    "batchnorm": True,
    "point": 2,
    "epochs": 3,
    "seed": 7,
    "batch_size": 64,
    "learning_rate": 0.5,
    "momentum": 0.5,
    "clamp": False,
    "augment": True,
    "train_size": 1000,
    "test_size": 100,
}
SAME = {
    "dataset": [np.str_("digits")],
    "batchnorm": [np.True_],
    "point": [np.int64(2), np.uint8(2), "bn1", np.str_("bn1")],
    "epochs": [np.int8(3), np.array(3)],
    "seed": [np.uint64(7), np.int32(7)],
    "batch_size": [np.uint16(64)],
    "learning_rate": [np.float16(0.5), np.float32(0.5), np.float64(0.5), np.longdouble(0.5), Fraction(1, 2)],
    "momentum": [np.float32(0.5)],
    "clamp": [np.False_],
    "augment": [np.True_],
    "train_size": [np.int32(1000)],
    "test_size": [np.uint8(100)],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in SAME.items() for value in values])
def test_numbers_of_any_kind_become_pythons_own(name, value):
    plain, given = Experiment(**PLAIN), Experiment(**PLAIN | {name: value})
    assert given == plain
    assert repr(given) == repr(plain)
    assert type(getattr(given, name)) is type(PLAIN[name])
    assert key(given) == key(plain)


def test_a_rounded_default_is_not_the_default():
    """np.float32(1e-3) compares equal to 1e-3, and gives other bits."""
    rounded = Experiment(dataset="digits", epochs=1, learning_rate=np.float32(1e-3))
    assert rounded.learning_rate == float(np.float32(1e-3)) != 1e-3
    assert key(rounded) != key(Experiment(dataset="digits", epochs=1))
    assert run(rounded) == run(replace(rounded, learning_rate=float(np.float32(1e-3))))
    assert str(Experiment(momentum=-0.0).momentum) == "0.0"


def test_training_is_shared_by_inference_only():
    quiet = Experiment(batchnorm=False)
    noisy = replace(quiet, noise=additive(0.5), point=3)
    assert replace(noisy, phase="inference").training_experiment() == quiet
    assert noisy.training_experiment() == noisy
    assert len({noisy, replace(noisy), replace(noisy, seed=1)}) == 2


def test_same_experiment_same_bits():
    experiment = Experiment(noise=multiplicative(0.3, "exact"), point="global", epochs=2, seed=3)
    first, second = run(experiment), run(experiment)
    assert first == second
    assert run(replace(experiment, seed=4)).accuracy != first.accuracy


def test_run_is_train_and_evaluate():
    data = load_dataset("mnist_sample")
    experiment = Experiment(noise=additive(1.0), point=2, phase="inference", epochs=1, seed=5)
    seen = []
    result = run(experiment, seen.append)
    net = build_model("mlp", data.shape, 10, batchnorm=True, seed=5)
    history = train(net, data, epochs=1, seed=5)
    assert result.accuracy == evaluate(net, data, additive(1.0), 2, seed=5)
    assert list(result.history) == history == seen
    assert list(result.weight_magnitudes) == ["dense1", "dense2", "dense3", "dense4"]
    assert result.weight_magnitudes["dense1"] == pytest.approx(np.abs(net.parameters["dense1.weight"]).mean())


def test_executions_reach_the_evaluation():
    once = Experiment(noise=additive(0.6), point="all", phase="inference", epochs=1)
    often = replace(once, executions=[6, 1, 3, 3, 2, 1, 2, 1, 1, 1, 1])
    assert often.executions == (6, 1, 3, 3, 2, 1, 2, 1, 1, 1, 1)
    assert often.training_experiment() == once.training_experiment() == Experiment(epochs=1)
    assert often.row()["executions"] == often.executions
    network, _ = learn(once.training_experiment())
    plain, ones, better = (measure(e, network) for e in (once, replace(once, executions=(1,) * 11), often))
    assert plain == ones
    assert better > plain + 0.05


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"executions": (2, 2)}, "executions: expected 11 numbers, one for each noisy point, got"),
        ({"executions": (2,) * 8, "point": "global", "noise": None}, "executions: expected noise in the phase"),
        ({"executions": (2,) * 11, "phase": "training"}, "executions: expected noise in the phase 'inference', got"),
    ],
)
def test_bad_executions(field, message):
    with pytest.raises(InputError, match=message) as caught:
        Experiment(**{"noise": additive(0.3), "point": "all", "phase": "inference"} | field)
    assert "\n" not in str(caught.value)


def test_the_defaults_are_the_row_of_an_experiment_of_nothing_but_defaults():
    """In order, too: they are the columns of stores and tables. (They are there without a network being built.)"""
    assert list(DEFAULTS.items()) == list(Experiment().row().items())
