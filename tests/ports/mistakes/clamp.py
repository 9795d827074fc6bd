"""Mistakes in what is clipped."""

import numpy as np

from tests.ports.mistakes.base import Place, mistake
from tests.ports.mistakes.places import anywhere
from wn_ref.ports.numpy_port import NumpyPort


class OtherClamp(NumpyPort):
    """Other parameters are clipped."""

    def clamp(self):
        for name in self.case.parameters:
            if self.clipped(name):
                self.w[name] = np.clip(self.w[name], -1, 1)

    def clipped(self, name):
        return True


def clamp(*quantities):
    return anywhere(*quantities, test=lambda case: case.clamp)


@mistake("biases clipped, too", "clamp", clamp("update/*.bias"))
class ClippedBiases(OtherClamp):
    def clipped(self, name):
        return name.endswith((".weight", ".bias"))


@mistake("all parameters clipped, batch norm and biases, too", "clamp", clamp("update/*.bias", "update/bn*"))
class AllClipped(OtherClamp):
    pass


@mistake("nothing clipped", "clamp", clamp("update/*.weight"))
class NothingClipped(OtherClamp):
    def clipped(self, name):
        return False


@mistake("the last layer not clipped", "clamp", clamp("update/dense4.weight"))
class LastNotClipped(OtherClamp):
    def clipped(self, name):
        return name.endswith(".weight") and not name.startswith(self.case.layers[-1].name)


@mistake("clipped before the update", "clamp", clamp("update/*.weight"))
class ClippedBefore(NumpyPort):
    def update(self, gradients, learning_rate):
        if self.case.clamp:
            super().clamp()
        super().update(gradients, learning_rate)

    def clamp(self):
        pass


@mistake(
    "every parameter clipped, asked or not",
    "clamp",
    lambda case: Place(0, ("update/bn*", "update/*.bias")) if case.batchnorm else None,
    shown=("schedule",),
)
class AlwaysClipped(OtherClamp):
    def update(self, gradients, learning_rate):
        super().update(gradients, learning_rate)
        self.clamp()
