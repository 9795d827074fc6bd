"""Which arrays the file of a case has: their names, shapes and types, all of which follow from its settings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wn_ref.ports.case import Case

SAMPLE = 600
"""How many words and normals of the generator itself a file has."""
EVALUATION_PASS = "evaluation"

Expected = dict[str, tuple[tuple[int, ...], np.dtype]]


def expected_arrays(case: Case) -> Expected:
    """Return the shape and the type of every array of a file, by name; FORMAT.md says what they are."""
    real, double = np.dtype(case.dtype), np.dtype(np.float64)
    both = case.parameters | case.statistics
    out: Expected = {f"start/{name}": (shape, real) for name, shape in both.items()}
    for step in range(case.steps):
        here: Expected = {"loss": ((), double), "gradient/input": ((case.batch, *case.input_shape), real)}
        for kind in ("gradient", "first_moment", "second_moment"):
            here |= {f"{kind}/{name}": (shape, real) for name, shape in case.parameters.items()}
        here |= {f"after/{name}": (shape, real) for name, shape in both.items()}
        out |= _under(str(step), here | _forward(case, False))
    out |= _under(EVALUATION_PASS, _forward(case, True))
    out["generator/words"] = ((SAMPLE,), np.dtype(np.uint32))
    out["generator/normals"] = ((SAMPLE,), double)
    return out


def _forward(case: Case, evaluation: bool) -> Expected:
    real, names = np.dtype(case.dtype), case.points.names
    shapes = [(case.batch, *shape) for shape in case.shapes]
    out: Expected = {
        "x": (shapes[0], real),
        "labels": ((case.batch,), np.dtype(np.int64)),
        "logits": (shapes[-1], real),
    }
    out |= {f"noisy/{name}": (shape, real) for name, shape in zip(names, shapes)}
    for point, draws in case.draws(evaluation).items():
        out[f"clean/{names[point]}"] = (shapes[point], real)
        out |= {f"normal/{point}/{draw}": (shapes[point], np.dtype(np.float64)) for draw in draws}
    return out


def _under(head: str, arrays: Mapping[str, tuple[tuple[int, ...], np.dtype]]) -> Expected:
    return {f"{head}/{name}": value for name, value in arrays.items()}
