"""`wn-ref fit`: the midpoint of a curve that was measured anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wn_ref.errors import InputError, require_choice

if TYPE_CHECKING:
    import pandas


def fit(
    csv: Annotated[
        Path, typer.Argument(metavar="CSV", help="Columns sigma, accuracy (0 to 1) and, if known, uncertainty.")
    ],
    scale: Annotated[
        str, typer.Option(help="Equation 1 in the log of sigma (for curves over decades) or in sigma: log or linear.")
    ] = "log",
    a_min: Annotated[float | None, typer.Option(help="Hold the lowest accuracy fixed; free by default.")] = None,
    classes: Annotated[int, typer.Option(help="Number of classes: guessing is right in one of so many.")] = 10,
    test_size: Annotated[
        int | None,
        typer.Option(help="Images behind an accuracy; rows of the same sigma are repetitions then."),
    ] = None,
) -> None:
    """Fit equation 1 to accuracies against noise, by equation 2, and print the midpoint with its interval.

    With --test-size, rows of the same sigma are averaged, and their uncertainty is that of equation 2: their standard
    error, in quadrature with the binomial one.
    """
    from wn_ref.fit import fit_midpoint

    require_choice("scale", scale, ("log", "linear"))
    table = _read(csv)
    if test_size is not None:
        table = _average(table, test_size)
    uncertainty = table.get("uncertainty")
    settings = {"a_min": a_min, "chance": 1 / classes, "scale": scale, "rescale": uncertainty is not None}
    found = fit_midpoint(table["sigma"], table["accuracy"], uncertainty, **settings)
    print(found)
    if found.kind == "measured":
        print(f"slope s {found.slope:.4g}{' (in ln sigma)' if scale == 'log' else ''}")
        print(f"accuracy from a_max {found.a_max:.4g} down to a_min {found.a_min:.4g}")
    print(f"chi2 {found.chi2:.4g} with {found.dof} degrees of freedom")


def _read(csv: Path) -> pandas.DataFrame:
    import pandas

    try:
        table = pandas.read_csv(csv)
    except (OSError, UnicodeDecodeError, pandas.errors.ParserError, pandas.errors.EmptyDataError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise InputError(f"csv: expected a table with commas in {csv}, got {reason}; correct it") from None
    for name in ("sigma", "accuracy"):
        if name not in table:
            raise InputError(f"csv: expected columns sigma and accuracy, got {', '.join(table.columns)}; name them so")
    return table


def _average(table: pandas.DataFrame, test_size: int) -> pandas.DataFrame:
    import pandas

    from wn_ref.fit import accuracy_uncertainty

    rows = []
    for sigma, same in table.groupby("sigma"):
        accuracies = same["accuracy"].to_numpy()
        uncertainty = float(accuracy_uncertainty(accuracies, test_size))
        rows.append({"sigma": sigma, "accuracy": accuracies.mean(), "uncertainty": uncertainty})
    return pandas.DataFrame(rows)
