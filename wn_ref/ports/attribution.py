"""Find the cause of a deviation: the one usual mistake with which everything agrees again.

A pass is compared under the right rules. Where it fails, each cause is tried: the pass is compared again under the
rules of somebody who makes that mistake. The cause is named if it explains the deviation by itself and takes the
comparison further than every other cause; if two take it equally far, none is named. It is no cause if it is refuted:
an activation that was right is wrong under its rules, an optimiser's constant does not explain the step behind, or
nothing would move. From there on its rules hold, so what follows is not reported as well. Where no cause helps, the
place is reported, and what can be a consequence of it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from wn_ref.injection import kind_of
from wn_ref.ports.case import Case
from wn_ref.ports.causes import CAUSES, Cause
from wn_ref.ports.compare import Comparison
from wn_ref.ports.rules import Change, Rules
from wn_ref.ports.stages import Compare, Stages

MOST_SEARCHES = 3
"""So many deviations may be left unexplained in a case before no more causes are tried."""
BETTER = 8
"""How many times smaller a deviation becomes at least under the rules that explain it."""


@dataclass(frozen=True)
class Deviation:
    """A comparison that fails, and the cause that explains it, if one does.

    Attributes
    ----------
    comparison : Comparison
        The first one that failed.
    cause : str or None
        A key of `wn_ref.ports.causes.CAUSES`.
    alternatives : tuple of str
        Causes between which this case cannot tell.
    """

    comparison: Comparison
    cause: str | None = None
    alternatives: tuple[str, ...] = ()


class Attribution:
    """What is known about a port in one case so far.

    Attributes
    ----------
    rules : Rules
        The right ones, but for the mistakes that were found.
    known : set of str
        Quantities that are not looked at any more: they were reported, or may be a consequence of what was.
    explained : set of str
        Quantities whose deviation has a cause. A cause may concern one of them alone: a loss that is reported as a sum,
        and differentiated as a mean.
    unexplained : int
        How many deviations have none.
    """

    def __init__(self, case: Case) -> None:
        self.case, self.rules = case, Rules()
        self.known: set[str] = set()
        self.explained: set[str] = set()
        self.unexplained = 0

    def deviations(self, stages: Stages) -> Iterator[Deviation]:
        """Yield what fails in a pass, one after the other."""
        while True:
            base, (place, failed) = max(
                (
                    (self.rules, self._first_failure(stages, self.rules, self.known)),
                    (Rules(), self._first_failure(stages, Rules(), self.known | self.explained)),
                ),
                key=lambda one: one[1][0],
            )
            if failed is None:
                return
            found = self._explained(stages, base, place, failed)
            names = sorted({name for name, _ in found})
            if len(names) == 1:
                self.rules = base.but(*found[0][1])
                self.explained.add(failed.quantity)
                self.known |= {"raised"} if failed.quantity == "noise" else set()
                yield Deviation(failed, names[0])
            else:
                self.unexplained += 1
                self.known |= self._consequences(failed.quantity)
                if found and all(self._agrees(stages, base.but(*changes), "noise") for _, changes in found):
                    self.known.add("noise")
                yield Deviation(failed, None, tuple(names))

    @staticmethod
    def _first_failure(stages: Compare, rules: Rules, known: set[str]) -> tuple[float, Comparison | None]:
        """Return the first comparison that fails and is not known, and its position; infinity if there is none."""
        with np.errstate(all="ignore"):
            for place, comparison in enumerate(stages(rules)):
                if comparison.fails and comparison.quantity not in known:
                    return place, comparison
        return float("inf"), None

    @staticmethod
    def _agrees(stages: Stages, rules: Rules, quantity: str) -> bool:
        with np.errstate(all="ignore"):
            return not any(one.fails for one in stages(rules) if one.quantity == quantity)

    def _explained(
        self, stages: Stages, base: Rules, place: float, failed: Comparison
    ) -> list[tuple[str, tuple[Change, ...]]]:
        """Return the causes, with their changes, that take the comparison furthest, if further than `place`."""
        best: list[tuple[str, tuple[Change, ...]]] = []
        furthest = place
        if self.unexplained >= MOST_SEARCHES:
            return best
        if failed.quantity == "noise" and any(quantity.startswith("activation") for quantity in self.known):
            return best  # who asked for noise says nothing where the noise itself is not understood
        right, everywhere = self._right_activations(stages, base), False
        for where in ("", *self._places(failed.quantity)):
            if everywhere and where == kind_of(where) != "input":
                continue  # a mistake made everywhere explains all: no need to look for one that a kind of layers has
            for name, cause in CAUSES.items():
                if where and not cause.local:
                    continue
                for changes in cause.changes(where):
                    rules = base.but(*changes)
                    reached = self._reached(stages, rules, failed, right)
                    if reached < furthest or reached == place or self._refuted(stages, cause, base, rules, reached):
                        continue
                    if reached > furthest:
                        best, furthest = [], reached
                    best.append((name, changes))
            everywhere = everywhere or (not where and furthest == float("inf"))
        return best

    @staticmethod
    def _right_activations(stages: Stages, rules: Rules) -> set[str]:
        """Return the activations that agree; they come first in a pass."""
        with np.errstate(all="ignore"):
            activations = takewhile(lambda one: one.quantity.startswith("activation"), stages(rules))
            return {one.quantity for one in activations if not one.fails}

    def _reached(self, stages: Stages, rules: Rules, failed: Comparison, right: set[str]) -> float:
        """Return how far a pass agrees under other rules; -1 if they cannot be followed or explain too little.

        They also explain too little if an activation deviates that is `right` without them.
        """
        reached = float("inf")
        try:
            with np.errstate(all="ignore"):
                for place, one in enumerate(stages(rules)):
                    if one.quantity == failed.quantity and not one.size <= failed.size / BETTER:
                        return -1
                    if one.fails and one.quantity in right:
                        return -1
                    if one.fails and one.quantity not in self.known:
                        reached = min(reached, place)
                    if reached < place and not one.quantity.startswith("activation"):
                        break
        except ValueError:  # normals of another point's shape
            return -1
        return reached

    def _refuted(self, stages: Stages, cause: Cause, base: Rules, rules: Rules, reached: float) -> bool:
        """Whether nothing would move, or an optimiser's constant does not explain this step and the one behind."""
        still = stages.rate(base) > 0 and stages.rate(rules) == 0
        if still or not cause.lasts:
            return still
        return reached < float("inf") or self._first_failure(stages.updates_behind, rules, self.known)[1] is not None

    def _places(self, quantity: str) -> list[str]:
        """Return the layers and points where a single mistake could make a quantity fail."""
        kind, _, name = quantity.partition("/")
        layers = [layer.name for layer in self.case.layers]
        name = name.partition(".")[0]
        if kind in ("activation", "statistic", "start") and name:
            return [kind_of(name), name]
        if kind != "gradient":
            return []
        weighted = [layer.name for layer in self.case.layers if layer.shape]
        start = layers.index(name) if name in layers else 0
        behind = [i for i, layer in enumerate(layers) if i > start and layer in weighted]
        places = layers[start : (behind[0] if behind else len(layers) - 1) + 1]
        places = places if name in layers else ["input", *places]
        return list(dict.fromkeys([*map(kind_of, places), *places]))

    def _consequences(self, quantity: str) -> set[str]:
        """Return what may fail because a quantity does, without a known cause."""
        kind, _, name = quantity.partition("/")
        layers = [layer.name for layer in self.case.layers]
        name = name.partition(".")[0]
        if kind == "noise":
            return {"noise", "raised"}
        if kind in ("first_moment", "second_moment", "update"):
            kinds = {"update"} if kind == "update" else {"first_moment", "second_moment", "update"}
            return {f"{one}/{parameter}" for one in kinds for parameter in self.case.parameters}
        if kind not in ("activation", "logits", "loss", "gradient"):
            return {quantity}
        until = layers.index(name) if name in layers else -1 if name == "input" else len(layers) - 1
        behind = {one for one in self.case.parameters if layers.index(one.partition(".")[0]) <= until}
        out = {quantity, "gradient/input"} | {f"gradient/{one}" for one in behind}
        if kind in ("loss", "gradient"):
            return out
        averages = {one for one in self.case.statistics if layers.index(one.partition(".")[0]) <= until}
        return out | {"logits"} | {f"statistic/{one}" for one in averages}
