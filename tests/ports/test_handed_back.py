"""What a port hands back, or does not: too little is no agreement, and what is missing or misnamed is said so."""

from dataclasses import replace

import numpy as np
import pytest

from wn_ref.files import Output
from wn_ref.ports.cases import suite
from wn_ref.ports.check import check_case, check_vectors
from wn_ref.ports.file import write_case
from wn_ref.ports.numpy_port import NumpyPort
from wn_ref.ports.port import Step
from wn_ref.ports.record import record
from wn_ref.ports.report import joined

CASE = next(case for case in suite() if case.name == "schedule-float64")


@pytest.fixture(scope="module")
def arrays():
    """The arrays of the case, computed once."""
    return record(CASE)


class Kept(NumpyPort):
    """Hands back the activations of some points, and other fields of a step by name."""

    points, fields = (), ()

    def less(self, step):
        activations = {name: y for name, y in step.activations.items() if name in self.points}
        return Step(activations, **{name: getattr(step, name) for name in self.fields})

    def train_step(self, *given):
        return self.less(super().train_step(*given))

    def evaluate(self, *given):
        return self.less(super().evaluate(*given))


def keeping(*points, fields=()):
    return type("Keeping", (Kept,), {"points": points, "fields": fields})()


@pytest.mark.parametrize("points", [(), ("input",), ("input", "dense1", "bn3", "relu3")])
def test_without_logits_nothing_agrees(arrays, points):
    report = check_case(CASE, arrays, keeping(*points))
    assert report.findings == ()
    assert not report.ok
    assert str(report).endswith(": no logits to compare in schedule-float64")
    assert report.as_dict()["without_logits"] == ["schedule-float64"]


@pytest.mark.parametrize("port", [keeping("dense4"), keeping(fields=("logits",))])
def test_logits_are_enough_in_whatever_way_they_come(arrays, port):
    assert check_case(CASE, arrays, port).ok


@pytest.mark.parametrize("absent", ["train_step", "evaluate"])
def test_logits_of_training_do_not_speak_for_the_evaluation(arrays, absent):
    port = NumpyPort()
    do = getattr(port, absent)
    setattr(port, absent, lambda *given: do(*given) and Step())
    report = check_case(CASE, arrays, port)
    assert not report.ok
    assert str(report).endswith(": no logits to compare in schedule-float64")


def test_logits_of_one_case_do_not_speak_for_another(arrays):
    seen, unseen = (check_case(CASE, arrays, port) for port in (NumpyPort(), keeping("input")))
    assert joined([seen, seen]).ok
    assert not joined([seen, unseen]).ok
    assert str(joined([seen, unseen, unseen])).endswith(": no logits to compare in schedule-float64 and 1 more")


WHOLE = ("logits", "loss", "gradients", "input_gradient")


def test_complete_is_everything_but_the_moments(tmp_path):
    path = write_case(replace(CASE, name="one"), Output(tmp_path / "one.npz"))
    all_but_moments = keeping(*CASE.points.names, fields=WHOLE)
    assert check_vectors(path, all_but_moments, complete=True).ok
    for without in WHOLE:
        port = keeping(*CASE.points.names, fields=[field for field in WHOLE if field != without])
        report = check_vectors(path, port, complete=True)
        assert check_vectors(path, port).ok
        assert report.findings == ()
        assert not report.ok, without
        assert ": not complete, without " in str(report)
        assert report.as_dict()["complete"]
    report = check_vectors(path, keeping(*CASE.points.names[1:], fields=WHOLE), complete=True)
    assert str(report).endswith(": not complete, without activation")


class Weights(NumpyPort):
    """Hands its weights back under other names; None leaves one out."""

    names, first = {}, 0

    def weights(self):
        names = self.names if self.t >= self.first else {}
        return {names.get(name, name): w for name, w in self.w.items() if names.get(name, name) is not None}


