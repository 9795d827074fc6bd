"""Is a case file in order? It is compared as if it were a port: no port is held against a file that was changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from wn_ref.errors import InputError
from wn_ref.ports.case import Case
from wn_ref.ports.layout import activation_from
from wn_ref.ports.normals import Draws
from wn_ref.ports.rules import Rules
from wn_ref.ports.run import Run, head_of, pass_of
from wn_ref.ports.stages import stages_of

NORMALS_APART = 1e-5
"""How far a file's normals may be from those of the generator, whose last bit depends on the machine."""


def check_file(path: Path, case: Case, arrays: Mapping[str, np.ndarray]) -> None:
    """Check a file as if it were a port: its arrays follow from each other, and its normals from the seed.

    Raises
    ------
    InputError
        If they do not: the file was changed, or was made by a version that computes something else.
    """
    run = file_run(case, arrays)
    for one, stages in stages_of(run):
        failed = next((comparison for comparison in stages(Rules()) if comparison.fails), None)
        drawn = Draws(case, one.draws.step)
        odd = [key for key, n in one.draws.known.items() if np.abs(n - drawn(*key)).max() > NORMALS_APART]
        if failed is not None or odd:
            what = failed.quantity if failed else f"normal/{odd[0][0]}/{odd[0][1]}"
            got = f"another {what} in {head_of(case, one.number)}"
            raise InputError(f"{path}: expected arrays that follow from its settings, got {got}; write the file again")


def file_run(case: Case, arrays: Mapping[str, np.ndarray]) -> Run:
    """Return what a file holds as if a port had computed it."""
    start = _part(arrays, "start")
    run = Run(case, "NCHW", start, start)
    before = start
    for number in range(case.steps + 1):
        head = head_of(case, number)
        one = pass_of(case, arrays, number, before)
        one.draws.asked.extend(one.draws.known)
        for quantity in ("logits", "loss", "gradient/input"):
            if f"{head}/{quantity}" in arrays:
                one.found[quantity] = activation_from("NCHW", arrays[f"{head}/{quantity}"].astype(np.float64))
        noisy = _part(arrays, f"{head}/noisy")
        one.found |= {f"activation/{name}": activation_from("NCHW", y) for name, y in noisy.items()}
        for kind in ("gradient", "first_moment", "second_moment"):
            values = _part(arrays, f"{head}/{kind}")
            one.found |= {f"{kind}/{name}": array for name, array in values.items() if name != "input"}
        one.after = _part(arrays, f"{head}/after")
        run.passes.append(one)
        before = one.before | one.after
    return run


def _part(arrays: Mapping[str, np.ndarray], head: str) -> dict[str, np.ndarray]:
    return {k.removeprefix(f"{head}/"): a.astype(np.float64) for k, a in arrays.items() if k.startswith(f"{head}/")}
