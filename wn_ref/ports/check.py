"""Hold a port against case files: `wn_ref.check_vectors`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from wn_ref.errors import InputError, require_choice, require_flag
from wn_ref.ports.attribution import Attribution, Deviation
from wn_ref.ports.case import Case
from wn_ref.ports.causes import CAUSES
from wn_ref.ports.consistency import check_file
from wn_ref.ports.file import read_case
from wn_ref.ports.forms import Form
from wn_ref.ports.layout import LAYOUTS
from wn_ref.ports.port import Port
from wn_ref.ports.report import Finding, Report, joined
from wn_ref.ports.rules import Rules
from wn_ref.ports.run import Run, run_port
from wn_ref.ports.stages import stages_of, start_stages
from wn_ref.user_code import said

METHODS = ("start", "train_step", "weights", "evaluate")
KINDS = (
    "activation",
    "logits",
    "loss",
    "gradient",
    "input gradient",
    "statistic",
    "first_moment",
    "second_moment",
    "update",
)
ORDER = (
    "start",
    "activation",
    "noise",
    "raised",
    "logits",
    "loss",
    "gradient",
    "statistic",
    "first_moment",
    "second_moment",
    "update",
)
"""The kinds of quantities in the order in which a pass computes them."""


def check_vectors(
    path: str | Path, port: Port | type[Port], accept: Iterable[str] = (), complete: bool = False
) -> Report:
    """Run a port through case files and say where it deviates, and why.

    Parameters
    ----------
    path : str or Path
        A case file, or a folder of them, as ``wn-ref vectors --suite DIR`` makes.
    port : Port
        The implementation to check: an object with the methods of `wn_ref.ports.port.Port`, or a class without
        arguments.
    accept : iterable of str
        Causes that are no mismatch, such as ["running-variance"]; the keys of `wn_ref.ports.causes.CAUSES`.
    complete : bool
        Whether the port has to hand back everything but Adam's moments. By default the logits are enough, or what
        leaves a point behind all weights, and the report says what was not looked at.

    Returns
    -------
    Report
        ``report.ok``, and ``report.findings`` with the quantity, size and cause of each deviation; `print` shows it.

    Raises
    ------
    InputError
        If a file or the port cannot be used, the class of the port raises an error, or there is no cause of a name.

    Examples
    --------
    >>> import wn_ref as wn
    >>> from wn_ref.files import Output
    >>> from wn_ref.ports.case import case_of
    >>> from wn_ref.ports.file import write_case
    >>> from wn_ref.ports.numpy_port import NumpyPort
    >>> path = write_case(case_of("one", "mlp", (1, 4, 4), noise=wn.additive(0.5)), Output(Path("one.npz")))
    >>> wn.check_vectors(path, NumpyPort()).ok
    True
    >>> class Forgetful(NumpyPort):
    ...     beta2 = 0.99
    >>> [finding.cause for finding in wn.check_vectors(path, Forgetful()).findings]
    ['adam-betas']
    """
    accepted, complete = _accepted(accept), require_flag("complete", complete)
    files = _files(path)
    port = _made(port)
    reports = []
    for file in files:
        case, arrays = read_case(file)
        check_file(file, case, arrays)
        reports.append(check_case(case, arrays, port, accepted))
    return joined(reports, complete)


def check_case(case: Case, arrays: Mapping[str, np.ndarray], port: Port, accepted: Collection[str] = ()) -> Report:
    """Run a port through one case, with the arrays of its file."""
    run = run_port(case, arrays, port)
    passes = [[c.quantity for c in stages(Rules())] for _, stages in stages_of(run)]
    looked_at = Counter(_kind(quantity) for one in passes for quantity in one)
    absent = tuple(kind for kind in KINDS if looked_at[kind] < _whole(case)[kind])
    without_logits = not all(_outputs(case) & set(one) for one in passes)
    return Report(
        tuple(_findings(run, accepted)), looked_at, absent, (case.name,), (case.name,) if without_logits else ()
    )


def _accepted(accept: Iterable[str]) -> set[str]:
    if isinstance(accept, str) or not isinstance(accept, Iterable):
        raise InputError(f"accept: expected a list of causes, got {accept!r}; put it in a list")
    return {require_choice("accept", name, CAUSES) for name in accept}


def _made(port: Port | type[Port]) -> Port:
    """Return a port, made of its class if need be, after a look at what it has."""
    what = f"{port!r:.80} to work without arguments" if isinstance(port, type) else "an object with methods and layout"
    try:
        made = port() if isinstance(port, type) else port
        missing = [name for name in METHODS if not callable(getattr(made, name, None))]
        shown, layout = f"{made!r:.80}", getattr(made, "layout", None)
    except (Exception, SystemExit) as error:  # whatever somebody else's code raises
        raise InputError(f"port: expected {what}, got {said(error)}; correct it") from error
    if missing:
        raise InputError(f"port: expected the methods {', '.join(METHODS)}, got {shown} without {missing[0]}; add it")
    require_choice("layout", layout, LAYOUTS)
    return made


def _files(given: str | Path) -> list[Path]:
    if not isinstance(given, str | os.PathLike):
        raise InputError(f"path: expected a case file or a folder of them, got {given!r:.80}; give its name")
    path = Path(given)
    if not path.is_dir():
        return [path]
    if files := sorted(path.glob("*.npz")):
        return files
    raise InputError(
        f"path: expected a folder with case files (.npz), got {path} without any; see wn-ref vectors --suite"
    )


def _findings(run: Run, accepted: Collection[str]) -> list[Finding]:
    """Return the findings of a run in order; what fails in the same way in several steps is there once."""
    attribution = Attribution(run.case)
    found = _of(run, "start", run.forms, attribution.deviations(start_stages(run)), accepted)
    for one, stages in stages_of(run):
        step: int | str = one.number if one.number < run.case.steps else "evaluation"
        found += _of(run, step, one.forms, attribution.deviations(stages), accepted)
    once: dict[tuple, Finding] = {}
    for finding in found:
        once.setdefault((finding.quantity, finding.cause, finding.note if finding.size == np.inf else ""), finding)
    return list(once.values())


def _of(
    run: Run, step: int | str, forms: list[Form], deviations: Iterator[Deviation], accepted: Collection[str]
) -> list[Finding]:
    """Return the findings of a pass: shapes and types first, and then everything in the order of the computation."""
    misshapen, found = (
        [Finding(run.case.name, step, form.quantity, note=form.note) for form in forms if form.ends is ends]
        for ends in (False, True)
    )
    for deviation in deviations:
        c, cause = deviation.comparison, deviation.cause
        numbers = (c.index, c.size, c.tolerance, c.got, c.expected, c.note)
        why = (cause, deviation.alternatives, cause in accepted)
        found.append(Finding(run.case.name, step, c.quantity, *numbers, *why))
    return misshapen + sorted(found, key=lambda finding: _position(run.case, finding.quantity))


def _position(case: Case, quantity: str) -> tuple[int, int]:
    """Return when a quantity is computed in a pass: the place of its kind, and its own among those of its kind."""
    kind, _, name = quantity.partition("/")
    names = ("input", *(layer.name for layer in case.layers))
    place = names.index(name.partition(".")[0]) if name else 0
    return ORDER.index(kind), -place if kind == "gradient" else place


def _kind(quantity: str) -> str:
    return "input gradient" if quantity == "gradient/input" else quantity.partition("/")[0]


def _outputs(case: Case) -> set[str]:
    """Return the quantities that depend on all weights: the logits, and what leaves a point behind the last weights."""
    last = max((number for number, layer in enumerate(case.layers) if layer.parameters), default=0)
    return {"logits"} | {f"activation/{layer.name}" for layer in case.layers[last:] if layer.point is not None}


def _whole(case: Case) -> Counter[str]:
    """Return how many arrays of each kind there are."""
    points, parameters, statistics = len(case.points), len(case.parameters), len(case.statistics)
    steps, passes = case.steps, case.steps + 1
    return Counter(
        {"activation": passes * points, "logits": passes, "loss": steps, "gradient": steps * parameters}
        | {"input gradient": steps, "statistic": passes * statistics, "update": passes * parameters}
        | dict.fromkeys(("first_moment", "second_moment"), steps * parameters)
    )
