"""The suite: a dozen cases, each in float64 and in float32, that together reveal the usual mistakes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from wn_ref.errors import InputError
from wn_ref.files import Output
from wn_ref.noise import additive, mixed, multiplicative
from wn_ref.ports.case import DTYPES, Case, case_of
from wn_ref.ports.file import write_case

SMALL, MEDIUM, COLOUR, SPEECH = (2, 6, 7), (2, 18, 21), (3, 32, 32), (1, 10, 49)
"""Shapes of images; the sides of the first two differ, so that no axis can be mistaken for another one."""
WEIGHTS = tuple(0.5 + 0.25 * label for label in range(12))


def suite(seed: int = 0, dtypes: tuple[str, ...] = DTYPES) -> list[Case]:
    """Return the cases of the suite.

    Parameters
    ----------
    seed : int
        Of all weights, images and noises; the suite that is published has 0.
    dtypes : tuple of str
        Types of the ports' numbers.

    Examples
    --------
    >>> [case.name for case in suite()][:2], len(suite())
    (['mlp-float64', 'mlp-float32'], 24)
    """
    mlp = partial(case_of, model="mlp", input_shape=SMALL, seed=seed)
    lenet = partial(case_of, model="lenet5", input_shape=MEDIUM, seed=seed, batch=4)
    cnn_s = partial(case_of, model="cnn_s", input_shape=SPEECH, classes=12, seed=seed, batch=4)
    counts = (1, 2, 3, 1, 1, 2, 1, 3)
    cases = [
        mlp("mlp", batchnorm=False, noise=additive(0.3)),
        mlp("schedule", noise=additive(0.2), epochs=3, steps=5, learning_rate=5e-3),
        mlp("small-variance", noise=additive(0.03), image_scale=0.1),
        lenet("lenet5", input_shape=COLOUR, noise=additive(0.2)),
        cnn_s("cnn_s-weighted", noise=additive(0.3), class_weights=WEIGHTS),
        mlp("multiplicative", noise=multiplicative(0.4)),
        lenet("multiplicative-exact", noise=multiplicative(0.3, "exact")),
        mlp("multiplicative-first", noise=mixed(0.4, 0.25, gradient="exact"), executions=counts),
        lenet("additive-first", noise=mixed(0.2, 0.35, "additive", "exact"), batchnorm=False),
        mlp("walking", noise=additive(0.6), point="dense2", executions=(3,)),
        mlp("batch-norm-outputs", noise=multiplicative(0.5, "exact"), point="all"),
        mlp("clamp", noise=additive(0.3), point="relu1", clamp=True, weight_scale=14.0),
    ]
    return [replace(case, name=f"{case.name}-{dtype}", dtype=dtype) for case in cases for dtype in dtypes]


def write_suite(folder: Path, force: bool = False) -> list[Path]:
    """Write the files of the suite into a folder, which is made if there is none.

    Parameters
    ----------
    folder : Path
        Where.
    force : bool
        Whether files that have these names already are replaced.

    Raises
    ------
    InputError, StorageError
        As for `wn_ref.files.Output`, and if there cannot be such a folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"suite: expected a folder, got {folder} ({error.strerror}); choose another one") from None
    outputs = [(case, Output.checked(folder / f"{case.name}.npz", force)) for case in suite()]
    return [write_case(case, output) for case, output in outputs]
