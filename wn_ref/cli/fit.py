"""`wn-ref fit`: the midpoints of curves that were measured anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from wn_ref.cli.csv_table import is_runs, read_table, runs_of
from wn_ref.cli.curve_table import curve_of
from wn_ref.cli.midpoint_table import curves
from wn_ref.cli.options import Scale
from wn_ref.counted import counted
from wn_ref.errors import InputError, require_choice, require_number, require_whole
from wn_ref.fits import accuracy_uncertainty, fit_seeds, merge_levels
from wn_ref.fits.midpoint import SCALES, MidpointFit, fit_midpoint
from wn_ref.lazy import pandas

CLASSES = 10
RISE = 0.05
"""Flat curves scatter by less than this."""


def fit(
    csv: Annotated[
        Path,
        typer.Argument(
            metavar="CSV",
            help="File with the columns sigma, accuracy (0 to 1) and, if known, uncertainty or seed; or a table of "
            "runs that wn-ref walk or wn-ref export wrote, for example. - is standard input. A column accuracy [%] has "
            "percentages.",
        ),
    ],
    scale: Scale = "log",
    a_min: Annotated[
        float | None, typer.Option(help="Fix the lowest accuracy at this value.", show_default="it is fitted")
    ] = None,
    classes: Annotated[
        int | None,
        typer.Option(help="Number of classes K: guessing has an accuracy of 1/K.", show_default=str(CLASSES)),
    ] = None,
    test_size: Annotated[
        int | None,
        typer.Option(
            help="Number of test images behind each accuracy; rows with the same sigma are then averaged, and the file "
            "has no uncertainties."
        ),
    ] = None,
    percent: Annotated[
        bool, typer.Option("--percent", help="Accuracies and uncertainties in the file are percentages.")
    ] = False,
) -> None:
    """Fit equation 1 to accuracies under noise, as in equation 2, and print the midpoint with its 95 % interval.

    With --test-size, rows with the same sigma are taken as repetitions with different seeds. They are averaged, and
    the uncertainty of the average is that of equation 2: its standard error and the binomial error of the test images.

    A column seed, with several seeds at the same sigma, tells which accuracies belong together. They are averaged,
    too, and the interval is as wide as the midpoints of the single seeds demand, so that it holds for other seeds.
    Without this column it is one of the points in the file: the midpoint of other seeds may well be outside.

    A table of runs gives one line for each curve in it: each network, kind of noise, point and phase. The numbers of
    test images and of classes are those in the table; with additive noise only, the lowest accuracy is fixed at 1/K.
    """
    require_choice("scale", scale, SCALES)
    if a_min is not None:
        require_number("a_min", a_min, "an accuracy from 0 to below 1", least=0, below=1)
    if classes is not None:
        require_whole("classes", classes, least=2)
    if test_size is not None:
        require_whole("test_size", test_size, least=1)
    table = read_table(csv)
    if is_runs(table):
        _require_none(a_min=a_min, classes=classes, test_size=test_size, percent=percent or None)
        print("\n".join(curves(runs_of(table), scale)))
        return
    data = curve_of(table, csv, percent)
    settings: dict[str, Any] = {"a_min": a_min, "chance": 1 / (classes or CLASSES), "scale": scale}
    if "seed" in data:
        by_seed = data.assign(sigma=merge_levels(data["sigma"])).pivot_table("accuracy", "sigma", "seed")
        _refuse_a_rise(by_seed.mean(axis=1).rename("accuracy").reset_index(), csv)
        found = fit_seeds(by_seed.index.to_numpy(), by_seed.to_numpy(), test_size, rescale=True, **settings)
    else:
        data = _averaged(data, test_size)
        _refuse_a_rise(data, csv)
        uncertainty = data.get("uncertainty")
        columns = data["sigma"], data["accuracy"], uncertainty
        found = fit_midpoint(*columns, rescale=uncertainty is not None, **settings)
    print(_explained(found))


def _require_none(**given: object) -> None:
    """Refuse options that a table of runs tells itself."""
    for name, value in given.items():
        if value is not None:
            raise InputError(f"{name}: expected none for a table of runs, which tells it, got {value}; leave it out")


def _averaged(data: pandas.DataFrame, test_size: int | None) -> pandas.DataFrame:
    """Average the accuracies of each sigma if the test size is known, so that their uncertainty is, too."""
    if test_size is None:
        return data
    if "uncertainty" in data:
        expected = "none for a file with uncertainties, which it replaces"
        raise InputError(f"test_size: expected {expected}, got {test_size}; leave out one of them")
    rows = [
        (sigma, same.mean(), float(accuracy_uncertainty(same, test_size)))
        for sigma, same in data.groupby(merge_levels(data["sigma"]))["accuracy"]
    ]
    return pandas.DataFrame(rows, columns=["sigma", "accuracy", "uncertainty"])


def _refuse_a_rise(data: pandas.DataFrame, csv: Path) -> None:
    """Refuse accuracies that are higher at the largest noise levels than at the smallest; noise does not do this."""
    ordered = data.sort_values("sigma")["accuracy"]
    third = -(-len(ordered) // 3)
    first, last = ordered.iloc[:third].mean(), ordered.iloc[-third:].mean()
    if last > first + RISE:
        raise InputError(
            f"csv: expected accuracies that fall as sigma rises, got {first:.1%} rising to {last:.1%} in {csv}; "
            "check the columns"
        )


def _explained(found: MidpointFit) -> str:
    """The midpoint and what else the fit found, and whose interval it is."""
    lines = [str(found)]
    if found.kind == "measured":
        lines.append(f"slope s {found.slope:.4g}{' (in ln sigma)' if found.scale == 'log' else ''}")
        lines.append(f"accuracy from a_max {found.a_max:.4g} down to a_min {found.a_min:.4g}")
    lines.append(f"chi2 {found.chi2:.4g} with {counted(found.dof, 'degree')} of freedom")
    if found.kind != "open":
        what, seeds = "interval" if found.kind == "measured" else "bound", len(found.seed_midpoints)
        meant = (
            f"for other seeds, too, by the scatter of {seeds}" if seeds > 1 else "of these points, not for other seeds"
        )
        lines.append(f"the {what} is one {meant}")
    return "\n".join(lines)
