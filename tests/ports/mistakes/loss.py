"""Mistakes in the loss."""

import numpy as np

from tests.ports.mistakes.base import mistake
from tests.ports.mistakes.places import anywhere, loss
from wn_ref.ports.numpy_port import NumpyPort

weighted = anywhere("loss", test=lambda case: case.class_weights is not None)


class Scaled(NumpyPort):
    """The loss, and with it its derivative, is divided by something else."""

    def factor(self, labels):
        return 1.0

    def counts(self, labels):
        return np.ones(len(labels)) if self.case.class_weights is None else np.array(self.case.class_weights)[labels]

    def loss(self, logits, labels):
        value, dlogits = super().loss(logits, labels)
        factor = self.factor(labels)
        return value * factor, dlogits * dlogits.dtype.type(factor)


@mistake("reduction='sum'", "summed-loss", loss)
class SummedLoss(Scaled):
    def factor(self, labels):
        return self.counts(labels).sum()


@mistake("mean over batch and classes of a one-hot product", "summed-loss", loss)
class MeanOverClasses(Scaled):
    def factor(self, labels):
        return 1 / self.case.classes


@mistake("class weights without their sum as the divisor", "summed-loss", weighted)
class WeightsNotNormalised(Scaled):
    def factor(self, labels):
        return self.counts(labels).mean()


@mistake("the loss is reported as a sum, its derivative is right", "summed-loss", loss)
class ReportedAsSum(Scaled):
    def loss(self, logits, labels):
        value, dlogits = super().loss(logits, labels)
        return value * self.counts(labels).sum(), dlogits


@mistake("class weights ignored", "class-weights-ignored", weighted)
class WeightsIgnored(NumpyPort):
    def loss(self, logits, labels):
        rows = np.arange(len(labels))
        z = logits - logits.max(axis=1, keepdims=True)
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        value, p[rows, labels] = -np.log(p[rows, labels]).mean(), p[rows, labels] - 1
        return float(value), p / p.dtype.type(len(labels))


class OtherLabels(NumpyPort):
    """Labels in another order."""

    def train_step(self, x, labels, normal, learning_rate):
        return super().train_step(x, self.other(labels), normal, learning_rate)

    def other(self, labels):
        return labels


@mistake("labels in reversed order", "shuffled-labels", loss)
class ReversedLabels(OtherLabels):
    def other(self, labels):
        return labels[::-1]


@mistake("labels one sample late", "shuffled-labels", loss)
class LateLabels(OtherLabels):
    def other(self, labels):
        return np.roll(labels, 1)


@mistake("labels shuffled by themselves", "shuffled-labels", loss)
class ShuffledLabels(OtherLabels):
    def other(self, labels):
        return labels[np.random.default_rng(self.t).permutation(len(labels))]
