"""Keys: known answers, one key for equal experiments, and a new field that changes none."""

import json
from dataclasses import dataclass, fields, replace
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wn_ref import Experiment, InputError, Noise, additive, mixed, multiplicative
from wn_ref.noise import GRADIENTS, ORDERS
from wn_ref.store.canonical import canonical, key, keys

KNOWN = [
    (Experiment(), "{}", "44136fa355b3678a1146ad16f7e8649e"),
    (
        Experiment(noise=additive(0.5), seed=3),
        '{"noise":{"sigma_add":0.5},"seed":3}',
        "5a5760c1078f35fdcecc2a582c51468f",
    ),
]


@pytest.mark.parametrize(("experiment", "form", "digits"), KNOWN)
def test_known_answers(experiment, form, digits):
    assert canonical(experiment) == form
    assert key(experiment) == digits == sha256(form.encode()).hexdigest()[:32]


def test_the_form_is_json_of_what_differs_from_the_defaults():
    experiment = Experiment(
        model="lenet5",
        batchnorm=False,
        noise=mixed(1e10, 0.1, "additive", "exact"),
        point=4,
        learning_rate=5e-4,
        clamp=True,
    )
    assert json.loads(canonical(experiment)) == {
        "model": "lenet5",
        "batchnorm": False,
        "noise": {"sigma_mul": 10_000_000_000, "sigma_add": 0.1, "first": "additive", "gradient": "exact"},
        "point": 4,
        "learning_rate": 0.0005,
        "clamp": True,
    }


def test_equal_experiments_have_one_key():
    plain = Experiment(noise=additive(2), batchnorm=False, point=1, seed=3, learning_rate=1)
    same = Experiment(
        noise=additive(np.float32(2)), batchnorm=np.bool(0), point=np.int64(1), seed=np.uint8(3), learning_rate=1.0
    )
    assert plain == same
    assert key(plain) == key(same)
    assert list(keys([plain, same])) == [key(plain)]


@given(st.floats(0, 1e300), st.integers(0, 2**64 - 1), st.sampled_from(["global", "all", 0, 1, 10]))
def test_different_experiments_have_different_forms_that_give_them_back(sigma, seed, point):
    experiment = Experiment(noise=multiplicative(sigma), seed=seed, point=point)
    values = json.loads(canonical(experiment))
    assert multiplicative(sigma=values.pop("noise").get("sigma_mul", 0)) == experiment.noise
    assert replace(Experiment(noise=experiment.noise), **values) == experiment


@dataclass(frozen=True)
class Own(Noise):
    """y = x: a noise of one's own with a field more."""

    share: float = 0.5

    def inject(self, x, stream, executions=1):
        pass

    def backward(self, dy, stream, executions=1, out=None):
        return dy


class Other(Noise):
    """y = 0."""

    def inject(self, x, stream, executions=1):
        x[...] = 0

    def backward(self, dy, stream, executions=1, out=None):
        return 0 * dy


LEVELS = st.one_of(st.sampled_from([0.0, -0.0, 0.5, 1, 1.0, np.float32(0.1), 0.1, 1e300]), st.floats(0, 1e10))
ORDERS_AND_GRADIENTS = {"first": st.sampled_from(ORDERS), "gradient": st.sampled_from(GRADIENTS)}
NOISES = st.one_of(
    st.none(),
    st.builds(Noise, LEVELS, LEVELS, **ORDERS_AND_GRADIENTS),
    st.builds(Own, LEVELS, LEVELS, share=LEVELS, **ORDERS_AND_GRADIENTS),
    st.builds(Other, LEVELS, LEVELS, **ORDERS_AND_GRADIENTS),
)
SIZES = st.sampled_from([None, 1, 100, np.int32(100)])
SMALL = st.sampled_from([1, 5, 128, np.uint8(5)])
POINTS = st.sampled_from(["global", "all", 0, 3, "dense2", "relu1", np.int64(3)])
FIELDS = {
    "dataset": st.sampled_from(["mnist_sample", "fashion_mnist_sample", "mnist"]),
    "model": st.sampled_from(["mlp", "lenet5", "cnn_s"]),
    "batchnorm": st.sampled_from([True, False, np.True_]),
    "noise": NOISES,
    "point": POINTS,
    "phase": st.sampled_from(["training", "inference"]),
    "epochs": SMALL,
    "seed": st.one_of(SMALL, st.integers(0, 2**64 - 1)),
    "batch_size": SMALL,
    "learning_rate": st.sampled_from([1, 1.0, 1e-3, np.float32(1e-3), np.nextafter(1e-3, 1), 5e-4]),
    "optimizer": st.sampled_from(["adam", "sgd"]),
    "momentum": st.sampled_from([0, 0.0, -0.0, 0.9, np.float32(0.9)]),
    "schedule": st.sampled_from(["cosine", "constant"]),
    "clamp": st.booleans(),
    "augment": st.booleans(),
    "train_size": SIZES,
    "test_size": SIZES,
}


def outcome_depends_on(experiment):
    """Everything that `run` reads: the bits of every field, the noise's class, and its fields."""
    given = {field.name: getattr(experiment, field.name) for field in fields(Experiment) if field.init}
    noise = given.pop("noise")
    return repr((given, type(noise), noise and {field.name: getattr(noise, field.name) for field in fields(noise)}))


@given(st.data())
def test_equal_keys_mean_equal_outcomes(data):
    """Two experiments; the second differs from the first in a few fields, or only in the types of its values."""
    one = data.draw(st.fixed_dictionaries(FIELDS))
    changed = data.draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=3, unique=True))
    other = one | {name: data.draw(FIELDS[name], label=name) for name in changed}
    try:
        one, other = Experiment(**one), Experiment(**other)
    except InputError:  # a point that one of the networks does not have
        assume(False)
    assert (key(one) == key(other)) == (outcome_depends_on(one) == outcome_depends_on(other))
    assert (one == other) == (key(one) == key(other))


def test_the_hypothesis_names_every_field():
    """A new field has to be varied there, too; executions need a noise and as many numbers as there are points."""
    assert {field.name for field in fields(Experiment) if field.init} == {*FIELDS, "executions"}
    noisy = Experiment(noise=additive(1.0), point=1, phase="inference")
    assert len({key(replace(noisy, executions=counts)) for counts in (None, (1,), (2,), [3], np.array([2]))}) == 4


def test_a_new_field_changes_no_key():
    @dataclass(frozen=True)
    class Later(Experiment):
        label_smoothing: float = 0.0

    given = [field.name for field in fields(Experiment) if field.init]
    later = [Later(**{name: getattr(experiment, name) for name in given}) for experiment, *_ in KNOWN]
    assert [key(experiment) for experiment in later] == [digits for *_, digits in KNOWN]
    assert key(Later(label_smoothing=0.1)) not in [digits for *_, digits in KNOWN]


def test_the_defaults_are_what_they_were():
    """The key leaves out defaults: to change one changes what every stored key means."""
    assert Experiment() == Experiment(
        dataset="mnist_sample",
        model="mlp",
        batchnorm=True,
        noise=None,
        point="global",
        phase="training",
        epochs=5,
        seed=0,
        batch_size=128,
        learning_rate=1e-3,
        optimizer="adam",
        momentum=0.0,
        schedule="cosine",
        clamp=False,
        executions=None,
    )
    assert vars(additive(0)) == {
        "sigma_mul": 0,
        "sigma_add": 0,
        "first": "multiplicative",
        "gradient": "straight_through",
    }
