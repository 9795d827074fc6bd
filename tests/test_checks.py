"""`check_layer` finds planted mistakes of many kinds, says which promise is broken, where, and by how much."""

import re

import numpy as np
import pytest

import wn_ref as wn
from wn_ref import InputError, LayerError, WnRefError, check_layer
from wn_ref.checks.promises import PROMISES
from wn_ref.checks.trial import Trial
from wn_ref.layers import Conv, Dense, Layer, ReLU


class Mine(Layer):
    """y = W tanh(x) + b without a mistake, in NumPy; W is square."""

    kind = "mine"

    def __init__(self, size=4, dtype=np.float32):
        super().__init__()
        self.add_parameter("weight", np.random.default_rng(1).standard_normal((size, size)).astype(dtype))
        self.add_parameter("bias", np.ones(size, dtype))

    def output_shape(self, shape):
        return shape

    def forward(self, x, training=False):
        x = self.take_input(x)
        return self.parameters["weight"] @ np.tanh(x) + self.parameters["bias"][:, None]

    def backward(self, dy, input_gradient=True):
        x, dy = self.take_gradient(dy)
        self.gradients["weight"][...] = dy @ np.tanh(x).T
        self.gradients["bias"][...] = dy.sum(axis=1)
        return self.parameters["weight"].T @ dy * (1 - np.tanh(x) ** 2)


class WrongDx(Mine):
    def backward(self, dy, input_gradient=True):
        dx = super().backward(dy)
        dx[2, 1] += 1e-6 * abs(dx).max()
        return dx


class WrongDw(Mine):
    def backward(self, dy, input_gradient=True):
        dx = super().backward(dy)
        self.gradients["weight"][...] = self.gradients["weight"].T.copy()
        return dx


class NoBias(Mine):
    def backward(self, dy, input_gradient=True):
        dx = super().backward(dy)
        self.gradients["bias"][...] = 0
        return dx


class MeanOfBatch(Mine):
    """dW divided by the size of the batch, which the loss has done already."""

    def backward(self, dy, input_gradient=True):
        dx = super().backward(dy)
        self.gradients["weight"] /= dy.shape[-1]
        return dx


class Accumulates(Mine):
    def backward(self, dy, input_gradient=True):
        kept = self.gradients["weight"].copy()
        dx = super().backward(dy)
        self.gradients["weight"] += kept
        return dx


class OnlyWithInputGradient(Mine):
    def backward(self, dy, input_gradient=True):
        return super().backward(dy) if input_gradient else None


class OtherGradientArray(Mine):
    """The network's vector of gradients never sees it."""

    def backward(self, dy, input_gradient=True):
        dx = super().backward(dy)
        self.gradients = {**self.gradients, "bias": dy.sum(axis=1)}
        return dx


class OtherParameterArray(Mine):
    """An optimiser that moves the network's vector moves nothing here."""

    def __init__(self):
        super().__init__()
        self.w = self.parameters["weight"].astype(np.float64)

    def forward(self, x, training=False):
        x = self.take_input(x)
        return (self.w @ np.tanh(x) + self.parameters["bias"][:, None]).astype(x.dtype)


class MovesItsWeights(Mine):
    def forward(self, x, training=False):
        np.clip(self.parameters["weight"], -0.5, 0.5, out=self.parameters["weight"])
        return super().forward(x)


class WritesIntoX(Mine):
    def forward(self, x, training=False):
        x = self.take_input(x)
        np.maximum(x, -1, out=x)
        return super().forward(x)


class BorrowsX(Mine):
    """Writes into x, and puts back what was there."""

    def forward(self, x, training=False):
        x = self.take_input(x)
        kept = x.copy()
        x[...] = 0
        x[...] = kept
        return super().forward(x)


class WritesIntoDy(Mine):
    def backward(self, dy, input_gradient=True):
        dx = super().backward(dy)
        dy *= 2
        return dx


class RemembersItsOutput(ReLU):
    def forward(self, x, training=False):
        self.y = super().forward(x)
        return self.y

    def backward(self, dy, input_gradient=True):
        self.take_gradient(dy)
        return dy * (self.y > 0)


class WrongShape(Mine):
    def output_shape(self, shape):
        return (shape[0] + 1,)


class BatchInFront(Mine):
    def output_shape(self, shape):
        return None

    def forward(self, x, training=False):
        return super().forward(x).T


