"""The ledger as a page of Markdown: every row with what the paper has, what we have, and a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from wn_ref.counted import counted
from wn_ref.files import write_atomically
from wn_ref.folders import made_folder
from wn_ref.ledger.catalog import CAMPAIGNS, all_rows
from wn_ref.ledger.conditions import WALK
from wn_ref.ledger.evidence import Evidence, RowResult
from wn_ref.ledger.exceptions import Contrast, comparisons, exceptions
from wn_ref.ledger.places import require_ours
from wn_ref.ledger.row import NOT_RUN, RULE, VERDICTS, Row
from wn_ref.ledger.search import Search
from wn_ref.ledger.totals import Total, totals
from wn_ref.version import ALGORITHM

NAME = "REPRODUCTION.md"
"""The page's file, beside the folder of the tables."""
HEAD = (
    "the paper says",
    "paper",
    "ours (95 % interval)",
    "ratio",
    "epochs",
    "networks",
    "core-hours",
    "verdict",
    "more",
)
INTRO = """# The reproduction

The numbers and claims of the paper, ours beside them, and the runs behind them. Nothing on this page is typed by
hand: `wn-ref report --ledger` makes it from the tables in `results/`, which have a row for each run. `wn-ref reproduce
ROW` makes the runs of a row, and `wn-ref reproduce ROW --check` trains new networks and says whether they agree with
what is published here.

**The verdict.** {rule}

**The midpoint.** Noise in training: where the accuracy, averaged over networks, is half way down, found by a search
(`wn_ref.locate_midpoint`), not on a grid: to +-5 % for global noise, with {most} networks at most, and to +-15 % at a
single point, with {most_at_one}. Where the interval is wider, the search ended at this number. Noise at inference only,
in Table 4: equation 1, fitted in ln sigma to the paper's own levels, with as many networks as it has, and with noise at
the outputs of batch norm, too. That is not what the paper says, which prints equation 1 in sigma and leaves these
outputs out (section 4.2, about Table 1); of the readings that were tried it comes closest to its numbers (see *What the
variants say*, and [04](04_global_noise.ipynb): the MLP's numbers tell where noise goes, LeNet-5's are as close either
way). Elsewhere at inference only: the geometric mean of the noise levels at which the single networks are half way
down, by a search. Midpoints grow with the epochs ([13](13_how_long_to_train.ipynb)), so these stand in every row.

**The gradient.** The paper says that noise enters the forward path only; the code published with it differentiates
through multiplicative noise. Rows have this exact gradient unless they say otherwise.

**The paper's grid.** Networks that the paper trained for the same numbers, by the configuration files that its authors
published; where they say that there were 3 to 5 repeats, 3. Core-hours are at the pace of our runs. It is not known for
all rows, so what stands *beside the paper's grid*, and the share, is of the rows for which it is. Each network and each
run is counted once among *networks* and *core-hours*: for the numbers of the paper first, then for claims that need
more. Rows with a variant, which explain others, are not counted.

**The version.** All runs are of version {version} of what wn_ref computes (`wn_ref.version.ALGORITHM`{now}). Each names
its processor: processors round differently, so the same experiment on another one is a network that differs a little. A
campaign takes published runs as they are, whatever the processor, and runs only what is missing.
"""


EXCEPTIONS = """## What does not come out

Numbers of the paper that are not reproduced, and what came of experiments that change one thing. Where one of these has
the paper's number, what it changes may be the explanation; where two have it, but not together, at most one of them is.
"""
EXCEPTIONS_HEAD = ("row", "paper", "ours (95 % interval)", "ratio", "differs from the paper", "what else was tried")


COMPARISONS = """## What the variants say

Where the paper can be read in two ways, rows were run both ways: as the row has it, and with one thing changed. Rows
with other data or epochs than the paper's are left out. The deviation is the root mean square of ln(ours / paper) over
the rows that have a number both ways.
"""
COMPARISONS_HEAD = (
    "changed", "rows", "within 10 % as they stand", "within 10 % if changed", "closer to the paper if changed",
    "deviation as they stand", "deviation if changed",
)  # fmt: skip


def write_ledger(evidence: Evidence, results: Path, rows: Sequence[Row] | None = None) -> Path:
    """Write the page beside a folder of published tables, and return its path."""
    made = markdown([evidence.result(row) for row in (all_rows() if rows is None else rows)], results.name)
    path = page_beside(results)
    made_folder("results", path.parent)
    write_atomically(path, lambda part: part.write_text(made, encoding="utf-8"), "results")
    return path


def page_beside(results: Path) -> Path:
    """Return where the page of a folder of tables is; raise `InputError` if another file is there."""
    path = results.parent / NAME
    require_ours(path, INTRO.splitlines()[0], results)
    return path


def markdown(results: Sequence[RowResult], folder: str = "results") -> str:
    """Return the page.

    Parameters
    ----------
    results : sequence of RowResult
        One for each row, in their order.
    folder : str
        Where the tables are, for links.
    """
    parts = [_intro(results), "## What it took", "", *_table(TOTALS_HEAD, map(_cells, totals(results))), ""]
    if found := exceptions(results):
        parts += [EXCEPTIONS, *_table(EXCEPTIONS_HEAD, (_exception(*each) for each in found)), ""]
    if compared := comparisons(results):
        parts += [COMPARISONS, *_table(COMPARISONS_HEAD, map(_comparison, compared)), ""]
    for section in dict.fromkeys(result.row.section for result in results):
        same = [result for result in results if result.row.section == section]
        parts += [f"## {section}", "", *_table(HEAD, (line(result, folder) for result in same)), ""]
    return "\n".join(parts)


