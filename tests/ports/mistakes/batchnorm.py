"""Mistakes in batch norm."""

import numpy as np

from tests.ports.mistakes.base import mistake
from tests.ports.mistakes.places import activation, anywhere, gradient_in_front_of, statistic
from wn_ref.ports.numpy_layers import BatchNorm
from wn_ref.ports.numpy_port import NumpyPort


class Rescaled(BatchNorm):
    """Batch norm that divides by another number: `deviation` of the biased variance and the count."""

    def deviation(self, variance, count):
        return np.sqrt(variance + self.epsilon)

    def share(self, variance, count):
        """By how much h times the mean along h counts in the derivative, as autograd has it."""
        return 1.0

    def forward(self, x, training):
        y = super().forward(x, training)
        self.slope = 1.0
        if training:
            count, variance = x.size // x.shape[1], x.var(axis=self.axes)
            self.slope = self.wide(np.broadcast_to(self.share(variance, count), variance.shape), x)
            self.scale = self.wide(1 / self.deviation(variance, count), x)
            self.h = (x - self.wide(x.mean(axis=self.axes), x)) * self.scale
            y = self.wide(self.own("gamma"), x) * self.h + self.wide(self.own("beta"), x)
        return y

    def backward(self, dy):
        self.keep(gamma=(dy * self.h).sum(axis=self.axes), beta=dy.sum(axis=self.axes))
        mean = dy.mean(axis=self.axes, keepdims=True)
        along = self.slope * (dy * self.h).mean(axis=self.axes, keepdims=True)
        return self.wide(self.own("gamma"), dy) * self.scale * (dy - mean - self.h * along)


class Unbiased(Rescaled):
    """N - 1 in place of N."""

    def deviation(self, variance, count):
        return np.sqrt(variance * count / (count - 1) + self.epsilon)

    def share(self, variance, count):
        return count / (count - 1)


class Detached(BatchNorm):
    """Mean and variance are constants."""

    def backward(self, dy):
        super().backward(dy)
        return self.wide(self.own("gamma"), dy) * self.scale * dy


class OnlyTheLast(NumpyPort):
    """The last batch norm alone is wrong."""

    wrong: type[BatchNorm] = BatchNorm

    def start(self, case, weights):
        super().start(case, weights)
        last = [number for number, layer in enumerate(self.network) if is_last(case, layer.about)]
        for number in last:
            self.network[number] = self.wrong(self.network[number].about, self.w)


def is_last(case, layer):
    return layer in [one for one in case.layers if one.kind == "bn"][-1:]


@mistake("normalises by the unbiased variance", "unbiased-variance", activation("bn"), "bn")
class UnbiasedVariance(Unbiased):
    pass


@mistake("the unbiased variance in the last batch norm", "unbiased-variance", activation("bn", test=is_last))
class LastUnbiased(OnlyTheLast):
    wrong = Unbiased


first_visible = anywhere("activation/bn*", test=lambda case: case.batchnorm)
"""An epsilon of 1e-5 counts where the variance is small: that need not be the first batch norm."""


@mistake("epsilon 1e-3 as in Keras", "bn-epsilon", activation("bn"), "bn")
class LargeEpsilon(BatchNorm):
    epsilon = 1e-3


@mistake("epsilon left out", "bn-epsilon", first_visible, "bn", shown=("small-variance",))
class NoEpsilon(BatchNorm):
    epsilon = 0.0


@mistake("epsilon outside of the root", "bn-epsilon", first_visible, "bn", shown=("small-variance",))
class EpsilonOutside(Rescaled):
    def deviation(self, variance, count):
        return np.sqrt(variance) + self.epsilon

    def share(self, variance, count):
        return 1 + self.epsilon / np.sqrt(variance)

    def forward(self, x, training):
        if training:
            return super().forward(x, training)
        mean, deviation = self.own("running_mean"), np.sqrt(self.own("running_var")) + self.epsilon
        h = (x - self.wide(mean, x)) / self.wide(deviation, x)
        return self.wide(self.own("gamma"), x) * h + self.wide(self.own("beta"), x)


@mistake("model.eval() in training", "evaluation-mode-in-training", activation("bn"), "bn")
class EvaluationMode(BatchNorm):
    def forward(self, x, training):
        return super().forward(x, False)

    def backward(self, dy):
        self.keep(gamma=(dy * self.h).sum(axis=self.axes), beta=dy.sum(axis=self.axes))
        return self.wide(self.own("gamma"), dy) * self.scale * dy


AT_EVALUATION = activation("bn", step="evaluation")


@mistake("the batch's statistics at evaluation", "training-mode-in-evaluation", AT_EVALUATION, "bn")
class TrainingMode(BatchNorm):
    def forward(self, x, training):
        self.kept = training
        return super().forward(x, True)

    def average(self, name, value):
        if self.kept:
            super().average(name, value)


@mistake("model.eval() forgotten: averages move, too", "training-mode-in-evaluation", AT_EVALUATION, "bn")
class NoEvaluationMode(BatchNorm):
    def forward(self, x, training):
        return super().forward(x, True)


@mistake("momentum 0.9, the other convention", "bn-momentum", statistic("running_*"), "bn")
class OtherMomentum(BatchNorm):
    momentum = 0.9


@mistake("momentum 0.01 as in Keras", "bn-momentum", statistic("running_*"), "bn")
class SmallMomentum(BatchNorm):
    momentum = 0.01


@mistake("momentum 0.9 for the mean alone", "bn-momentum", statistic("running_mean"), "bn")
class OtherMomentumOfMean(BatchNorm):
    def average(self, name, value):
        self.momentum = 0.9 if name == "running_mean" else 0.1
        super().average(name, value)


@mistake(  # the first batch norm averages most values, so there it may be smaller than float32 can tell
    "the running variance averages the biased one, as in Flax", "running-variance", statistic("running_var", "*"), "bn"
)
class BiasedAverage(BatchNorm):
    def forward(self, x, training):
        self.count = x.size // x.shape[1]
        return super().forward(x, training)

    def average(self, name, value):
        super().average(name, value * (self.count - 1) / self.count if name == "running_var" else value)


@mistake("mean and variance detached", "bn-statistics-constant", gradient_in_front_of("bn"), "bn")
class DetachedStatistics(Detached):
    pass


@mistake("mean and variance detached in the last batch norm", "bn-statistics-constant", gradient_in_front_of("bn"))
class LastDetached(OnlyTheLast):
    wrong = Detached