class DxOfOtherShape(Mine):
    def backward(self, dy, input_gradient=True):
        return super().backward(dy)[None]


class NoDx(Mine):
    def backward(self, dy, input_gradient=True):
        super().backward(dy)


class XWithoutGaps(Mine):
    """Reads x in the order of memory."""

    def forward(self, x, training=False):
        return super().forward(np.ascontiguousarray(x.ravel(order="K").reshape(x.shape)))


class DyWithoutGaps(Mine):
    def backward(self, dy, input_gradient=True):
        return super().backward(dy.ravel(order="K").reshape(dy.shape))


class ReturnsFloat64(Mine):
    def forward(self, x, training=False):
        return super().forward(x) * np.ones(x.shape)


class DxOfFloat64(Mine):
    def backward(self, dy, input_gradient=True):
        return super().backward(dy) * np.ones(dy.shape)


class OtherEachTime(Mine):
    def forward(self, x, training=False):
        return super().forward(x) + np.random.default_rng().standard_normal()


class Counts(Mine):
    """Random numbers from a counter of its own: what a batch gets depends on who was evaluated before."""

    calls = 0

    def forward(self, x, training=False):
        self.calls += 1
        return super().forward(x) * x.dtype.type(1 + wn.normal(1, 0, 2**31, self.calls)[0])


class FirstBatchDecides(Mine):
    """A mask that is made once, in the size of the first batch."""

    mask = None

    def forward(self, x, training=False):
        if self.mask is None:
            self.mask = np.ones(x.shape, x.dtype)
        return super().forward(x) * self.mask


class KeepsOldBuffer(Mine):
    """The numbers beyond a smaller batch are still those of the larger one."""

    total = None

    def forward(self, x, training=False):
        y = super().forward(x)
        if self.total is None or self.total.shape[-1] < x.shape[-1]:
            self.total = np.zeros(x.shape, x.dtype)
        self.total[:, : x.shape[-1]] = y
        return y + self.total.sum(axis=1, keepdims=True) - y.sum(axis=1, keepdims=True)


class FirstInputCounts(Mine):
    """Forward twice, then backward: the x of the first one."""

    def __init__(self):
        super().__init__()
        self.first = None

    def forward(self, x, training=False):
        y = super().forward(x)
        self.first = x if self.first is None else self.first
        return y

    def backward(self, dy, input_gradient=True):
        self.take_gradient(dy)
        self.x, self.first = self.first, None
        return super().backward(dy)


class BackwardAlone(Mine):
    def backward(self, dy, input_gradient=True):
        if self.x is None:
            return np.zeros_like(dy)
        return super().backward(dy)


class ForgetsInCopies(Mine):
    """A copy begins with the factor of the class."""

    factor = 1.0

    def __init__(self):
        super().__init__()
        self.factor = 2.0

    def forward(self, x, training=False):
        return super().forward(x) * x.dtype.type(self.factor)

    def backward(self, dy, input_gradient=True):
        return super().backward(dy * dy.dtype.type(self.factor))

    def __getstate__(self):
        return {name: value for name, value in super().__getstate__().items() if name != "factor"}


class SharesWithCopies(Mine):
    def __deepcopy__(self, memo):
        twin = SharesWithCopies()
        twin.parameters = dict(self.parameters)
        return twin


class NoKind(Mine):
    kind = "mine2"


class NaNHidesTheRest(Mine):
    def forward(self, x, training=False):
        y = super().forward(x)
        y[0, 0] = np.nan
        return y

    def backward(self, dy, input_gradient=True):
        return 3 * super().backward(dy)


class SpoilsItsStatistics(Mine):
    def __init__(self):
        super().__init__()
        self.statistics["mean"] = np.zeros(2)

    def forward(self, x, training=False):
        self.statistics["mean"][1] = np.inf
        return super().forward(x)


class MovesStatisticsInEvaluation(SpoilsItsStatistics):
    def forward(self, x, training=False):
        self.statistics["mean"][1] += 0.1
        return Mine.forward(self, x)


class CentresEveryBatch(Mine):
    def forward(self, x, training=False):
        return super().forward(x - x.mean(axis=-1, keepdims=True))


class AddsTheSampleBefore(Mine):
    def forward(self, x, training=False):
        y = super().forward(x)
        y[..., 1:] += x[..., :-1]
        return y


