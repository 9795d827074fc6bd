"""Mistakes in where noise is injected, how often, and which draws it has."""

import numpy as np

from tests.ports.mistakes.base import mistake
from tests.ports.mistakes.places import always, noise, point, two
from wn_ref.ports.numpy_port import NumpyPort

EVALUATION = noise("evaluation")


def first_apart(case, wrong):
    """The first of the points that are noisy in only one of two ways; a draw may be for another one of them."""
    apart = sorted(set(case.noisy()) ^ set(wrong))
    return point(case, apart[0], 0, *apart) if apart else None


class OtherDraws(NumpyPort):
    """Other points are noisy, or they have other draws."""

    def forward(self, x, normal, draws, training):
        return super().forward(x, normal, self.others(draws, training), training)

    def others(self, draws, training):
        return draws


def normalised(case):
    return [number for number, kind in enumerate(case.points.kinds) if kind == "bn"]


@mistake(
    "global noise at batch norm, too",
    "noise-at-batch-norm",
    lambda case: first_apart(case, {*case.noisy(), *normalised(case)} if case.point == "global" else case.noisy()),
)
class NoiseAtBatchNorm(OtherDraws):
    def others(self, draws, training):
        once = list(range(len(self.case.operators)))
        return draws | dict.fromkeys(normalised(self.case), once) if self.case.point == "global" else draws


@mistake(
    "noise at all points leaves out batch norm",
    "noise-at-batch-norm",
    lambda case: first_apart(case, set(case.noisy()) - set(normalised(case))),
)
class NoNoiseAtBatchNorm(OtherDraws):
    def others(self, draws, training):
        return {number: draws[number] for number in draws if number not in normalised(self.case)}


def walking(case):
    return isinstance(case.point, int)


def beside_the_point(others):
    """The first of the other points that are noisy, too, where one was asked for."""
    return lambda case: first_apart(case, {*case.noisy(), *others(case)}) if walking(case) else None


class OtherPoints(OtherDraws):
    """Where one point is asked for, others are noisy besides, once."""

    def others(self, draws, training):
        once = list(range(len(self.case.operators)))
        return dict.fromkeys(self.besides(self.case), once) | draws if walking(self.case) else draws


def of_global(case):
    return [number for number, noisy in enumerate(case.points.in_global) if noisy]


@mistake(
    "global noise, whatever point is asked for",
    "noise-at-other-points",
    beside_the_point(of_global),
    shown=("walking",),
)
class IgnoredPoint(OtherPoints):
    besides = staticmethod(of_global)


def behind_layers(case):
    return range(1, len(case.points))


@mistake(
    "noise behind every layer, whatever point is asked for: hooks on all modules",
    "noise-at-other-points",
    beside_the_point(behind_layers),
    shown=("walking",),
)
class HooksOnAllModules(OtherPoints):
    besides = staticmethod(behind_layers)


def in_front(case):
    return [number - 1 for number in case.noisy() if number]


@mistake(
    "noise at the point in front, too", "noise-at-other-points", beside_the_point(in_front), shown=("walking", "clamp")
)
class NoiseInFrontToo(OtherPoints):
    besides = staticmethod(in_front)


@mistake("no noise in training", "noise-left-out", noise())
class QuietTraining(OtherDraws):
    def others(self, draws, training):
        return {} if training else draws


@mistake("no noise at evaluation, as with dropout", "noise-left-out", EVALUATION)
class QuietEvaluation(OtherDraws):
    def others(self, draws, training):
        return draws if training else {}


def all_noisy(case):
    return len(case.noisy()) == len(case.points)


def of_kinds(*kinds):
    return lambda case: [number for number in case.noisy() if case.points.kinds[number] in kinds]


def without_others(kept):
    return lambda case: first_apart(case, kept(case))


LEFT_OUT = {"point-off-by-one": all_noisy}
AT_INPUT = "where all points are noisy, noise one point behind leaves out the same at the input"


class FewPoints(OtherDraws):
    """Some of the noisy points are not."""

    def others(self, draws, training):
        return {number: draws[number] for number in draws if number in self.kept(self.case)}


@mistake(
    "noise behind dense layers only: hooks on nn.Linear",
    "noise-left-out",
    without_others(of_kinds("dense")),
    also=LEFT_OUT,
    why=AT_INPUT,
    shown=("mlp", "schedule"),
)
class OnlyBehindDense(FewPoints):
    kept = staticmethod(of_kinds("dense"))


@mistake(
    "noise behind ReLU only",
    "noise-left-out",
    without_others(of_kinds("relu")),
    also=LEFT_OUT,
    why=AT_INPUT,
    shown=("mlp", "schedule"),
)
class OnlyBehindReLU(FewPoints):
    kept = staticmethod(of_kinds("relu"))


