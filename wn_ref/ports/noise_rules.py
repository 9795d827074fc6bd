"""The noise at a point in float64, forward and backward, by rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from wn_ref.injection import ALL, GLOBAL
from wn_ref.ports.case import Case
from wn_ref.ports.normals import Draws
from wn_ref.ports.rules import Rules


class Injected(NamedTuple):
    """A noisy activation, and the way back through the noise."""

    y: np.ndarray
    back: Callable[[np.ndarray], np.ndarray]


def inject(
    case: Case, rules: Rules, point: int, x: np.ndarray, draws: Draws, first_draws: Draws, training: bool
) -> Injected:
    """Return what the noise at a point makes of x, and how the gradient passes it."""
    name = case.points.names[point]
    executions = _where(case, rules, name, training).get(point, 0)
    if not executions:
        return Injected(x, lambda dy: dy)
    how = rules("noise executions", name)
    executions = 1 if how == "first" else executions
    results: list[np.ndarray] = []
    factors: list[np.ndarray] = []
    for execution in range(executions):
        y, m = x, np.ones_like(x)
        for number, (kind, sigma) in enumerate(_operators(case, rules, name)):
            draw = _draw(case, rules, name, execution, number)
            n = sigma * _normals(rules, point, name, draw, draws, first_draws)
            if kind == "multiplicative":
                y, m = y * (1 + n), m * (1 + n)
            else:
                y = y + n
        results.append(y)
        factors.append(m)
    if how == "first, asked":
        results, factors = results[:1], factors[:1]
    combine = np.sum if how == "sum" else np.mean
    lost = rules("noise points", name) == "none, asked"
    y = x if lost else combine(results, axis=0)
    return Injected(y, _way_back(case, rules, name, y, x, combine(factors, axis=0)))


def _way_back(
    case: Case, rules: Rules, name: str, y: np.ndarray, x: np.ndarray, m: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    choice = rules("noise gradient", name)
    exact = (case.noise.gradient == "exact") != (choice == "other")
    if choice == "twice":
        return lambda dy: dy * m * m
    if choice == "added":
        return lambda dy: (dy * m if exact else dy) + (y - x * m)
    return (lambda dy: dy * m) if exact else (lambda dy: dy)


def _where(case: Case, rules: Rules, name: str, training: bool) -> dict[int, int]:
    """Return the executions at each noisy point."""
    counts, choice = case.noisy(evaluation=not training), rules("noise points", name)
    if choice in ("next", "previous"):
        by = 1 if choice == "next" else -1
        return {point + by: count for point, count in counts.items() if 0 <= point + by < len(case.points)}
    if choice == "none" or not case.operators:
        return {}
    walking = case.point not in (GLOBAL, ALL)
    asked = case.point
    if choice in (GLOBAL, ALL) and walking:
        asked = choice
    elif choice == "other bn" and not walking:
        asked = ALL if case.point == GLOBAL else GLOBAL
    return {point: counts.get(point, 1) for point in case.points.numbers(asked)}


def _operators(case: Case, rules: Rules, name: str) -> tuple[tuple[str, float], ...]:
    operators, choice = case.operators, rules("noise sigma", name)
    if choice == "swapped":
        sigmas = [sigma for _, sigma in operators][::-1]
        operators = tuple((kind, sigma) for (kind, _), sigma in zip(operators, sigmas))
    power = {"variance": 2.0, "root": 0.5}.get(choice, 1.0)
    operators = tuple((kind, sigma**power) for kind, sigma in operators)
    return operators[::-1] if rules("noise order", name) == "swapped" else operators


def _draw(case: Case, rules: Rules, name: str, execution: int, number: int) -> int:
    choice, count = rules("noise draws", name), len(case.operators)
    if choice == "swapped":
        number = count - 1 - number
    return count * execution + number if choice == "dense" else 2 * execution + number + (choice == "next")


def _normals(rules: Rules, point: int, name: str, draw: int, draws: Draws, first_draws: Draws) -> np.ndarray:
    number = point + rules("noise numbers", name)
    step = rules("noise step", name)
    if step == "own":
        return draws(number, draw)
    if step == "first, asked":
        draws(number, draw)
    return first_draws(number, draw)
