"""Keys: known answers, one key for equal experiments, and a new field that changes none."""

import json
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wn_ref import Experiment, additive, mixed, multiplicative
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


def test_a_new_field_changes_no_key():
    @dataclass(frozen=True)
    class Later(Experiment):
        label_smoothing: float = 0.0

    assert [key(Later(**vars(experiment))) for experiment, *_ in KNOWN] == [digits for *_, digits in KNOWN]
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