IN_EVALUATION = (MovesStatisticsInEvaluation, CentresEveryBatch, AddsTheSampleBefore)
MISTAKES = {
    NaNHidesTheRest: ("numbers stay finite", r"y\[0, 0\]: expected a finite number from normal x, got nan"),
    SpoilsItsStatistics: ("numbers stay finite", r"statistics mean\[1\]: expected a finite number .*, got inf"),
    MovesStatisticsInEvaluation: ("evaluation changes no statistics", r"mean\[1\]: expected 0, got 0.1 after a pass"),
    AddsTheSampleBefore: ("in evaluation each sample is by itself", r"y\[\d\]: .* for sample 1 beside other"),
    CentresEveryBatch: ("in evaluation each sample is by itself", r"y\[\d\]: .* for sample 0 beside other"),
    WrongDx: ("gradients are those of central differences", r"dx\[2, 1\]: expected -?[\d.e-]+, got -?[\d.e-]+ with a"),
    WrongDw: ("gradients are those of central differences", r"dweight\[\d, \d\]: expected"),
    NoBias: ("gradients are those of central differences", r"dbias\[\d\]: expected .*, got 0 with a batch of 2"),
    MeanOfBatch: ("gradients are those of central differences", r"dweight\["),
    OtherParameterArray: (
        "gradients are those of central differences",
        r"dweight\[.*expected 0, got .*does forward read self.parameters\['weight'\], and not an array that it keeps",
    ),
    Accumulates: ("gradients are overwritten", r"dweight\[\d, \d\]: expected .* where the gradient was 1 before"),
    OnlyWithInputGradient: ("gradients are overwritten", r"dweight\[.*got 1 with input_gradient=False"),
    OtherGradientArray: ("arrays stay where they are", r"gradients\['bias'\]: expected the array that was there"),
    MovesItsWeights: ("arrays stay where they are", r"parameters weight\[\d, \d\]: .*, got -?0.5 after a pass"),
    WritesIntoX: ("x and dy are not written to", r"x\[\d, \d\]: expected -1\.\d+, got -1 after forward"),
    WritesIntoDy: ("x and dy are not written to", r"dy\[\d, \d\]: expected .* after backward"),
    RemembersItsOutput: ("backward does not need the output", r"dx\[.*got 0 after the output was overwritten"),
    WrongShape: ("output_shape tells the shape of y", r"y: expected float64 of shape \(5, 2\), got .* shape \(4, 2"),
    BatchInFront: ("output_shape tells the shape of y", r"y: expected .*\(2, 2\), got float64 of shape \(2, 4\)"),
    DxOfOtherShape: ("dx has the shape and type of x", r"dx: expected float64 of shape \(4, 2\), got .* \(1, 4, 2\)"),
    NoDx: ("dx has the shape and type of x", "expected backward to return an array, got None"),
    XWithoutGaps: ("x may lie in memory in any way", r"y\[.*with x in Fortran's order"),
    BorrowsX: ("x may lie in memory in any way", "expected no exception, got ValueError: assignment dest"),
    DyWithoutGaps: ("dy may lie in memory in any way", r"dx\[.*with dy in Fortran's order"),
    ReturnsFloat64: ("float32 stays float32", "y: expected float32 from float32, got float64"),
    DxOfFloat64: ("float32 stays float32", "dx: expected float32 from float32, got float64"),
    OtherEachTime: ("the same x gives the same bits", r"y\[.*from another copy"),
    Counts: ("the same x gives the same bits", r"y\[.*at the second time"),
    FirstBatchDecides: ("earlier batches leave no trace", "expected no exception, got ValueError: operands"),
    KeepsOldBuffer: ("earlier batches leave no trace", r"y\[.*with a batch of 2 after one of 5"),
    FirstInputCounts: ("earlier batches leave no trace", r"dweight\[|dx\[.*after a forward without its backward"),
    BackwardAlone: ("backward needs a forward", "expected CallOrderError from backward alone, got ndarray"),
    ForgetsInCopies: ("copies do the same", r"y\[.*from copy.deepcopy"),
    SharesWithCopies: ("copies do the same", "weight: expected an array of its own in the copy of copy.deepcopy"),
    NoKind: ("its kind is a name", "expected a text without points and without digits at its end, got 'mine2'"),
}  # fmt: skip


