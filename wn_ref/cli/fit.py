"""`wn-ref fit`: the midpoint of a curve that was measured anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.options import Scale
from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.fits.midpoint import SCALES, accuracy_uncertainty, fit_midpoint
from wn_ref.lazy import pandas


def fit(
    csv: Annotated[
        Path,
        typer.Argument(
            metavar="CSV", help="File with the columns sigma, accuracy (0 to 1) and, if known, uncertainty."
        ),
    ],
    scale: Scale = "log",
    a_min: Annotated[
        float | None, typer.Option(help="Fix the lowest accuracy at this value; by default it is fitted.")
    ] = None,
    classes: Annotated[int, typer.Option(help="Number of classes K: guessing has an accuracy of 1/K.")] = 10,
    test_size: Annotated[
        int | None,
        typer.Option(help="Number of test images behind each accuracy; rows with the same sigma are then averaged."),
    ] = None,
) -> None:
    """Fit equation 1 to accuracies under noise, as in equation 2, and print the midpoint with its 95 % interval.

    With --test-size, rows with the same sigma are taken as repetitions with different seeds. They are averaged, and
    the uncertainty of the average is that of equation 2: its standard error and the binomial error of the test images.
    """
    require_choice("scale", scale, SCALES)
    require_whole("classes", classes, least=2)
    table = _read(csv)
    if test_size is not None:
        table = _average(table, test_size)
    uncertainty = table.get("uncertainty")
    found = fit_midpoint(
        table["sigma"],
        table["accuracy"],
        uncertainty,
        a_min=a_min,
        chance=1 / classes,
        scale=scale,
        rescale=uncertainty is not None,
    )
    print(found)
    if found.kind == "measured":
        print(f"slope s {found.slope:.4g}{' (in ln sigma)' if scale == 'log' else ''}")
        print(f"accuracy from a_max {found.a_max:.4g} down to a_min {found.a_min:.4g}")
    print(f"chi2 {found.chi2:.4g} with {found.dof} degrees of freedom")


def _read(csv: Path) -> pandas.DataFrame:
    try:
        table = pandas.read_csv(csv)
    except (OSError, UnicodeDecodeError, pandas.errors.ParserError, pandas.errors.EmptyDataError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise InputError(f"csv: expected a file of values with commas in {csv}, got {reason}; correct it") from None
    for name in ("sigma", "accuracy"):
        if name not in table:
            columns = ", ".join(map(str, table.columns))
            raise InputError(f"csv: expected columns sigma and accuracy, got {columns}; rename the columns of {csv}")
    for name in {"sigma", "accuracy", "uncertainty"} & set(table.columns):
        numbers = pandas.to_numeric(table[name], errors="coerce")
        words = table.loc[numbers.isna() & table[name].notna(), name]
        if len(words):
            raise InputError(f"csv: expected numbers in column {name} of {csv}, got {words.iloc[0]!r}; correct it")
        table[name] = numbers
    return table


def _average(table: pandas.DataFrame, test_size: int) -> pandas.DataFrame:
    """Average the accuracies of each sigma; add the uncertainty of the average."""
    rows = []
    for sigma, same in table.groupby("sigma", dropna=False):
        accuracies = same["accuracy"].to_numpy()
        uncertainty = float(accuracy_uncertainty(accuracies, test_size))
        rows.append({"sigma": sigma, "accuracy": accuracies.mean(), "uncertainty": uncertainty})
    return pandas.DataFrame(rows)
