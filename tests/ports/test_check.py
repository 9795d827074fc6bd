"""A correct port passes, and a port with a mistake is told which one, or where."""

from dataclasses import replace

import numpy as np
import pytest

import wn_ref as wn
from tests.ports import planted
from wn_ref.errors import InputError
from wn_ref.files import Output
from wn_ref.ports.case import case_of
from wn_ref.ports.cases import suite
from wn_ref.ports.check import check_case, check_vectors
from wn_ref.ports.file import write_case
from wn_ref.ports.numpy_port import NumpyPort
from wn_ref.ports.port import Step
from wn_ref.ports.record import record

DENSE2, RELUS = "activation/dense2", [f"activation/relu{number}" for number in (1, 2, 3)]
CASES = {case.name: case for case in suite()}


@pytest.fixture(scope="module")
def arrays():
    """The arrays of a case, each computed once."""
    known = {}

    def arrays(name):
        if name not in known:
            known[name] = record(CASES[name])
        return known[name]

    return arrays


@pytest.mark.parametrize("name", CASES)
def test_the_port_in_plain_numpy_agrees(name, arrays):
    report = check_case(CASES[name], arrays(name), NumpyPort())
    assert report.ok, report
    assert report.not_looked_at == ()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("case", "port", "cause", "step", "quantity"),
    [
        ("schedule", planted.with_layer("bn", planted.SwappedMomentum), "bn-momentum", 0, "statistic/bn1.running_mean"),
        ("mlp", planted.with_layer("dense", planted.Transposed), "transposed-weights", 0, "activation/dense2"),
        ("lenet5", planted.with_layer("flatten", planted.ChannelsLast), "flatten-order", 0, "activation/dense1"),
        ("mlp", planted.with_method(loss=planted.summed), "summed-loss", 0, "loss"),
        ("schedule", planted.with_method(beta2=0.99), "adam-betas", 0, "second_moment/dense1.weight"),
        ("walking", planted.with_method(noise=planted.next_numbers), "point-off-by-one", 0, DENSE2),
        ("mlp", planted.with_method(noise=planted.next_numbers), "point-off-by-one", 0, "noise"),
        ("walking", planted.with_method(average=planted.added_up), "executions-not-averaged", "evaluation", DENSE2),
    ],
)
def test_a_usual_mistake_is_named(arrays, case, port, cause, step, quantity, dtype):
    report = check_case(CASES[f"{case}-{dtype}"], arrays(f"{case}-{dtype}"), port())
    assert [(f.step, f.quantity, f.cause) for f in report.findings] == [(step, quantity, cause)], report
    assert not report.ok


@pytest.mark.parametrize(
    ("case", "port", "quantities"),
    [
        ("schedule", planted.with_layer("relu", planted.Leaky), RELUS),
        ("mlp", planted.with_method(loss=planted.smoothed), ["loss"]),
        ("walking", planted.with_method(noise=planted.own_noise), ["activation/dense2", "noise"]),
        ("mlp", planted.with_method(update=planted.not_a_number), ["update/dense1.bias"]),
        ("mlp", planted.with_method(backward=planted.raising), ["raised"]),
    ],
)
def test_of_any_other_mistake_the_place_is_named_and_no_cause(arrays, case, port, quantities):
    report = check_case(CASES[f"{case}-float64"], arrays(f"{case}-float64"), port())
    assert [finding.quantity for finding in report.findings] == quantities, report
    assert {finding.cause for finding in report.findings} == {None}
    assert "not one of the usual ones" in str(report)


def test_alike_findings_are_counted_beside_their_step(arrays):
    name, port = "schedule-float64", planted.with_layer("relu", planted.Leaky)
    report = check_case(CASES[name], arrays(name), port())
    assert "schedule-float64, step 0, activation: 1 more like these" in str(report).splitlines()


def test_an_error_of_the_port_is_told_in_one_line_with_its_place(arrays):
    report = check_case(CASES["mlp-float64"], arrays("mlp-float64"), planted.with_method(backward=planted.raising)())
    assert "RuntimeError: out of memory (planted.py, line " in str(report).splitlines()[0]


class Overflowing(planted.with_layer("dense", planted.Transposed)):
    """Wrong from a layer on, and its loss is no number."""

    def loss(self, logits, labels):
        return float("inf"), super().loss(logits, labels)[1]


def test_a_number_that_is_not_finite_is_named_behind_what_is_in_front_of_it(arrays):
    report = check_case(CASES["mlp-float64"], arrays("mlp-float64"), Overflowing())
    found = [(finding.quantity, finding.cause) for finding in report.findings]
    assert found[:2] == [("activation/dense2", "transposed-weights"), ("loss", None)]


