"""A pass, compared quantity by quantity in the order in which it is computed, under given rules.

Activations by point, noise that was asked for, logits, loss, gradients from the last layer back, running averages,
moments, update. Everything is expected from what the port itself had before it; what it did not hand back is not
compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from wn_ref.ports.case import TOLERANCES
from wn_ref.ports.compare import Comparison, compare_noise, compare_values
from wn_ref.ports.loss_rules import labels_in, loss_of
from wn_ref.ports.model import Model
from wn_ref.ports.normals import Draws
from wn_ref.ports.rules import Rules
from wn_ref.ports.run import Pass, Run
from wn_ref.ports.update_rules import rate_of, updated

ROUNDINGS = 4
"""Roundings of a parameter to its own type that an update may be away, besides its tolerance."""


Compare = Callable[[Rules], Iterator[Comparison]]


@dataclass(frozen=True)
class Stages:
    """The comparisons of a pass: called with rules, it yields them.

    Attributes
    ----------
    compare : callable
        What yields them.
    updates_behind : callable
        Yields the comparisons of moments and updates of the step behind, if there is one.
    rate : callable
        Returns the learning rate under rules; 0 where nothing is to move.
    """

    compare: Compare
    updates_behind: Compare = lambda _: iter(())
    rate: Callable[[Rules], float] = lambda _: 0.0

    def __call__(self, rules: Rules) -> Iterator[Comparison]:
        """Yield the comparisons in the order in which the pass computes the quantities."""
        return self.compare(rules)


def stages_of(run: Run) -> Iterator[tuple[Pass, Stages]]:
    """Yield the passes of a run, each with its comparisons."""
    for one in run.passes:
        training = one.number < run.case.steps
        yield one, training_stages(run, one.number) if training else evaluation_stages(run)


def start_stages(run: Run) -> Stages:
    """Return the comparisons of the weights that a port has after `start` with those that it was given."""

    def stages(rules: Rules) -> Iterator[Comparison]:
        for layer in run.case.layers:
            for name in {**layer.parameters, **layer.statistics}:
                if name in run.started:
                    expected = run.given[name]
                    square = layer.kind == "dense" and expected.ndim == 2 and expected.shape[0] == expected.shape[1]
                    if square and rules("start", layer.name) == "transposed":
                        expected = expected.T
                    yield compare_values(run, f"start/{name}", run.started[name], expected)
        if run.raised and not run.passes:
            yield Comparison("raised", np.inf, 0, note=run.raised)

    return Stages(stages)


def training_stages(run: Run, number: int) -> Stages:
    """Return the comparisons of a training step."""
    one = run.passes[number]
    models = _Models(run, one, training=True)

    def stages(rules: Rules) -> Iterator[Comparison]:
        model = models(rules)
        yield from _forward(run, one, model)
        if one.raised:
            return
        logits = one.found.get("logits", one.found.get(_last(run), model.expected[run.case.points.names[-1]]))
        labels = _labels(run, one, model, rules)
        loss, dlogits = loss_of(rules, logits, labels, run.case.class_weights)
        if "loss" in one.found:
            got, expected = one.found["loss"], np.array(loss)
            yield compare_values(run, "loss", got, expected, max(abs(loss), 1.0))
        yield from _gradients(run, one, models.gradients(rules, dlogits))
        for name, statistic in model.statistics.items():
            if name in one.after:
                yield compare_values(run, f"statistic/{name}", one.after[name], statistic)
        yield from _updates(run, number, rules)

    def updates_behind(rules: Rules) -> Iterator[Comparison]:
        if number + 1 < min(run.case.steps, len(run.passes)):
            yield from _updates(run, number + 1, rules)

    return Stages(stages, updates_behind, lambda rules: rate_of(run.case, rules, number))


def evaluation_stages(run: Run) -> Stages:
    """Return the comparisons of the evaluation, in which weights and running averages stay as they are."""
    one = run.passes[-1]
    models = _Models(run, one, training=False)

    def stages(rules: Rules) -> Iterator[Comparison]:
        model = models(rules)
        yield from _forward(run, one, model)
        for name in one.after:
            expected = model.statistics.get(name, one.before[name])
            kind = "statistic" if name in model.statistics else "update"
            yield compare_values(run, f"{kind}/{name}", one.after[name], expected)

    return Stages(stages)


class _Models:
    """Models of one pass that have gone forward through the activations of a port; one for each forward pass."""

    def __init__(self, run: Run, one: Pass, training: bool) -> None:
        self.run, self.one, self.training = run, one, training
        self.given = {q.partition("/")[2]: y for q, y in one.found.items() if q.startswith("activation/")}
        self.done: dict[tuple, Model] = {}
        self.known: dict[tuple, dict[str, np.ndarray]] = {}

    def __call__(self, rules: Rules) -> Model:
        if rules.forward not in self.done:
            draws = [Draws(self.run.case, p.draws.step, p.draws.known) for p in (self.one, self.run.passes[0])]
            model = Model(self.run.case, rules, self.one.before, draws[0], draws[1], self.training)
            model.forward(self.one.x, self.given)
            self.done[rules.forward] = model
        return self.done[rules.forward]

    def gradients(self, rules: Rules, dlogits: np.ndarray) -> dict[str, np.ndarray]:
        """Return all gradients, by the names of parameters, and "input"."""
        if rules.backward not in self.known:
            model = self(rules)
            model.backward(dlogits, rules)
            self.known[rules.backward] = model.gradients
        return self.known[rules.backward]


def _forward(run: Run, one: Pass, model: Model) -> Iterator[Comparison]:
    for name, expected in model.expected.items():
        if (quantity := f"activation/{name}") in one.found:
            yield compare_values(run, quantity, one.found[quantity], expected)
    yield compare_noise(run, one, model.draws.asked)
    if one.raised:
        yield Comparison("raised", np.inf, 0, note=one.raised)
    elif "logits" in one.found:
        yield compare_values(run, "logits", one.found["logits"], model.expected[run.case.points.names[-1]])


def _labels(run: Run, one: Pass, model: Model, rules: Rules) -> np.ndarray:
    last = run.case.layers[-1]
    gradient = one.found.get(f"gradient/{last.name}.weight")
    if rules("labels") == "given" or gradient is None or last.kind != "dense":
        return one.labels
    return labels_in(gradient, model.inputs[last.name], model.last_factor(), one.labels)


def _gradients(run: Run, one: Pass, gradients: dict[str, np.ndarray]) -> Iterator[Comparison]:
    some = any(f"gradient/{name}" in one.found for layer in run.case.layers for name in layer.parameters)
    for layer in reversed(run.case.layers):
        largest = max((np.abs(gradients[name]).max() for name in layer.parameters), default=0.0)
        for name in layer.parameters:
            if (quantity := f"gradient/{name}") in one.found:
                yield compare_values(run, quantity, one.found[quantity], gradients[name], largest)
            elif some:  # a parameter that does not learn, in a port that hands gradients back
                yield Comparison(quantity, np.inf, 0, note="expected a gradient, got none; does it require one?")
    if "gradient/input" in one.found:
        yield compare_values(run, "gradient/input", one.found["gradient/input"], gradients["input"])


def _updates(run: Run, number: int, rules: Rules) -> Iterator[Comparison]:
    """Compare moments and parameters with what the optimiser makes of the port's own gradients."""
    case, one, passes = run.case, run.passes[number], run.passes[: number + 1]
    rate, epsilon = case.rates[number], np.finfo(case.dtype).eps
    moments, updates = [], []
    for layer in case.layers:
        histories = {
            name: [p.found[f"gradient/{name}"] for p in passes if f"gradient/{name}" in p.found]
            for name in layer.parameters
        }
        new = {
            n: updated(case, rules, n, [p.before[n] for p in passes], h)
            for n, h in histories.items()
            if len(h) > number
        }
        for kind in ("first_moment", "second_moment"):
            expected = {name: getattr(one_new, kind) for name, one_new in new.items()}
            largest = max((np.abs(array).max() for array in expected.values()), default=0.0)
            moments += [
                compare_values(run, f"{kind}/{n}", one.found[f"{kind}/{n}"], e, largest)
                for n, e in expected.items()
                if f"{kind}/{n}" in one.found
            ]
        for name in new:
            if name in one.after:
                rounding = ROUNDINGS * epsilon * np.abs(one.before[name]).max()
                tolerance = TOLERANCES[case.dtype]["updates"] + rounding / rate
                updates.append(compare_values(run, f"update/{name}", one.after[name], new[name].value, rate, tolerance))
    yield from moments
    yield from updates


def _last(run: Run) -> str:
    return f"activation/{run.case.points.names[-1]}"