def line(result: RowResult, folder: str = "results") -> list[str]:
    """Return the cells of a row of the ledger, as in `HEAD`."""
    row, finding = result.row, result.finding
    ran = bool(result.runs)
    epochs = dict.fromkeys(str(e.epochs) for e in row.experiments)
    files = dict.fromkeys(f"[{d}-{m}.csv]({folder}/{d}-{m}.csv)" for d, m in used(result))
    more = [*files, f"[{row.notebook[:2]}]({row.notebook}.ipynb)"] if row.notebook else [*files]
    said = [*result.differs, *row.notes] if ran else [*row.notes]
    ratio = finding.value / row.paper
    return [
        f"{row.claim}<br>`{row.id}`",
        number(row.paper),
        ours(result),
        number(ratio),
        ", ".join(epochs) if ran else "",
        f"{result.networks:,}" if ran else "",
        f"{result.hours:.2f}" if ran else "",
        f"**{finding.verdict}**" if finding.verdict != NOT_RUN else NOT_RUN,
        "; ".join([*said, *more]),
    ]


def ours(result: RowResult) -> str:
    """Return our number with its interval, or what our runs say."""
    finding = result.finding
    if finding.verdict == NOT_RUN:
        return finding.says or (f"{counted(len(result.runs), 'run')} so far" if result.runs else "")
    parts = [number(finding.value)] if math.isfinite(finding.value) else []
    if math.isfinite(finding.low) and math.isfinite(finding.high):
        parts.append(f"({number(finding.low)} to {number(finding.high)})")
    text = " ".join(parts)
    return "; ".join(filter(None, [text, finding.says]))


def outcome(result: RowResult) -> str:
    """Return a row's outcome in one line, for the terminal."""
    paper = f", paper {number(result.row.paper)}" if math.isfinite(result.row.paper) else ""
    made = ", ".join(
        filter(None, [result.row.shorter, counted(result.networks, "network"), f"{result.hours:.2f} core-hours"])
    )
    return f"{ours(result)}{paper}: {result.finding.verdict} ({made})"


def number(value: float) -> str:
    """Return a number with three digits, empty for NaN."""
    return f"{value:.3g}" if math.isfinite(value) else ""


def used(result: RowResult) -> list[tuple[str, str]]:
    """Return (dataset, model) of the published runs of a result."""
    return list(dict.fromkeys((cells["dataset"], cells["model"]) for cells in result.runs))


def _intro(results: Sequence[RowResult]) -> str:
    versions = {cells["algorithm"] for result in results for cells in result.runs}
    version = next(iter(versions), str(ALGORITHM))
    now = "" if version == str(ALGORITHM) else f"; it is {ALGORITHM} now"
    most, most_at_one = Search.max_runs, WALK["max_runs"]
    return INTRO.format(rule=RULE, version=version, now=now, most=most, most_at_one=most_at_one)


def _exception(result: RowResult, tried: Sequence[RowResult]) -> list[str]:
    others = (f"{_changed(other)}: {ours(other)}, **{other.finding.verdict}**" for other in tried)
    ratio = number(result.finding.value / result.row.paper)
    differs = "; ".join(result.differs)
    return [
        f"`{result.row.id}`",
        number(result.row.paper),
        ours(result),
        ratio,
        differs,
        "<br>".join(others) or "nothing yet",
    ]


def _changed(variant: RowResult) -> str:
    """Return what a variant changes, on purpose and besides."""
    return "; ".join(filter(None, [variant.row.variant, variant.row.shorter]))


def _comparison(made: Contrast) -> list[str]:
    rows = f"{made.rows}" + (f"; without a number: {made.without}" if made.without else "")
    close = [f"{count} of {made.rows + made.without}" for count in (made.close, made.close_changed)]
    return [made.variant, rows, *close, f"{made.closer} of {made.rows}", f"{made.deviation:.1%}", f"{made.changed:.1%}"]


TOTALS_HEAD = (
    "campaign", *VERDICTS, "networks", "core-hours", "beside the paper's grid: networks", "beside it: core-hours",
    "the paper's grid: networks", "the paper's grid: core-hours", "share of networks",
)  # fmt: skip


def _cells(total: Total) -> list[str]:
    counts = [str(count or "") for count in total.verdicts.values()]
    ours = [f"{total.networks:,}", f"{total.hours:.1f}"] if total.networks else ["", ""]
    grid = [""] * 5
    if total.beside:
        beside, theirs = (
            (f"{total.beside:,}", f"{total.beside_hours:.1f}"),
            (f"{total.theirs:,}", f"{total.their_hours:.1f}"),
        )
        grid = [*beside, *theirs, f"1/{total.theirs / total.beside:.1f}"]
    return [f"{total.campaign}: {CAMPAIGNS[total.campaign]}", *counts, *ours, *grid]


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    rows = ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in lines]
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *rows]