class EvaluationMode(NumpyPort.layers["bn"]):
    """As in PyTorch after model.eval(): the running averages normalise, and stay as they are."""

    def forward(self, x, training):
        return super().forward(x, training=False)

    def backward(self, dy):
        super().backward(dy)
        return self.wide(self.own("gamma"), dy) * self.scale * dy


class TheLastInEvaluationMode(NumpyPort):
    def start(self, case, weights):
        super().start(case, weights)
        last = max(number for number, layer in enumerate(case.layers) if layer.kind == "bn")
        self.network[last] = EvaluationMode(case.layers[last], self.w)


IN_EVALUATION_MODE = planted.with_layer("bn", EvaluationMode)
WITH_OTHER_BETAS = type("Both", (IN_EVALUATION_MODE,), {"beta2": 0.99})


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", ["schedule", "small-variance", "walking"])
@pytest.mark.parametrize(
    ("port", "causes"),
    [
        (IN_EVALUATION_MODE, {"activation/bn1": "evaluation-mode-in-training"}),
        (TheLastInEvaluationMode, {"activation/bn3": "evaluation-mode-in-training"}),
        (
            WITH_OTHER_BETAS,
            {"activation/bn1": "evaluation-mode-in-training", "second_moment/dense1.weight": "adam-betas"},
        ),
    ],
)
def test_averages_that_stay_are_a_consequence_of_the_evaluation_mode(arrays, case, port, causes, dtype):
    report = check_case(CASES[f"{case}-{dtype}"], arrays(f"{case}-{dtype}"), port())
    assert {finding.quantity: finding.cause for finding in report.findings} == causes, report
    assert {finding.step for finding in report.findings} == {0}


def test_a_wrong_shape_is_named_first(arrays):
    def train_step(self, *given):
        step = NumpyPort.train_step(self, *given)
        return replace(step, loss=np.array([step.loss]))

    port = type("Misshapen", (Overflowing,), {"train_step": train_step})
    report = check_case(CASES["mlp-float64"], arrays("mlp-float64"), port())
    assert [finding.quantity for finding in report.findings][:2] == ["loss", "activation/dense2"]


def test_a_finding_has_index_size_and_both_numbers(arrays):
    def update(self, gradients, learning_rate):
        NumpyPort.update(self, gradients, learning_rate)
        self.w["dense2.weight"][3, 5] += 0.5 * learning_rate

    report = check_case(CASES["mlp-float64"], arrays("mlp-float64"), planted.with_method(update=update)())
    first = report.findings[0]
    assert (first.quantity, first.index) == ("update/dense2.weight", (3, 5))
    assert first.size == pytest.approx(0.5)
    assert first.got - first.expected == pytest.approx(0.5e-3)


class Silent(NumpyPort):
    """Hands back less and less."""

    keep = ("logits", "gradients")

    def train_step(self, *given):
        step = super().train_step(*given)
        return Step(**{name: getattr(step, name) for name in self.keep})

    def evaluate(self, *given):
        return Step(logits=super().evaluate(*given).logits)


class SilentAndWrong(Silent):
    layers = {**NumpyPort.layers, "dense": planted.Transposed}  # noqa: RUF012


class Mute(Silent):
    keep = ()

    def evaluate(self, *given):
        super().evaluate(*given)
        return Step()


class Frozen(NumpyPort):
    """Trains its last layer only, as a port does whose noise cuts the graph off."""

    def train_step(self, *given):
        before = {name: array.copy() for name, array in self.w.items()}
        step = super().train_step(*given)
        learns = [name for name in step.gradients if name.startswith("dense4")]
        self.w.update({name: array for name, array in before.items() if name not in learns})
        return replace(step, gradients={name: step.gradients[name] for name in learns})


def test_parameters_without_a_gradient_are_a_finding_if_others_have_one(arrays):
    report = check_case(CASES["mlp-float64"], arrays("mlp-float64"), Frozen())
    assert not report.ok
    assert (report.findings[0].quantity, report.findings[0].cause) == ("gradient/dense3.weight", None)
    assert "expected a gradient, got none; does it require one?" in str(report)


def test_what_is_not_handed_back_is_not_looked_at(arrays):
    report = check_case(CASES["schedule-float32"], arrays("schedule-float32"), Silent())
    assert report.ok, report
    assert set(report.looked_at) == {"noise", "logits", "gradient", "statistic", "update"}
    assert set(report.not_looked_at) == {"activation", "loss", "input gradient", "first_moment", "second_moment"}
    mute = check_case(CASES["mlp-float64"], arrays("mlp-float64"), Mute())
    assert mute.findings == ()
    assert not mute.ok
    assert str(mute).endswith(": no logits to compare in mlp-float64")