@pytest.mark.parametrize(
    ("name", "first", "step", "quantity"),
    [
        ("bn1.running_var", 0, "start", "start/bn1.running_var"),
        ("bn1.running_var", 1, 0, "statistic/bn1.running_var"),
        ("dense2.weight", 2, 1, "update/dense2.weight"),
    ],
)
def test_missing_weights_are_a_finding_and_no_layer_is_accused(arrays, name, first, step, quantity):
    report = check_case(CASE, arrays, type("Less", (Weights,), {"names": {name: None}, "first": first})())
    note = f"weights() did not hand back {name}; add it, as what follows starts from it"
    assert [(f.step, f.quantity, f.note, f.cause) for f in report.findings] == [(step, quantity, note, None)], report
    assert not report.ok


def test_what_is_wrong_in_front_of_missing_weights_is_seen(arrays):
    port = type("Less", (Weights,), {"names": {"bn1.running_var": None}, "beta2": 0.99})
    report = check_case(CASE, arrays, port())
    assert [(finding.step, finding.cause) for finding in report.findings] == [("start", None), (0, "adam-betas")]


def test_weights_in_a_wrong_form_are_not_taken_for_those_of_before(arrays):
    class Flat(NumpyPort):
        def weights(self):
            return self.w | {"dense2.weight": self.w["dense2.weight"].ravel()} if self.t else self.w

    report = check_case(CASE, arrays, Flat())
    assert [(f.step, f.quantity, f.note) for f in report.findings] == [
        (0, "update/dense2.weight", "expected shape (64, 64), got float64 (4096,)")
    ]


def test_other_names_of_weights_are_told_the_right_ones_once(arrays):
    """As in PyTorch's state_dict."""
    names = {"bn1.gamma": "bn1.weight", "dense1.bias": "layers.dense1.bias"}
    report = check_case(CASE, arrays, type("Renamed", (Weights,), {"names": names})())
    assert [(f.step, f.quantity, f.note) for f in report.findings] == [
        (
            "start",
            "start/layers.dense1.bias",
            "expected names such as dense1.bias, dense4.bias, dense3.bias, got 'layers.dense1.bias'; "
            "rename it, or leave it out",
        ),
        (
            "start",
            "start/bn1.weight",
            "expected one of bn1.gamma, bn1.beta, bn1.running_mean, bn1.running_var, got 'bn1.weight'; "
            "rename it, or leave it out",
        ),
        (
            "start",
            "start/dense1.bias",
            "weights() did not hand back dense1.bias; add it, as what follows starts from it",
        ),
        ("start", "start/bn1.gamma", "weights() did not hand back bn1.gamma; add it, as what follows starts from it"),
    ], report


def test_other_names_in_a_step_are_told_the_right_ones(arrays):
    class Named(NumpyPort):
        def train_step(self, *given):
            step = super().train_step(*given)
            more = {"bn1.running_var": step.gradients["bn1.gamma"]}
            return replace(step, activations=step.activations | {"fc1": step.logits}, gradients=step.gradients | more)

    report = check_case(CASE, arrays, Named())
    assert [(f.quantity, f.note) for f in report.findings] == [
        ("activation/fc1", "expected names such as input, dense1, bn1, got 'fc1'; rename it, or leave it out"),
        (
            "gradient/bn1.running_var",
            "expected one of bn1.gamma, bn1.beta, got 'bn1.running_var'; rename it, or leave it out",
        ),
    ]


@pytest.mark.parametrize("field", ["activations", "gradients", "first_moment", "second_moment"])
@pytest.mark.parametrize(("value", "got"), [([np.ones(3)], "list"), (None, "None")])
def test_a_field_that_is_no_mapping_is_named(arrays, field, value, got):
    class Odd(NumpyPort):
        def train_step(self, *given):
            return replace(super().train_step(*given), **{field: value})

    report = check_case(CASE, arrays, Odd())
    note = f"TypeError: Step.{field}: expected a mapping from names to arrays, got {got}; hand back a dict"
    assert [(finding.step, finding.quantity, finding.note) for finding in report.findings] == [(0, "raised", note)]


def test_weights_that_are_no_mapping_are_named(arrays):
    report = check_case(CASE, arrays, type("Odd", (NumpyPort,), {"weights": lambda self: list(self.w)})())
    note = "TypeError: weights(): expected a mapping from names to arrays, got list; hand back a dict"
    assert [(finding.step, finding.note) for finding in report.findings] == [("start", note)]