def logits(case):
    return [number for number in case.noisy() if number == len(case.points) - 1]


@mistake(
    "noise at the logits only",
    "noise-left-out",
    without_others(logits),
    also=LEFT_OUT,
    why=AT_INPUT,
    shown=("schedule",),
)
class OnlyAtLogits(FewPoints):
    kept = staticmethod(logits)


@mistake(
    "noise drawn and lost, y + (x - y).detach()",
    "noise-left-out",
    noise(test=lambda case: case.noise.gradient == "straight_through"),
    also={"gradient-kind": lambda case: case.noise.sigma_mul > 0},
    why="the derivative that is left is that of y",
    shown=("multiplicative", "walking"),
)
class LostNoise(NumpyPort):
    def inject(self, x, point, normal, draws):
        y, factor = super().inject(x, point, normal, draws)
        return (x, factor) if self.case.noise.gradient == "straight_through" else (y, factor)

    def noise_backward(self, dy, factor):
        return dy * factor


@mistake(
    "noise one point behind",
    "point-off-by-one",
    lambda case: first_apart(case, {p + 1 for p in case.noisy()} & set(range(len(case.points)))),
    shown=("walking",),
)
class OneBehind(OtherDraws):
    def others(self, draws, training):
        return {number + 1: draws[number] for number in draws if number + 1 < len(self.case.points)}


@mistake(
    "noise one point in front",
    "point-off-by-one",
    lambda case: first_apart(case, {p - 1 for p in case.noisy() if p}),
    shown=("walking",),
)
class OneInFront(OtherDraws):
    def others(self, draws, training):
        return {number - 1: draws[number] for number in draws if number}


def next_one(case, number):
    """The point behind, if it has the same shape."""
    shapes = case.shapes
    return number + 1 if number + 1 < len(shapes) and shapes[number + 1] == shapes[number] else number


def next_place(case):
    wrong = [number for number in case.noisy() if next_one(case, number) != number]
    return point(case, wrong[0], 0, wrong[0] + 1) if wrong else None


@mistake("noise drawn for the next point", "point-off-by-one", next_place, shown=("walking",))
class DrawnForTheNext(NumpyPort):
    def noise(self, normal, number, draw, sigma):
        return super().noise(normal, next_one(self.case, number), draw, sigma)


@mistake("draws counted from 1", "shifted-draws", noise())
class DrawsFromOne(NumpyPort):
    def noise(self, normal, number, draw, sigma):
        return super().noise(normal, number, draw + 1, sigma)


def first_repeated(case, least=2):
    repeated = [number for number, count in case.noisy(evaluation=True).items() if count >= least]
    return point(case, repeated[0], "evaluation") if repeated else None


@mistake(
    "execution k has draw k",
    "shifted-draws",
    lambda case: None if two(case) else first_repeated(case),
    shown=("walking",),
)
class ConsecutiveDraws(NumpyPort):
    def noise(self, normal, number, draw, sigma):
        return super().noise(normal, number, draw if two(self.case) else draw // 2, sigma)


@mistake("both operators have the same draw", "shifted-draws", noise(test=two))
class SameDraw(NumpyPort):
    def noise(self, normal, number, draw, sigma):
        return super().noise(normal, number, draw // 2 * 2, sigma)


@mistake(
    "all executions have the same draw",
    "shifted-draws",
    first_repeated,
    also={"executions-not-averaged": always},
    why="the mean of executions with the same noise is the first of them",
    shown=("walking",),
)
class SameDrawInExecutions(NumpyPort):
    def noise(self, normal, number, draw, sigma):
        return super().noise(normal, number, draw % 2, sigma)


class Repeated(NumpyPort):
    """Normals are drawn again as they were in an earlier pass."""

    def start(self, case, weights):
        super().start(case, weights)
        self.drawn = {}

    def noise(self, normal, number, draw, sigma):
        key = (self.key(), number, draw)
        if key not in self.drawn:
            self.drawn[key] = normal(number, draw)
        return sigma * self.drawn[key]

    def key(self):
        return 0


@mistake("the noise of the first step in every step", "same-noise-every-step", noise(1))
class SameNoise(Repeated):
    pass


@mistake("only the first execution counts", "executions-not-averaged", first_repeated, shown=("walking",))
class FirstExecution(NumpyPort):
    def average(self, executions):
        return executions[0]


@mistake("executions summed", "executions-not-averaged", first_repeated, shown=("walking",))
class SummedExecutions(NumpyPort):
    def average(self, executions):
        return np.sum(executions, axis=0)
