"""Read a CSV file as a person may have written it: with commas, semicolons or tabs, decimal points or decimal commas.

Spreadsheets also write marks of the byte order, UTF-16, "sep=;" in front of the column names, and percentages. What
could be read in two ways is refused: "1,234" may be 1.234 or 1234, and 0.9 may be a share or 0.9 %.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from pathlib import Path

from wn_ref.counted import counted
from wn_ref.errors import InputError
from wn_ref.experiment import DEFAULTS, OWN
from wn_ref.lazy import pandas

_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_SEPARATOR = re.compile(r"\s*sep=([;,\t])\s*?\n", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")

PERCENTAGES = "divide percentages by 100, or add --percent"
"""What to do about them."""


def read_table(path: Path) -> pandas.DataFrame:
    """Read a file with a line of column names; all cells are text, without spaces around them.

    Parameters
    ----------
    path : Path
        The file; - is standard input.

    Raises
    ------
    InputError
        If the file cannot be read, or is not a table with at least one row.
    """
    text = _text(path)
    told = _SEPARATOR.match(text)
    text = text[told.end() :] if told else text
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = told[1] if told else next((mark for mark in ";\t" if mark in first), ",")
    try:
        rows = [
            [cell.strip() for cell in row]
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        ]
    except csv.Error as error:
        raise InputError(f"csv: expected a table in {path}, got {error}; correct it") from None
    lines = [row for row in rows if any(row)]
    if len(lines) < 2:
        got = "only a line of column names" if lines else "an empty file"
        raise InputError(f"csv: expected column names and rows of numbers in {path}, got {got}; add some")
    head, *rows = lines
    for name in head:
        if head.count(name) > 1:
            raise InputError(
                f"csv: expected each column of {path} once, got {name!r} {head.count(name)} times; rename it"
            )
    for number, row in enumerate(rows, start=1):
        if len(row) != len(head):
            hint = "; are these decimal commas? Then separate columns with semicolons" if separator == "," else ""
            raise InputError(
                f"csv: expected {counted(len(head), 'value')} in row {number} of {path}, got {len(row)}{hint}"
            )
    return pandas.DataFrame(rows, columns=head)


def numbers(table: pandas.DataFrame, name: str, empty: bool = False, percent: bool = False) -> Sequence[float]:
    """Return a column as numbers; decimal commas are read if no cell can be anything else.

    Parameters
    ----------
    table : pandas.DataFrame
        From `read_table`.
    name : str
        Of the column.
    empty : bool
        Whether empty cells are allowed; they are NaN.
    percent : bool
        Whether the column has percentages, with or without the sign; they are divided by 100.

    Raises
    ------
    InputError
        If a cell is not a finite number, or the commas in the column are ambiguous.
    """
    cells = [cell.removesuffix("%").strip() if percent else cell for cell in table[name]]
    with_comma = [cell for cell in cells if _DECIMAL_COMMA.fullmatch(cell)]
    if with_comma:
        ambiguous = [cell for cell in with_comma if _THOUSANDS.fullmatch(cell)]
        if len(ambiguous) == len(with_comma) or any("." in cell for cell in cells):
            got = (ambiguous or with_comma)[0]
            raise InputError(f"csv: expected decimal points in column {name}, got {got!r}; write numbers such as 0.5")
        cells = [cell.replace(",", ".") for cell in cells]
    found = [_number(cell, name, row, empty) for row, cell in enumerate(cells, start=1)]
    return [number / 100 for number in found] if percent else found


def whole_numbers(table: pandas.DataFrame, name: str) -> list[int]:
    """Return a column as whole numbers, exactly: a seed may have 20 digits, of which a float keeps 15.

    Raises
    ------
    InputError
        If a cell is not a whole number.
    """
    for row, cell in enumerate(table[name], start=1):
        if not re.fullmatch(r"\d+(\.0*)?", cell):
            expected = f"whole numbers in column {name}"
            raise InputError(f"csv: expected {expected}, got {cell!r} in row {row}; correct it or leave the row out")
    return [int(cell.partition(".")[0]) for cell in table[name]]


def _number(cell: str, name: str, row: int, empty: bool) -> float:
    if empty and cell in ("", "nan", "NaN"):
        return float("nan")
    try:
        number = float(cell) if re.fullmatch(r"[-+.\deE]+", cell) else float("nan")
    except ValueError:
        number = float("nan")
    if not abs(number) < float("inf"):
        hint = PERCENTAGES if cell.endswith("%") else "correct it or leave the row out"
        raise InputError(f"csv: expected numbers in column {name}, got {cell!r} in row {row}; {hint}")
    return number


def _text(path: Path) -> str:
    try:
        content = sys.stdin.buffer.read() if path == Path("-") else path.read_bytes()
        return content.decode("utf-16" if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "bytes that are not UTF-8"
        raise InputError(f"csv: expected a table in {path}, got {reason}; choose a CSV file") from None


def is_runs(table: pandas.DataFrame) -> bool:
    """Return whether a table from `read_table` is one of runs, as ``wn-ref walk`` and ``wn-ref export`` write it."""
    return {"sigma_add", "sigma_mul", "accuracy"} <= set(table.columns)


def runs_of(table: pandas.DataFrame) -> pandas.DataFrame:
    """Return a table of runs with numbers and truth values in place of their text; runs that failed have NaN.

    Where columns of what is the user's own are missing, as in the published tables, nothing is.

    Raises
    ------
    InputError
        If a column is missing that every table of runs has, or a number is not one.
    """
    table = table.assign(**{name: "" for name in OWN if name not in table})
    columns = {}
    for name in (*DEFAULTS, "name", "tested", "classes"):
        if name not in table:
            raise InputError(
                f"csv: expected a table of runs with a column {name}, got none; write it with wn-ref export"
            )
    for name in table:
        cells = table[name]
        if name in ("seed", "tested", "classes"):
            columns[name] = pandas.Series(whole_numbers(table, name))
        elif name in ("sigma_add", "sigma_mul", "accuracy"):
            columns[name] = pandas.Series(numbers(table, name, empty=name == "accuracy"))
        elif name == "executions":
            columns[name] = cells.map(lambda text: tuple(map(int, re.findall(r"\d+", text))) or None)
        elif cells.isin(["True", "False"]).all():
            columns[name] = cells == "True"
        else:
            cells = cells if isinstance(DEFAULTS.get(name, ""), str) else cells.mask(cells == "")
            as_number = pandas.to_numeric(cells, errors="coerce")
            columns[name] = as_number if as_number.notna().equals(cells.notna()) else cells
    return pandas.DataFrame(columns)
