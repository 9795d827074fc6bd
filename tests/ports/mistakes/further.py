"""Mistakes without a public name, forward and in the loss: what is right about them is the place alone."""

import numpy as np

from tests.ports.mistakes.base import mistake
from tests.ports.mistakes.noise import OtherDraws, Repeated, all_noisy, first_repeated
from tests.ports.mistakes.places import (
    activation,
    always,
    anywhere,
    loss,
    loss_or_its_derivative,
    noise,
    point,
    statistic,
)
from wn_ref.ports.numpy_layers import BatchNorm, Dense, MaxPool, ReLU
from wn_ref.ports.numpy_port import NumpyPort

images = anywhere("activation/input")


@mistake("images normalised twice", None, images)
class NormalisedTwice(NumpyPort):
    def forward(self, x, normal, draws, training):
        return super().forward((x - x.dtype.type(0.1307)) / x.dtype.type(0.3081), normal, draws, training)


@mistake("ReLU leaks, slope 0.01", None, activation("relu"), "relu")
class Leaky(ReLU):
    def forward(self, x, training):
        super().forward(x, training)
        return np.where(x > 0, x, x * x.dtype.type(0.01))

    def backward(self, dy):
        return np.where(self.x > 0, dy, dy * dy.dtype.type(0.01))


@mistake("pooling by the mean", None, activation("pool"), "pool", shown=("additive-first",))
class MeanPool(MaxPool):
    def forward(self, x, training):
        super().forward(x, training)
        size, (n, c, height, width) = self.about.size, x.shape
        rows, columns = height // size, width // size
        return x[:, :, : rows * size, : columns * size].reshape(n, c, rows, size, columns, size).mean(axis=(3, 5))

    def backward(self, dy):
        dx, size = np.zeros(self.shape, dy.dtype), self.about.size
        spread = np.repeat(np.repeat(dy, size, axis=2), size, axis=3) / dy.dtype.type(size**2)
        dx[:, :, : spread.shape[2], : spread.shape[3]] = spread
        return dx


@mistake("dense products in half precision, as with autocast", None, activation("dense"), "dense")
class HalfPrecision(Dense):
    def forward(self, x, training):
        self.x = x
        product = x.astype(np.float16) @ self.own("weight").astype(np.float16).T
        return product.astype(x.dtype) + self.own("bias")


@mistake("gamma and beta swapped when weights are loaded", None, activation("bn"), "bn")
class SwappedGammaAndBeta(BatchNorm):
    other = {"gamma": "beta", "beta": "gamma"}  # noqa: RUF012

    def own(self, name):
        return super().own(self.other.get(name, name))

    def keep(self, gamma, beta):
        super().keep(gamma=beta, beta=gamma)


@mistake("running averages not loaded", None, lambda case: started(case))
class FreshAverages(NumpyPort):
    def start(self, case, weights):
        fresh = {"running_mean": 0.0, "running_var": 1.0}
        values = {name: fresh.get(name.split(".")[1]) for name in weights}
        super().start(case, {n: w if values[n] is None else np.full_like(w, values[n]) for n, w in weights.items()})


def started(case):
    return anywhere("start/bn1.running_*", step="start")(case) if case.batchnorm else None


@mistake(
    "sigma halved",
    None,
    noise(),
    also={"variance-for-standard-deviation": lambda case: {sigma for _, sigma in case.operators} == {0.5}},
    why="the square of 0.5 is its half",
)
class HalfOfSigma(NumpyPort):
    def noise(self, normal, point, draw, sigma):
        return super().noise(normal, point, draw, sigma / 2)


@mistake("multiplicative noise is log-normal, x exp(sigma n)", None, noise(test=lambda case: case.noise.sigma_mul > 0))
class LogNormal(NumpyPort):
    def noise(self, normal, point, draw, sigma):
        n = super().noise(normal, point, draw, sigma)
        kind = dict(enumerate(kind for kind, _ in self.case.operators))[draw % 2]
        return np.expm1(n) if kind == "multiplicative" else n