def test_a_cause_is_found_from_the_logits_alone(arrays):
    report = check_case(CASES["multiplicative-float64"], arrays("multiplicative-float64"), SilentAndWrong())
    assert [(f.step, f.quantity, f.cause) for f in report.findings] == [(0, "logits", "transposed-weights")]


class Flax(NumpyPort):
    """Averages the biased variance."""

    class Biased(NumpyPort.layers["bn"]):
        def average(self, name, value):
            super().average(name, value * (7 / 8) if name == "running_var" else value)

    layers = {**NumpyPort.layers, "bn": Biased}  # noqa: RUF012


def test_a_cause_can_be_accepted(tmp_path):
    case = replace(CASES["schedule-float64"], name="one")
    path = write_case(case, Output(tmp_path / "one.npz"))
    assert not check_vectors(path, Flax).ok
    report = check_vectors(tmp_path, Flax(), ["running-variance"])
    assert report.ok
    assert [(finding.cause, finding.accepted) for finding in report.findings] == [("running-variance", True)]
    with pytest.raises(InputError, match=r"accept: expected one of .*did you mean 'running-variance'"):
        check_vectors(path, Flax, ["runing-variance"])


def test_wrong_forms_come_first(arrays):
    class Wide(NumpyPort):
        def train_step(self, *given):
            step = super().train_step(*given)
            more = {"pool9": step.logits, "dense1": step.logits, "relu1": np.float64(step.activations["relu1"])}
            return replace(step, activations={**step.activations, **more}, logits="x")

    report = check_case(CASES["mlp-float32"], arrays("mlp-float32"), Wide())
    assert [(f.quantity, f.note, f.cause) for f in report.findings] == [
        ("activation/dense1", "expected shape (8, 64), got float32 (8, 10)", None),
        ("activation/relu1", "expected float32, got float64", None),
        (
            "activation/pool9",
            "expected names such as input, dense1, relu1, got 'pool9'; rename it, or leave it out",
            None,
        ),
        ("logits", "expected shape (8, 10), got <U1 ()", None),
    ]


class Broken(NumpyPort):
    def __init__(self):
        raise RuntimeError("CUDA is not there")


class WithArguments(NumpyPort):
    def __init__(self, device):
        self.device = device


@pytest.mark.parametrize(
    ("port", "message"),
    [
        (object(), "port: expected the methods start, train_step, weights, evaluate, got <object"),
        (type("P", (NumpyPort,), {"layout": "WHCN"}), "layout: expected one of NCHW, NHWC, CHWN, got 'WHCN'"),
        (type("P", (NumpyPort,), {"layout": "nchw"}), "got 'nchw'; did you mean 'NCHW'?"),
        (type("P", (NumpyPort,), {"layout": None}), "layout: expected one of NCHW, NHWC, CHWN, got None"),
        (Broken, "Broken'> to work without arguments, got RuntimeError: CUDA is not there; correct it"),
        (WithArguments, "port: expected <class"),
        (WithArguments, "missing 1 required positional argument: 'device'; correct it"),
    ],
)
def test_something_that_is_no_port_is_refused(tmp_path, port, message):
    (tmp_path / "one.npz").touch()
    with pytest.raises(InputError) as error:
        check_vectors(tmp_path, port)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"accept": "running-variance"}, "accept: expected a list of causes, got 'running-variance'; put it in a list"),
        ({"accept": None}, "accept: expected a list of causes, got None; put it in a list"),
        ({"path": None}, "path: expected a case file or a folder of them, got None; give its name"),
        ({"complete": "yes"}, "complete: expected True or False, got 'yes'"),
    ],
)
def test_other_arguments_that_cannot_be_used(tmp_path, settings, message):
    with pytest.raises(InputError) as error:
        check_vectors(**{"path": tmp_path, "port": NumpyPort} | settings)
    assert message in str(error.value)


def test_the_case_decides_what_is_zero_by_theory():
    exact = wn.multiplicative(0.5, "exact")
    assert case_of("one", noise=wn.additive(0.1)).zero_gradients == ("dense1.bias", "dense2.bias", "dense3.bias")
    assert case_of("one", noise=exact).zero_gradients == ()
    assert case_of("one", noise=exact, point="dense2").zero_gradients == ("dense1.bias", "dense3.bias")
    assert case_of("one", batchnorm=False).zero_gradients == ()
