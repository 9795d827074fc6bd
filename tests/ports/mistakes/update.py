"""Mistakes in the optimiser and its schedule."""

from dataclasses import replace

import numpy as np

from tests.ports.mistakes.base import Place, mistake
from tests.ports.mistakes.places import anywhere
from wn_ref.ports.numpy_port import NumpyPort

update = anywhere("update/*")


class OtherAdam(NumpyPort):
    """A step of Adam by `change`, of which the moments are right."""

    def update(self, gradients, learning_rate):
        self.t += 1
        for name, g in gradients.items():
            self.m[name] = self.beta1 * self.m[name] + (1 - self.beta1) * g
            self.v[name] = self.beta2 * self.v[name] + (1 - self.beta2) * g**2
            self.w[name] = self.w[name] - learning_rate * self.change(name, self.m[name], self.v[name])
        if self.case.clamp:
            self.clamp()

    def change(self, name, m, v):
        return self.first(m) / (np.sqrt(self.second(v)) + self.epsilon)

    def first(self, m):
        return m / (1 - self.beta1**self.t)

    def second(self, v):
        return v / (1 - self.beta2**self.t)


@mistake("no correction", "adam-correction", update)
class NoCorrection(OtherAdam):
    def change(self, name, m, v):
        return m / (np.sqrt(v) + self.epsilon)


@mistake("the second moment is not corrected", "adam-correction", update)
class SecondNotCorrected(OtherAdam):
    def second(self, v):
        return v


@mistake("beta2 = 0.99", "adam-betas", anywhere("second_moment/*"))
class OtherSecondBeta(NumpyPort):
    beta2 = 0.99


@mistake("beta1 = 0.5 as in GANs", "adam-betas", anywhere("first_moment/*"))
class OtherFirstBeta(NumpyPort):
    beta1 = 0.5


@mistake("the two betas swapped", "adam-betas", anywhere("first_moment/*"))
class SwappedBetas(NumpyPort):
    beta1, beta2 = 0.999, 0.9


@mistake("epsilon 1e-7 as in Keras", "adam-epsilon", update)
class LargeAdamEpsilon(NumpyPort):
    epsilon = 1e-7


@mistake("epsilon inside of the root", "adam-epsilon", update)
class EpsilonInTheRoot(OtherAdam):
    def change(self, name, m, v):
        return self.first(m) / np.sqrt(self.second(v) + self.epsilon)


@mistake("epsilon before the correction", "adam-epsilon", update)
class EpsilonBeforeCorrection(OtherAdam):
    def change(self, name, m, v):
        return self.first(m) / (np.sqrt(v) + self.epsilon) * (1 - self.beta2**self.t) ** 0.5


@mistake("AdamW with its default decay of 0.01", "weight-decay", update)
class DecoupledDecay(OtherAdam):
    def change(self, name, m, v):
        return super().change(name, m, v) + 0.01 * self.w[name]


@mistake("AdamW, a decay of 0.01 of weights alone", "weight-decay", anywhere("update/*.weight"))
class DecayOfWeights(OtherAdam):
    def change(self, name, m, v):
        return super().change(name, m, v) + (0.01 * self.w[name] if name.endswith(".weight") else 0)


@mistake("Adam(weight_decay=5e-4)", "weight-decay", anywhere("first_moment/*"))
class Penalty(NumpyPort):
    def update(self, gradients, learning_rate):
        super().update({name: g + 5e-4 * self.w[name] for name, g in gradients.items()}, learning_rate)


@mistake("a new optimiser in every step", "adam-memory", anywhere("first_moment/*", step=1))
class NewOptimiser(NumpyPort):
    def update(self, gradients, learning_rate):
        self.t = 0
        for moments in (self.m, self.v):
            moments.update({name: np.zeros_like(moment) for name, moment in moments.items()})
        super().update(gradients, learning_rate)


@mistake("plain gradient descent", "sgd", update)
class Descent(NumpyPort):
    def start(self, case, weights):
        super().start(case, weights)
        self.m, self.v = {}, {}

    def update(self, gradients, learning_rate):
        self.t += 1
        for name, g in gradients.items():
            self.w[name] = self.w[name] - learning_rate * g
        if self.case.clamp:
            self.clamp()


class Unseen(NumpyPort):
    """Moments are not handed back, as an optimiser of a framework keeps them to itself."""

    def train_step(self, x, labels, normal, learning_rate):
        step = super().train_step(x, labels, normal, learning_rate)
        return replace(step, first_moment={}, second_moment={})


@mistake("beta2 = 0.99, moments not handed back", "adam-betas", anywhere("update/*", step=1))
class OtherSecondBetaUnseen(Unseen, OtherSecondBeta.port):
    """The first step is the same: the correction takes out the betas."""


@mistake("beta1 = 0.5, moments not handed back", "adam-betas", anywhere("update/*", step=1))
class OtherFirstBetaUnseen(Unseen, OtherFirstBeta.port):
    """The first step is the same, too."""


@mistake("Adam(weight_decay=5e-4), moments not handed back", "weight-decay", update)
class PenaltyUnseen(Unseen, Penalty.port):
    pass


@mistake("a new optimiser in every step, moments not handed back", "adam-memory", anywhere("update/*", step=1))
class NewOptimiserUnseen(Unseen, NewOptimiser.port):
    pass


class OwnSchedule(NumpyPort):
    """A cosine that the port computes itself."""

    def train_step(self, x, labels, normal, learning_rate):
        rate = self.case.learning_rate * (1 + np.cos(np.pi * self.progress())) / 2
        return super().train_step(x, labels, normal, float(rate))

    def progress(self):
        return 0.0


@mistake("the rate of the next epoch", "schedule", update)
class NextEpoch(OwnSchedule):
    def progress(self):
        return (self.t // self.case.steps_per_epoch + 1) / self.case.epochs


@mistake("the rate falls with every step", "schedule", anywhere("update/*", step=1))
class EveryStep(OwnSchedule):
    def progress(self):
        return self.t / (self.case.steps_per_epoch * self.case.epochs)


@mistake("scheduler.step() for each batch, T_max in epochs", "schedule", anywhere("update/*", step=1))
class StepsForEpochs(OwnSchedule):
    def progress(self):
        return self.t / self.case.epochs


@mistake("no schedule", "schedule", lambda case: Place(case.steps_per_epoch, ("update/*",)))
class NoSchedule(OwnSchedule):
    pass
