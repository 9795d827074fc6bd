"""The suite: what it has, that it stays what it was, and that it is written by one command."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from tests.ports.digest import FILE, digest, digest_of
from wn_ref import InputError, additive, kernels
from wn_ref.layers import Dense, Flatten
from wn_ref.layers.residual import Add, Fork
from wn_ref.network import Network
from wn_ref.noise import Noise
from wn_ref.ports.case import TOLERANCES, case_of
from wn_ref.ports.cases import suite, write_suite
from wn_ref.ports.check import check_case
from wn_ref.ports.contents import expected_arrays
from wn_ref.ports.numpy_port import NumpyPort
from wn_ref.ports.record import record

TOLERANCE = 2e-6
"""Normals differ in their last bit between processors, by 5e-7; a mistake is larger."""


def assert_same(one, other):
    assert one.keys() == other.keys()
    for kind, (norm, projection) in one.items():
        assert other[kind][0] == pytest.approx(norm, rel=TOLERANCE), kind
        assert other[kind][1] == pytest.approx(projection, abs=TOLERANCE * max(norm, 1e-300)), kind


def test_the_suite_is_what_it_was():
    kept, now = json.loads(FILE.read_text()), digest()
    assert kept.keys() == now.keys()
    for name, one in kept.items():
        assert_same(one, now[name])


def test_a_small_change_is_seen():
    arrays = record(case_of("one", noise=additive(0.5), steps=1))
    before = digest_of(arrays)
    arrays["0/gradient/dense2.weight"] *= 1 + 1e-4
    with pytest.raises(AssertionError, match="0/gradient"):
        assert_same(before, digest_of(arrays))
    arrays = record(case_of("one", noise=additive(0.5), steps=1))
    arrays["0/noisy/dense2"] = arrays["0/noisy/dense2"][::-1].copy()
    with pytest.raises(AssertionError, match="0/noisy"):
        assert_same(before, digest_of(arrays))


def test_both_kinds_of_loops_agree_within_the_tolerance():
    case = next(case for case in suite() if case.name == "lenet5-float64")
    before, chosen = record(case), kernels.in_use()
    kernels.choose("plain" if chosen == "fast" else "fast")
    try:
        after = record(case)
    finally:
        kernels.choose(chosen)
    for name, array in before.items():
        step, _, what = name.partition("/")
        if what not in {f"gradient/{bias}" for bias in case.zero_gradients} and "moment" not in name:
            apart = np.abs(array.astype(float) - after[name].astype(float)).max()
            allowed = TOLERANCES["float64"]["values"] * max(np.abs(array).max(), 1e-3)
            if what in {f"after/{bias}" for bias in case.zero_gradients}:  # Adam divides rounding by its own size
                allowed = TOLERANCES["float64"]["updates"] * case.rates[int(step)]
            assert apart <= allowed, name


def test_it_covers_what_it_says():
    cases = suite()
    assert len({case.name for case in cases}) == len(cases) == 24
    assert {case.model for case in cases} == {"mlp", "lenet5", "cnn_s"}
    assert {case.noise.gradient for case in cases if case.noise.sigma_mul} == {"exact", "straight_through"}
    assert {case.noise.first for case in cases if len(case.operators) == 2} == {"multiplicative", "additive"}
    assert {case.point for case in cases} >= {"global", "all", 4}
    for case in cases:
        assert len(set(case.rates)) >= 2
        arrays = record(case)
        for step in range(case.steps):
            logits = arrays[f"{step}/logits"]
            p = np.exp(logits - logits.max(axis=1, keepdims=True))
            assert (p / p.sum(axis=1, keepdims=True)).max(axis=1).min() < 0.999  # no loss is saturated
        if case.clamp:
            names = [name for name in arrays if name.startswith("0/after/")]
            assert any(np.abs(arrays[name]).max() == 1 for name in names if name.endswith("weight"))
            assert any(np.abs(arrays[name]).max() > 1 for name in names if name.endswith("bias"))


def test_the_arrays_of_a_file_are_counted_before_they_are_listed():
    for case in suite():
        assert case.arrays == len(expected_arrays(case))


def agrees(case):
    report = check_case(case, record(case), NumpyPort())
    assert report.ok, report


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_noise_as_strong_as_in_the_paper(dtype):
    agrees(case_of("one", "mlp", (1, 4, 4), noise=additive(1000), dtype=dtype))


@pytest.mark.parametrize("seed", range(5))
def test_the_smallest_batches(seed):
    mlp = {"model": "mlp", "input_shape": (1, 4, 4), "noise": additive(0.5), "seed": seed, "steps": 1}
    agrees(case_of("one", **mlp, batch=4, dtype="float32"))
    agrees(case_of("one", **mlp, batch=2, dtype="float32", batchnorm=False))
    agrees(case_of("one", **mlp, batch=2))


def test_features_may_be_flattened_again():
    def flat(input_shape, classes, batchnorm, seed, dtype):
        return Network([Flatten(), Flatten(), Dense(12, classes, seed, 0, dtype)], dtype, input_shape)

    agrees(case_of("one", flat, (1, 3, 4), noise=additive(0.1)))


def test_it_is_written_into_a_folder_and_nothing_is_replaced_unasked(tmp_path):
    paths = write_suite(tmp_path / "a" / "b")
    assert sorted(paths) == sorted((tmp_path / "a" / "b").iterdir())
    with pytest.raises(InputError, match="expected a new name"):
        write_suite(tmp_path / "a" / "b")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="suite: expected a folder"):
        write_suite(tmp_path / "file")


def test_a_network_with_other_layers_is_refused_in_one_line():
    def residual(input_shape, classes, batchnorm, seed, dtype):
        fork = Fork()
        layers = [Flatten(), fork, Dense(16, 16, seed, 0, dtype), Add(fork), Dense(16, classes, seed, 1, dtype)]
        return Network(layers, dtype, input_shape)

    with pytest.raises(InputError, match=r"model: expected layers of the kinds dense, .* got fork1; choose another"):
        case_of("one", residual, (1, 4, 4))


@dataclass(frozen=True)
class Uniform(Noise):
    """A noise of one's own, of which the case file would say that there is none."""

    width: float = 1.0

    def inject(self, x, stream, executions=1):
        x += self.width


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"noise": Uniform()},
            "noise: expected a noise of wn_ref.additive, .* got one of the class Uniform, whose code",
        ),
        ({"noise": 0}, "noise: expected an object of the class Noise, got 0"),
        ({"steps": 5}, "steps: expected at most 4, all those of the epochs, got 5"),
        ({"batch": 1}, "batch: expected a whole number of at least 2"),
        ({"batch": 3, "dtype": "float32"}, "batch: expected 4 images or more for float32 with batch norm, .* got 3"),
        ({"executions": (200_000,) * 8, "noise": additive(0.5)}, "case: expected at most 99999 arrays in its file"),
        ({"class_weights": (1.0,) * 9}, "class_weights: expected 10"),
        ({"class_weights": (0.0,) * 10}, "class_weights: expected a number > 0"),
        ({"noise": 0.5}, "noise: expected"),
        ({"point": "relu9"}, "point: expected"),
        ({"executions": (1, 0)}, "executions: expected"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(InputError, match=message):
        case_of("one", **settings)
