"""Run a port through a case and keep all that it hands back, in float64 and in this package's order of axes."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from wn_ref.ports.case import Case
from wn_ref.ports.forms import Form, form_of
from wn_ref.ports.layout import activation_from, activation_to, weight_to
from wn_ref.ports.normals import Draws, Known, Normals
from wn_ref.ports.port import Port, Step
from wn_ref.user_code import said

Arrays = dict[str, np.ndarray]
NAMED = {
    "activation": "activations",
    "gradient": "gradients",
    "first_moment": "first_moment",
    "second_moment": "second_moment",
}
"""The fields of a `Step` with arrays by name, by the kind of these."""
MISSING = "weights() did not hand back {}; add it, as what follows starts from it"


@dataclass
class Pass:
    """One training step, or the evaluation behind the last one.

    Attributes
    ----------
    number : int
        0, 1, ... for training steps; as many as there are steps for the evaluation.
    x, labels : np.ndarray
        Images, (channels, height, width, batch), and labels.
    draws : Draws
        The noise that was handed out, and who asked.
    before, after : dict of str to np.ndarray
        Parameters and running averages of the port before and after the pass.
    found : dict of str to np.ndarray
        What the port handed back, by quantity: "activation/conv1", "logits", "gradient/conv1.weight", ...
    forms : list of Form
        What of it has the wrong shape or type.
    raised : str
        The error that ended the pass, with the place where it was raised, or "".
    """

    number: int
    x: np.ndarray
    labels: np.ndarray
    draws: Draws
    before: Arrays
    after: Arrays = field(default_factory=dict)
    found: Arrays = field(default_factory=dict)
    forms: list[Form] = field(default_factory=list)
    raised: str = ""


@dataclass
class Run:
    """All that a port did in a case.

    Attributes
    ----------
    case : Case
        The case.
    layout : str
        The port's layout.
    given, started : dict of str to np.ndarray
        The weights that were handed to `start`, and those that `weights` returned after it.
    passes : list of Pass
        Those that were begun.
    forms : list of Form
        What of `started` has the wrong shape or type.
    told : set of str
        Names of which it was said already that `weights` hands them back in a wrong form, or not at all.
    raised : str
        The error that ended `start` or the `weights` after it, or "".
    """

    case: Case
    layout: str
    given: Arrays
    started: Arrays = field(default_factory=dict)
    passes: list[Pass] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    raised: str = ""

    @property
    def known(self) -> Known:
        """The normals of the first training step."""
        return self.passes[0].draws.known


def run_port(case: Case, arrays: Mapping[str, np.ndarray], port: Port) -> Run:
    """Start a port, train it and evaluate it; an error of the port ends the run and is kept, and so do missing weights.

    What has no weights right after the start still has those that it was given.
    """
    start = {name.removeprefix("start/"): array for name, array in arrays.items() if name.startswith("start/")}
    run = Run(case, port.layout, _doubles(start))
    run.raised = _tried(
        lambda: port.start(case, {n: np.array(weight_to(port.layout, w), order="C") for n, w in start.items()})
    )
    run.raised = run.raised or _tried(lambda: run.started.update(_weights(run, port, "start", run.forms)))
    before = run.given | run.started
    for number in range(case.steps + 1):
        if run.raised:
            break
        one = pass_of(case, arrays, number, before)
        run.passes.append(one)
        one.raised = run.raised = _tried(partial(_do, run, one, arrays, port))
        if any(form.ends for form in one.forms) or one.after.keys() != before.keys():
            break  # what follows starts from weights that nobody knows
        before = one.after
    return run


def pass_of(case: Case, arrays: Mapping[str, np.ndarray], number: int, before: Arrays) -> Pass:
    """Return a pass with what goes into it, from the arrays of a file."""
    head = head_of(case, number)
    normals = {}
    for name, array in arrays.items():
        if name.startswith(f"{head}/normal/"):
            point, draw = name.split("/")[2:]
            normals[int(point), int(draw)] = activation_from("NCHW", array)
    x = np.moveaxis(arrays[f"{head}/x"].astype(np.float64), 0, -1)
    return Pass(number, x, arrays[f"{head}/labels"], Draws(case, case.step_of(number), normals), before)


def head_of(case: Case, number: int) -> str:
    """Return how the names of a pass's arrays begin in a file."""
    return str(number) if number < case.steps else "evaluation"


def _do(run: Run, one: Pass, arrays: Mapping[str, np.ndarray], port: Port) -> None:
    case, layout = run.case, run.layout
    x = np.array(activation_to(layout, np.moveaxis(arrays[f"{head_of(case, one.number)}/x"], 0, -1)), order="C")
    normal = Normals(one.draws, layout)
    if one.number < case.steps:
        step = port.train_step(x, one.labels.copy(), normal, case.rates[one.number])
    else:
        step = port.evaluate(x, normal)
    if not isinstance(step, Step):
        raise TypeError(f"expected a Step of wn_ref.ports.port, got {type(step).__name__}; return one")
    named = {kind: _mapping(f"Step.{field_}", getattr(step, field_)) for kind, field_ in NAMED.items()}
    found = {f"activation/{name}": array for name, array in named.pop("activation").items()}
    found |= {"logits": step.logits, "loss": step.loss, "gradient/input": step.input_gradient}
    found |= {f"{kind}/{name}": array for kind, values in named.items() for name, array in values.items()}
    for quantity, array in found.items():
        if array is not None:
            form, inward = form_of(case, layout, quantity, array)
            if form is None:
                one.found[quantity] = inward
            else:
                one.forms.append(form)
    one.after = _weights(run, port, "after", one.forms)


def _weights(run: Run, port: Port, kind: str, forms: list[Form]) -> Arrays:
    """Return what `weights` hands back in the right form, and note what of it is wrong, and what is missing."""
    weights, out = _mapping("weights()", port.weights()), {}
    wrong: dict[str, tuple[str, bool]] = {}
    for name, array in weights.items():
        form, inward = form_of(run.case, run.layout, f"{kind}/{name}", array)
        if form is None:
            out[name] = inward
        else:
            wrong[name] = form.note, form.ends
    wrong |= {name: (MISSING.format(name), False) for name in run.given if name not in weights}
    told, run.told = run.told, run.told | wrong.keys()
    forms += [Form(_compared_as(run.case, kind, name), *why) for name, why in wrong.items() if name not in told]
    return out


def _compared_as(case: Case, kind: str, name: str) -> str:
    """Return the quantity as which weights are compared, right after the start or after a pass."""
    return f"{'start' if kind == 'start' else 'statistic' if name in case.statistics else 'update'}/{name}"


def _mapping(what: str, value: Any) -> Mapping[str, Any]:
    if not callable(getattr(value, "items", None)):
        got = "None" if value is None else type(value).__name__
        raise TypeError(f"{what}: expected a mapping from names to arrays, got {got}; hand back a dict")
    return value


def _doubles(arrays: Mapping[str, np.ndarray]) -> Arrays:
    return {name: array.astype(np.float64) for name, array in arrays.items()}


def _tried(do: Callable[[], object]) -> str:
    """Do something of a port's; return the error that it raised, with its place, or "". An exit is an error, too."""
    try:
        do()
    except (Exception, SystemExit) as error:  # whatever somebody else's code raises
        frames = traceback.extract_tb(error.__traceback__)
        last = ([frame for frame in frames if "site-packages" not in frame.filename] or frames)[-1]
        text = said(error)
        return text if last.filename == __file__ else f"{text} ({Path(last.filename).name}, line {last.lineno})"
    return ""
