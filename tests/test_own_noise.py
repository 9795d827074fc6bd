"""Noises of one's own: each has a key of its own, and a sweep never gives it the result of another one."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import wn_ref as wn
from wn_ref import Experiment, InputError
from wn_ref.findings.signal_to_noise import signal_to_noise
from wn_ref.injection import Injection
from wn_ref.own_noise import describe_own_noise, level_of
from wn_ref.random import uniform
from wn_ref.store.canonical import canonical, key


@dataclass(frozen=True)
class Uniform(wn.Noise):
    """As tutorial 14 has it."""

    sigma: float = 0.0

    def inject(self, x, stream, executions=1):
        x += (self.sigma * np.sqrt(12) * (uniform(x.shape, *stream) - 0.5)).astype(x.dtype)


class Drift(wn.Noise):
    """As an exercise of tutorial 14 has it: no field of its own."""

    def inject(self, x, stream, executions=1):
        x += x.dtype.type(self.sigma_add) * wn.normal(1, *stream)[0]


@dataclass(frozen=True)
class Shaped(wn.Noise):
    shape: object = None


DIGITS = Experiment(dataset="digits", epochs=1, phase="inference", point=1)


def test_a_subclass_does_not_get_the_result_of_gaussian_noise(tmp_path):
    gaussian = replace(DIGITS, noise=wn.additive(2.0))
    own = replace(DIGITS, noise=Drift(sigma_add=2.0))
    assert key(gaussian) != key(own)
    table = wn.sweep([gaussian, own], store=tmp_path / "results.sqlite")
    assert table["accuracy"].tolist() == [wn.run(gaussian).accuracy, wn.run(own).accuracy]
    assert table["accuracy"].nunique() == 2
    assert table["own_noise"].tolist() == ["", describe_own_noise(own.noise)]
    with wn.open_store(tmp_path / "results.sqlite") as store:
        assert len(store.runs(own_noise="")) == 1
    with pytest.raises(
        InputError, match=r"noise: expected that of this package, got .*Drift.*; make the experiment itself"
    ):
        Experiment.from_row(table.iloc[1])
    assert Experiment.from_row(table.iloc[0]) == gaussian


class Returned(wn.Noise):
    """A common slip: the result is returned, and x stays as it is."""

    def inject(self, x, stream, executions=1):
        return x + 1e6 * wn.normal(x.shape, *stream)


def test_a_noise_that_returns_its_result_is_no_noise_at_all():
    noise = Returned(sigma_add=1.0)
    network = wn.build_model("mlp", (1, 8, 8))
    for use in (
        lambda: wn.run(replace(DIGITS, noise=noise)),
        lambda: network.forward(np.zeros((1, 8, 8, 2), np.float32), noise=noise),
        lambda: signal_to_noise(network, np.zeros((1, 8, 8, 2), np.float32), Injection(noise, point=1)),
    ):
        with pytest.raises(InputError, match=r"expected Returned\.inject to write into x.*; use x\[...\] = result"):
            use()


def test_the_fields_tell_noises_of_a_class_apart():
    noises = [
        Uniform(sigma=0.5),
        Uniform(sigma=0.25),
        Uniform(sigma_add=0.5),
        Uniform(sigma=0.5, first="additive"),
        Drift(),
    ]
    assert len({key(replace(DIGITS, noise=noise)) for noise in noises}) == len(noises)
    assert key(replace(DIGITS, noise=Uniform(sigma=0.5))) == key(replace(DIGITS, noise=Uniform(sigma=0.5)))
    assert '"class":"tests.test_own_noise.Uniform"' in canonical(replace(DIGITS, noise=Uniform(sigma=0.5)))


def test_classes_of_one_name_and_other_code():
    def local(factor):
        class Local(wn.Noise):
            def inject(self, x, stream, executions=1):
                x *= factor

        return Local()

    descriptions = [describe_own_noise(local(factor)) for factor in (1, 2, 1)]
    assert descriptions[0] == descriptions[2] != descriptions[1]
    assert replace(DIGITS, noise=local(1)) != replace(DIGITS, noise=local(2))


def test_a_helper_that_was_changed_in_the_session_counts(monkeypatch):
    before = replace(DIGITS, noise=Uniform(sigma=0.5))
    monkeypatch.setitem(globals(), "uniform", lambda shape, *stream: np.zeros(shape))
    after = replace(DIGITS, noise=Uniform(sigma=0.5))
    assert before != after
    assert key(before) != key(after)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda x: x + 1, lambda x: x + 2),
        ((1, 2), (2, 1)),
        ("a", "b"),
        (1, 2),
        (np.float32(0.1), 0.1),
        (None, 0),
        (Uniform(sigma=1.0), Uniform(sigma=2.0)),
    ],
)
def test_fields_of_any_kind(one, other):
    keys = [key(replace(DIGITS, noise=Shaped(shape=shape))) for shape in (one, other, one)]
    assert keys[0] == keys[2] != keys[1]


def test_the_noises_of_this_package_need_no_description():
    for noise in (None, wn.additive(1.0), wn.mixed(1.0, 2.0)):
        assert describe_own_noise(noise) == ""
        assert replace(DIGITS, noise=noise).own_noise == ""
        assert "class" not in canonical(replace(DIGITS, noise=noise))


class Attribute(wn.Noise):
    def __init__(self, table):
        super().__init__()
        object.__setattr__(self, "table", table)


@pytest.mark.parametrize(
    ("noise", "message"),
    [
        (
            Attribute(1),
            "noise: expected all attributes of Attribute to be fields, got table beside them; make it a @data",
        ),
        (
            Shaped(shape=[1, 2]),
            r"noise: expected numbers, texts, tuples or functions in the fields of Shaped, got shape=\[1",
        ),
        (Shaped(shape=np.zeros((3, 3))), "in the fields of Shaped, got shape=array"),
        (Uniform, "noise: expected what wn_ref.additive and its like return, got <class"),
        (wn.additive, "noise: expected what wn_ref.additive and its like return, got <function"),
        ((wn.additive(1.0),), "noise: expected what wn_ref.additive"),
    ],
)
def test_bad_input(noise, message):
    with pytest.raises(InputError, match=message) as caught:
        replace(DIGITS, noise=noise)
    assert "\n" not in str(caught.value)


def test_the_level_is_a_number_whatever_its_type():
    described = {describe_own_noise(Uniform(sigma=kind(0.5))) for kind in (float, np.float32, np.float64)}
    assert len(described) == 1
    assert level_of(described.pop())[0] == 0.5


def test_what_the_level_of_a_noise_is():
    levels = [level_of(describe_own_noise(noise)) for noise in (Uniform(sigma=0.5), Uniform(sigma=2))]
    assert [level for level, _ in levels] == [0.5, 2.0]
    assert levels[0][1] == levels[1][1]  # one curve
    drifts = [level_of(describe_own_noise(Drift(sigma_add=sigma))) for sigma in (1.0, 2.0)]
    assert drifts[0] == drifts[1]  # the columns of Gaussian noise have the level
    assert drifts[0][0] == 0.0
    for _, rest in (*levels, *drifts):
        assert level_of(rest) == (0.0, rest)  # asked again, it takes nothing else for the level
    assert level_of("no description") == (0.0, "no description")


@dataclass(frozen=True)
class Levelled(wn.Noise):
    level: float = 0.0


@dataclass(frozen=True)
class Coded(wn.Noise):
    code: int = 1


def test_a_field_may_be_called_level_and_none_code():
    levels = [level_of(describe_own_noise(Levelled(level=level))) for level in (0.5, 2.0)]
    assert [level for level, _ in levels] == [0.5, 2.0]
    assert levels[0][1] == levels[1][1]
    with pytest.raises(InputError, match="noise: expected another name than code for a field of Coded, got it"):
        replace(DIGITS, noise=Coded())


def test_equal_numbers_have_one_description():
    assert describe_own_noise(Uniform(sigma=1)) == describe_own_noise(Uniform(sigma=1.0))