@pytest.mark.parametrize("mistaken", MISTAKES, ids=lambda kind: kind.__name__)
def test_planted_mistakes_are_found_and_named(mistaken):
    promise, where = MISTAKES[mistaken]
    with pytest.raises(LayerError, match=rf'^{mistaken.__name__} breaks "{re.escape(promise)}": .*{where}') as caught:
        check_layer(mistaken(), (4,), training=mistaken not in IN_EVALUATION)
    assert "\n" not in str(caught.value)
    assert str(caught.value).count("; ") >= 1  # what to do
    assert isinstance(caught.value, WnRefError)


def test_every_promise_has_its_mistake():
    assert {promise.text for promise in PROMISES} == {promise for promise, _ in MISTAKES.values()}


@pytest.mark.parametrize("seed", range(10))
def test_a_layer_without_a_mistake_passes(seed):
    check_layer(Mine(), (4,), seed=seed)
    check_layer(Mine(dtype=np.float64), (4,), training=False, seed=seed, batches=(1, 3, 8))


class RunningScale(Mine):
    """Training moves a statistic, and reads it: the same x gives the same only if the statistic is the same."""

    def __init__(self):
        super().__init__()
        self.statistics["scale"] = np.ones(1)

    def forward(self, x, training=False):
        y = super().forward(x) * x.dtype.type(self.statistics["scale"][0])
        self.scale = x.dtype.type(self.statistics["scale"][0])
        self.statistics["scale"] += 0.1
        return y

    def backward(self, dy, input_gradient=True):
        return super().backward(self.take_gradient(dy)[1] * self.scale)


def test_statistics_are_part_of_what_a_layer_is_given():
    layer = RunningScale()
    check_layer(layer, (4,))
    assert layer.statistics["scale"] == 1


class Kink(ReLU):
    """y = max(x - at, 0)."""

    def __init__(self, at):
        super().__init__()
        self.at = at

    def forward(self, x, training=False):
        return super().forward(x - x.dtype.type(self.at))


class WrongAtKink(Kink):
    def backward(self, dy, input_gradient=True):
        return super().backward(dy) * 1.00001


@pytest.mark.parametrize("distance", [3e-6, -3e-6])
def test_a_kink_within_the_first_step_is_no_mistake_and_hides_none(distance):
    inside = Trial(ReLU(), (4,), True, 0, (2, 5)).x(5)[1, 2] + distance
    check_layer(Kink(inside), (4,))
    with pytest.raises(LayerError, match="central differences"):
        check_layer(WrongAtKink(inside), (4,))


def test_the_layer_stays_as_it_is():
    layer = Conv(2, 3, (3, 2))
    layer.gradients["weight"][...] = 7
    before = {**vars(layer)}
    weight = layer.parameters["weight"].copy()
    check_layer(layer, (2, 4, 4))
    assert vars(layer) == before
    np.testing.assert_array_equal(layer.parameters["weight"], weight)
    assert np.all(layer.gradients["weight"] == 7)
    network = wn.Network([Dense(4, 3)])
    check_layer(network.layers[0], (4,))  # also one that belongs to a network
    assert np.shares_memory(network.layers[0].parameters["weight"], network.theta)


class ForgotSuper(Mine):
    def __init__(self):
        pass


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((ReLU, (3,)), r"layer: expected an object of the class Layer, got <class .*; derive its class"),
        (
            (ForgotSuper(), (3,)),
            r"layer: expected ForgotSuper to be set up as a layer, .*; call super\(\).__init__\(\)",
        ),
        ((Dense(4, 3), (5,)), r"x: expected \(4, batch\) for this dense layer, got \(5, 'batch'\)"),
        ((Dense(4, 3), 4), "shape, batches: expected a shape without the batch, and two batch sizes or more, got 4"),
        ((Dense(4, 3), ()), "shape, batches: expected"),
        ((Dense(4, 3), (4,), True, 0, (2, 2)), "shape, batches: expected"),
        ((Dense(4, 3), (4,), True, 0, 2), "shape, batches: expected"),
        ((Dense(4, 3), (4,), "no"), "training: expected True or False, got 'no'"),
        ((Dense(4, 3), (0,)), "shape: expected a whole number of at least 1, got 0"),
        ((Dense(4, 3), (4,), True, -1), "seed: expected a whole number of at least 0, got -1"),
        ((Dense(4, 3), (4,), True, 0, (0, 2)), "batches: expected a whole number of at least 1, got 0"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(InputError, match=f"^{message}") as caught:
        check_layer(*arguments)
    assert "\n" not in str(caught.value)