@mistake("normals cut at two standard deviations, trunc_normal_", None, noise())
class Truncated(NumpyPort):
    def noise(self, normal, point, draw, sigma):
        return sigma * np.clip(normal(point, draw), -2, 2)


@mistake(
    "no noise at the input: only layers have hooks",
    None,
    lambda case: noise()(case) if 0 in case.noisy() else None,
    also={"noise-left-out": always, "point-off-by-one": all_noisy},
    why="there is none at that point; where all points are noisy, noise one point behind leaves out the same",
)
class NoNoiseAtInput(OtherDraws):
    def others(self, draws, training):
        return {number: draws[number] for number in draws if number}


@mistake(
    "no noise at the logits: only hidden layers have hooks",
    None,
    lambda case: point(case, len(case.points) - 1) if len(case.points) - 1 in case.noisy() else None,
    also={"noise-left-out": always, "point-off-by-one": all_noisy},
    why="there is none at that point; where all points are noisy, noise one point in front leaves out the same",
)
class NoNoiseAtLogits(OtherDraws):
    def others(self, draws, training):
        return {number: draws[number] for number in draws if number < len(self.case.points) - 1}


@mistake(
    "no noise at the input in the evaluation",
    None,
    lambda case: noise("evaluation")(case) if 0 in case.noisy() else None,
    also={"noise-left-out": always, "point-off-by-one": all_noisy},
    why="there is none at that point; where all points are noisy, noise one point behind leaves out the same",
    shown=("multiplicative", "batch-norm-outputs"),
)
class NoNoiseAtInputInEvaluation(OtherDraws):
    def others(self, draws, training):
        return draws if training else {number: draws[number] for number in draws if number}


@mistake("every epoch has the same noise", "same-noise-every-step", lambda case: noise(case.steps_per_epoch)(case))
class NoiseOfTheEpoch(Repeated):
    def key(self):
        return self.t % self.case.steps_per_epoch if self.t < self.case.steps else self.case.steps


@mistake("the evaluation has the noise of the last training step", None, noise("evaluation"))
class NoiseOfTheLastStep(Repeated):
    def key(self):
        return min(self.t, self.case.steps - 1)


@mistake("the median of the executions", None, lambda case: first_repeated(case, 3), shown=("walking",))
class MedianOfExecutions(NumpyPort):
    def average(self, executions):
        return np.median(executions, axis=0).astype(executions[0].dtype)


@mistake("softmax in front of the cross-entropy", None, loss)
class DoubleSoftmax(NumpyPort):
    def loss(self, logits, labels):
        z = logits - logits.max(axis=1, keepdims=True)
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        value, dp = super().loss(p, labels)
        return value, p * (dp - (dp * p).sum(axis=1, keepdims=True))


@mistake("labels smoothed by 0.1", None, loss_or_its_derivative)
class SmoothedLabels(NumpyPort):
    def loss(self, logits, labels):
        loss, classes = super().loss, self.case.classes
        parts = [loss(logits, labels)] + [loss(logits, np.full_like(labels, label)) for label in range(classes)]
        shares = [0.9] + [0.1 / classes] * classes
        value = sum(share * part for share, (part, _) in zip(shares, parts))
        return value, sum(logits.dtype.type(share) * part for share, (_, part) in zip(shares, parts))


@mistake("the running variance averages the standard deviation", None, statistic("running_var"), "bn")
class AveragedDeviation(BatchNorm):
    def average(self, name, value):
        super().average(name, np.sqrt(value) if name == "running_var" else value)


SHARE = "it is another share: "


@mistake("running averages never move", None, statistic("running_*"), "bn", {"bn-momentum": always}, SHARE + "0")
class StillAverages(BatchNorm):
    def average(self, name, value):
        pass


@mistake("two forward passes in a step", None, statistic("running_*"), "bn", {"bn-momentum": always}, SHARE + "0.19")
class TwoPasses(BatchNorm):
    def average(self, name, value):
        super().average(name, value)
        super().average(name, value)
