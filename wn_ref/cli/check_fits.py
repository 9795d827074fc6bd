"""`wn-ref check-fits`: what another fitter makes of the curves that come with this package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.csv_table import numbers, read_table
from wn_ref.counted import counted
from wn_ref.errors import InputError, require_choice
from wn_ref.lazy import pandas


def check_fits(
    csv: Annotated[
        Path | None,
        typer.Argument(
            metavar="CSV",
            help="The other fitter's answers: columns curve and some of midpoint, low, high and verdict, one row for "
            "each curve. - is standard input. Without it, this command says where the curves are.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Compare the midpoints of another fitter with those of wn-ref fit, on 200 curves, and print where they differ.

    The curves are real and simulated, and many are awkward: flat, rising, steep, with runs that failed, or with a
    midpoint far away. Verdicts are measured, lower bound, upper bound, open (nothing is known) and too few (levels).
    low and high are the ends of the 95 % interval; open ends are 0 and inf. A cell that is empty is not looked at.

    Midpoints agree if they differ by at most 0.5 %, or 5 % of half the interval's width, in ln sigma; ends of intervals
    by 1 %, or 15 %; bounds by 5 %. The exit code is 1 if something differs, and 2 if the file cannot be used.
    """
    from wn_ref.ports.fit_vectors import ANSWERS, FOLDER, answers, differences

    if csv is None:
        print(f"curves: {FOLDER / 'points.csv'}\nwhat their columns mean: {FOLDER / 'README.md'}")
        return
    theirs = answers_of(read_table(csv))
    found = differences(theirs)
    given = [name for name in ANSWERS if name in theirs]
    looked_at = counted(int(theirs[given].notna().any(axis=1).sum()), "curve")
    if found:
        rows = [[_text(one.expected), _text(one.got), _text(one.size)] for one in found]
        shown = pandas.DataFrame(rows, columns=["expected", "got", "times the tolerance"])
        shown.insert(0, "quantity", [one.quantity for one in found])
        shown.insert(0, "curve", [one.curve for one in found])
        print(shown.to_string(index=False))
        print(f"{len({one.curve for one in found})} of {looked_at} differ")
    else:
        print(f"no difference in {looked_at}")
    ours = answers().set_index("curve")[list(ANSWERS)].notna()
    left_out = (ours & ~theirs.set_index("curve").reindex(index=ours.index, columns=ours.columns).notna()).sum()
    if left_out.any():
        print("not looked at:", ", ".join(f"{name} of {counted(n, 'curve')}" for name, n in left_out.items() if n))
    if found:
        raise typer.Exit(1)


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.5g}"


def answers_of(table: pandas.DataFrame) -> pandas.DataFrame:
    """Return the columns of a fitter's answers as numbers; what is empty is NaN.

    Parameters
    ----------
    table : pandas.DataFrame
        From `wn_ref.cli.csv_table.read_table`.

    Raises
    ------
    InputError
        If columns are missing, a cell cannot be used, or there is no answer at all.
    """
    from wn_ref.ports.fit_vectors import ANSWERS, VERDICTS

    given = [name for name in ANSWERS if name in table]
    if "curve" not in table or not given:
        expected = f"columns curve and some of {', '.join(ANSWERS)}"
        raise InputError(f"csv: expected {expected}, got {', '.join(table.columns)}; rename them")
    found = pandas.DataFrame({"curve": table["curve"]})
    for name in given:
        if name == "verdict":
            for verdict in table[name]:
                require_choice("csv: verdict", verdict or VERDICTS[0], VERDICTS)
            found[name] = table[name].mask(table[name] == "")
        else:
            is_open = table[name].str.lower() == "inf"
            values = numbers(table.assign(**{name: table[name].mask(is_open, "")}), name, empty=True)
            found[name] = pandas.Series(values, dtype=float).mask(is_open, float("inf"))
    if not found[given].notna().any(axis=None):
        raise InputError("csv: expected answers, got empty cells alone; fill them in")
    return found
