"""Mistakes without a public name, in gradients, updates and the evaluation."""

import numpy as np

from tests.ports.mistakes.base import Place, mistake
from tests.ports.mistakes.places import (
    always,
    anywhere,
    exact,
    gradient_in_front_of,
    gradient_in_front_of_one,
    gradient_of,
)
from tests.ports.mistakes.update import OtherAdam, Unseen
from wn_ref.ports.numpy_layers import BatchNorm
from wn_ref.ports.numpy_port import NumpyPort


@mistake("optimizer.zero_grad() forgotten", None, gradient_of("dense", step=1))
class Accumulated(NumpyPort):
    def start(self, case, weights):
        super().start(case, weights)
        self.kept = {}

    def backward(self, dlogits, factors):
        dx, gradients = super().backward(dlogits, factors)
        self.kept = {name: g + self.kept.get(name, 0) for name, g in gradients.items()}
        return dx, dict(self.kept)


@mistake(
    "ReLU's derivative from its noisy output, overwritten in place",
    None,
    gradient_in_front_of_one("relu", lambda case, layer: layer.point in case.noisy()),
)
class Overwritten(NumpyPort):
    def forward(self, x, normal, draws, training):
        activations, factors = super().forward(x, normal, draws, training)
        for layer in self.network:
            if layer.about.kind == "relu":
                layer.x = activations[layer.about.name]
        return activations, factors


@mistake("only the variance detached", None, gradient_in_front_of("bn"), "bn")
class DetachedVariance(BatchNorm):
    def backward(self, dy):
        super().backward(dy)
        return self.wide(self.own("gamma"), dy) * self.scale * (dy - dy.mean(axis=self.axes, keepdims=True))


@mistake("gradients clipped to a norm of 0.1", None, gradient_of("dense"))
class ClippedGradients(NumpyPort):
    def backward(self, dlogits, factors):
        dx, gradients = super().backward(dlogits, factors)
        norm = np.sqrt(sum(float(np.sum(g**2)) for g in gradients.values()))
        return dx, {name: g * g.dtype.type(min(1.0, 0.1 / norm)) for name, g in gradients.items()}


@mistake(
    "gradients of kernels averaged over positions", None, gradient_of("conv", name="weight"), shown=("additive-first",)
)
class AveragedOverPositions(NumpyPort):
    def backward(self, dlogits, factors):
        dx, gradients = super().backward(dlogits, factors)
        for layer in self.network:
            if layer.about.kind == "conv":
                positions = np.prod(self.case.shapes[layer.about.point][1:])
                gradients[f"{layer.about.name}.weight"] /= positions.astype(self.case.dtype)
        return dx, gradients


@mistake("the gradient of gamma by x in place of the normalised x", None, gradient_of("bn", name="gamma"), "bn")
class GammaByInput(BatchNorm):
    def forward(self, x, training):
        self.x = x
        return super().forward(x, training)

    def backward(self, dy):
        dx = super().backward(dy)
        self.keep(gamma=(dy * self.x).sum(axis=self.axes), beta=dy.sum(axis=self.axes))
        return dx


@mistake(
    "the images' gradient without the noise of the input",
    None,
    anywhere("gradient/input", test=lambda case: exact(case) and 0 in case.noisy()),
    also={"gradient-kind": always},
    why="at that point it is straight-through",
)
class InputGradient(NumpyPort):
    def backward(self, dlogits, factors):
        return super().backward(dlogits, {**factors, 0: np.ones_like(factors[0])})


@mistake("Adam counts one step too many", "adam-correction", anywhere("update/*"))
class CountedFromTwo(OtherAdam):
    def first(self, m):
        return m / (1 - self.beta1 ** (self.t + 1))

    def second(self, v):
        return v / (1 - self.beta2 ** (self.t + 1))


@mistake("biases learn twice as fast, as in Caffe", None, anywhere("update/*.bias"))
class FastBiases(OtherAdam):
    def change(self, name, m, v):
        return super().change(name, m, v) * (2 if name.endswith(".bias") else 1)


@mistake(
    "the optimiser does not know batch norm's parameters",
    None,
    anywhere("update/bn*", test=lambda case: case.batchnorm),
)
class FrozenBatchNorm(OtherAdam):
    def change(self, name, m, v):
        return super().change(name, m, v) * (0 if name.startswith("bn") else 1)


@mistake("no update in the last step", None, lambda case: Place(case.steps - 1, ("update/*",)))
class LastStepLeftOut(OtherAdam):
    def change(self, name, m, v):
        return super().change(name, m, v) * (self.t < self.case.steps)


@mistake("Adagrad", None, anywhere("update/*"))
class Adagrad(Unseen):
    """Its first step is Adam's with an epsilon of 1e-10."""

    def update(self, gradients, learning_rate):
        for name, g in gradients.items():
            self.v[name] = self.v[name] + g**2
            self.w[name] = self.w[name] - learning_rate * g / (np.sqrt(self.v[name]) + 1e-10)
        if self.case.clamp:
            self.clamp()


@mistake("gradient descent with momentum", None, anywhere("update/*"))
class Momentum(Unseen):
    """Its first step is plain gradient descent."""

    def update(self, gradients, learning_rate):
        for name, g in gradients.items():
            self.m[name] = 0.9 * self.m[name] + g
            self.w[name] = self.w[name] - learning_rate * self.m[name]
        if self.case.clamp:
            self.clamp()


@mistake("gradients halved behind those that are handed back", None, anywhere("first_moment/*"))
class Halved(NumpyPort):
    """Its first moment is that of another beta1, and its second one is not."""

    def update(self, gradients, learning_rate):
        super().update({name: g / 2 for name, g in gradients.items()}, learning_rate)


@mistake("a new optimiser in every epoch", "adam-memory", lambda case: Place(case.steps_per_epoch, ("first_moment/*",)))
class NewOptimiserEachEpoch(NumpyPort):
    def update(self, gradients, learning_rate):
        if self.t == self.case.steps_per_epoch:
            self.t = 0
            for moments in (self.m, self.v):
                moments.update({name: np.zeros_like(moment) for name, moment in moments.items()})
        super().update(gradients, learning_rate)


def first_weights(case):
    first = next(layer for layer in case.layers if layer.parameters)
    return Place("evaluation", (f"activation/{first.name}",))


@mistake("the evaluation has the weights of one step before", None, first_weights)
class StaleCopy(NumpyPort):
    def update(self, gradients, learning_rate):
        self.before = {name: self.w[name] for name in gradients}
        super().update(gradients, learning_rate)

    def evaluate(self, x, normal):
        now = dict(self.w)
        self.w.update(self.before)
        step = super().evaluate(x, normal)
        self.w.update(now)
        return step
