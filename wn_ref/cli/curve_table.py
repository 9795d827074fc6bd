"""One curve from a table: the columns sigma, accuracy and uncertainty as numbers, percentages as shares, and seeds.

A percentage is one only if it says so: "accuracy [%]" in the line of names, or --percent. An accuracy of 0.9 may be
either.
"""

from __future__ import annotations

import re
from pathlib import Path

from wn_ref.cli.csv_table import PERCENTAGES, numbers
from wn_ref.errors import InputError
from wn_ref.fits import merge_levels
from wn_ref.lazy import pandas

_NAMES = re.compile(r"(sigma|accuracy|uncertainty)(?:[\s_]*(%|\[\s*%\s*\]|\(\s*%\s*\)))?", re.IGNORECASE)
"""The names of columns, with and without a sign."""
_ERRORS = re.compile(
    r"(accuracy[ _])?(std|stdev|sd|sem|se|stderr|standard[ _]error|error[ _]bars?|dy|delta[ _]?y|uncertainty?)"
    r"([ _](of[ _])?accuracy)?|accuracy[ _]err(or)?|err(or)?[ _](of[ _])?accuracy",
    re.IGNORECASE,
)
"""Names of columns that are standard errors, or look like it."""
ROUNDED = 1.1
"""Accuracies above 1 by less than this are left to the fit, which allows for simulated curves."""


def curve_of(table: pandas.DataFrame, csv: Path, percent: bool = False) -> pandas.DataFrame:
    """Return the columns sigma, accuracy and, if it is there, uncertainty; and seed, a text, if there are several.

    Parameters
    ----------
    table : pandas.DataFrame
        From `wn_ref.cli.csv_table.read_table`.
    csv : Path
        The file, for messages.
    percent : bool
        Whether accuracies and uncertainties are percentages also where their names do not say so.

    Raises
    ------
    InputError
        If a column is missing or there twice, a cell is no number, numbers are not the shares or percentages that they
        should be, or there are several seeds and uncertainties, or rows without a seed.
    """
    there: dict[str, tuple[str, bool]] = {}
    for head in table:
        found = _NAMES.fullmatch(head)
        name = found[1].lower() if found else ""
        if name in there:
            raise InputError(
                f"csv: expected one column {name}, got {there[name][0]!r} and {head!r} in {csv}; leave one"
            )
        if found:
            there[name] = head, bool(found[2]) or (percent and name != "sigma")
    for name in ("sigma", "accuracy"):
        if name not in there:
            raise InputError(
                f"csv: expected columns sigma and accuracy, got {', '.join(table.columns)}; rename the columns of {csv}"
            )
    if "uncertainty" not in there and (errors := [head for head in table if _ERRORS.fullmatch(head)]):
        got = f"{errors[0]!r} in {csv}, which would be ignored"
        advice = "rename it if it has them, else remove it"
        raise InputError(f"csv: expected standard errors in a column uncertainty, got {got}; {advice}")
    if there["sigma"][1]:
        raise InputError(f"csv: expected noise levels as numbers, got a column {there['sigma'][0]!r}; divide it by 100")
    if "uncertainty" in there and there["uncertainty"][1] != there["accuracy"][1]:
        heads = " and ".join(repr(there[name][0]) for name in ("accuracy", "uncertainty"))
        raise InputError(
            f"csv: expected % at both columns or at none, got {heads}; correct the names, or add --percent"
        )
    data = pandas.DataFrame({name: numbers(table, head, percent=sign) for name, (head, sign) in there.items()})
    _require_shares(data["accuracy"].max(), *there["accuracy"])
    several = len(set(merge_levels(data["sigma"]))) < len(data)
    seeds = _seeds(table, csv) if several else None
    if seeds is None:
        return data
    if "uncertainty" in data:
        expected = f"no standard errors beside {seeds.nunique()} seeds, whose scatter tells them"
        got = f"column {there['uncertainty'][0]!r} in {csv}"
        raise InputError(f"csv: expected {expected}, got {got}; remove it, and add --test-size")
    return data.assign(seed=seeds)


def _seeds(table: pandas.DataFrame, csv: Path) -> pandas.Series | None:
    """Return the column seed, whatever its case; None if there is none, or all its cells are alike."""
    columns = [table[head] for head in table if head.lower() == "seed"]
    if not columns or columns[0].nunique() < 2:
        return None
    if (columns[0] == "").any():
        row = int((columns[0] == "").argmax()) + 1
        raise InputError(f"csv: expected a seed in each row of {csv}, got none in row {row}; give it")
    return columns[0]


def _require_shares(highest: float, head: str, percent: bool) -> None:
    """Raise `InputError` if the highest accuracy shows that a column has percentages, or that it has none."""
    if percent and highest > ROUNDED:
        raise InputError(f"csv: expected percentages up to 100 in column {head}, got {100 * highest:g}; correct it")
    if percent and highest <= 1 / 100:
        raise InputError(
            f"csv: expected percentages in column {head}, got at most {100 * highest:g}; leave out --percent, or the "
            "sign in the name of the column, if these are shares"
        )
    if not percent and highest > ROUNDED:
        raise InputError(f"csv: expected shares from 0 to 1 in column {head}, got {highest:g}; {PERCENTAGES}")
