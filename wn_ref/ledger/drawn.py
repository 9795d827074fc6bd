"""The paper's figures, redrawn from published runs in seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wn_ref import figures
from wn_ref.errors import InputError, require_choice
from wn_ref.findings.robustness import curve, midpoint_as_printed, midpoint_of
from wn_ref.injection import ALL
from wn_ref.lazy import pandas
from wn_ref.ledger.catalog import all_rows
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.numbers import OWN_WAY, noisy_runs
from wn_ref.ledger.row import SILENT, Row
from wn_ref.ledger.search import Search
from wn_ref.reproduce import figure as of_runs
from wn_ref.reproduce.words import GRADIENTS, title, worded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NETWORK = ("dataset", "model", "batchnorm")


def draw(number: int, evidence: Evidence, **choice: Any) -> Figure:
    """Draw a figure of the paper from published runs.

    Parameters
    ----------
    number : int
        One of `FIGURES`.
    evidence : Evidence
        The published runs.
    **choice
        dataset, model or batchnorm; by default the first network that there are runs of, the paper's own before others.

    Raises
    ------
    InputError
        If there is no such figure, or no published runs for it; the message has the command that makes them.
    """
    require_choice("figure", number, FIGURES)
    start, make = FIGURES[number]
    for name, position in (("dataset", 0), ("model", 1)):
        if choice.get(name) is not None:
            require_choice(
                name, choice[name], dict.fromkeys(pair[position] for row in all_rows() for pair in row.networks)
            )
    chosen = [row for row in all_rows() if _is_chosen(row, choice)]
    rows = [row for name in start for row in chosen if row.id.split("/")[0] == name]
    drawn = make(number, rows, evidence, choice)
    if drawn is None:
        wanted = "".join(f" with {name} {value}" for name, value in choice.items() if value is not None)
        options = "".join(f" --{name} {choice[name]}" for name in ("dataset", "model") if choice.get(name) is not None)
        cure = f"run `wn-ref reproduce {start[0]}{options}`" if rows else "choose another network"
        raise InputError(f"figure {number}: expected published runs{wanted}, got none; {cure}")
    return drawn


def _is_chosen(row: Row, choice: dict[str, Any]) -> bool:
    return all(
        value is None or any(getattr(e, name) == value for e in row.experiments)
        for name, value in choice.items()
        if require_choice("choice", name, NETWORK)
    )


def _one_curve(_: int, rows: list[Row], evidence: Evidence, __: dict[str, Any]) -> Figure | None:
    """Figure 1: the paper's grid of one network, fitted as in its row.

    Additive noise, as in the paper's figure, comes before multiplicative noise, and noise in training before noise at
    inference only.
    """
    for row in sorted(rows, key=lambda row: "/multiplicative" in row.id):
        result = evidence.result(row)
        if row.plan and row.variant in ("", OWN_WAY) and result.finding.verdict not in SILENT:
            runs = noisy_runs(result.row, evidence)
            alike = (row.variant, GRADIENTS["exact"], *result.stand_ins)
            differs = "; ".join(part for part in result.differs if part not in alike)
            printed = row.variant == OWN_WAY
            fit = midpoint_as_printed(evidence.runs(result.row.plan)) if printed else midpoint_of(runs)
            noise = "multiplicative" if runs["sigma_mul"].any() else "additive"
            when = "at inference only" if runs["phase"].iloc[0] == "inference" else "in training"
            where = "all points" if runs["point"].iloc[0] == ALL else "global"
            name = title(runs, f"{noise} noise ({where}), {when}")
            return figures.midpoint(curve(runs), fit, "\n".join([name, *result.stand_ins]), row.paper, differs)
    return None


def _walks(_: int, rows: list[Row], evidence: Evidence, choice: dict[str, Any]) -> Figure | None:
    """Figures 2, 10 and 11: midpoints at all points, of the network that has most of them."""
    best: list[dict[str, Any]] = []
    asked = 0
    for network in dict.fromkeys(pair for row in rows for pair in row.networks):
        searches = [s for row in rows if network in row.networks for s in row.searches]
        searches = [s for s in dict.fromkeys(searches) if choice.get("batchnorm") in (None, s.batchnorm)]
        for epochs in (None, *evidence.epochs([network])):
            found = [row for s in searches if (row := _midpoint(s.at(epochs), evidence))]
            if len(found) > len(best):
                best, asked = found, len(searches)
    if not best:
        return None
    table = pandas.DataFrame(best)
    first = best[0]["search"].template
    words = [worded("model", first.model), str(first.dataset), worded("epochs", first.epochs)]
    so_far = f", {len(best)} of {asked} midpoints so far" if len(best) < asked else ""
    return figures.walking(table, f"{', '.join(words)}\nwalking additive noise{so_far}")


def _midpoint(search: Search, evidence: Evidence) -> dict[str, Any] | None:
    answer = evidence.answer(search)
    if not answer.complete:
        return None
    estimate, point = answer.estimate, search.template.point
    kind = "measured" if estimate.midpoint > 0 else estimate.kind
    low, high = estimate.interval
    row = {name: getattr(search, name) for name in ("batchnorm", "clamp", "phase")}
    row |= {"point": point, "name": search.template.points[int(point)], "search": search}
    return row | {"midpoint": estimate.midpoint, "low": low, "high": high, "kind": kind}


def _sweeps(number: int, rows: list[Row], evidence: Evidence, _: dict[str, Any]) -> Figure | None:
    """Figures 3, 5, 6, 8 and 9: the runs of sweeps; of several networks where the figure compares them."""
    parts = []
    for row in rows:
        result = evidence.result(row)
        if row.plan and result.finding.verdict not in SILENT:
            parts.append(evidence.runs(result.row.plan))
            if number not in (5, 9):
                break
    if not parts:
        return None
    runs = pandas.concat(parts, ignore_index=True).astype({"executions": object})
    return of_runs(
        number, runs.drop_duplicates([*NETWORK, "sigma_mul", "sigma_add", "first", "point", "seed", "epochs"])
    )


Make = Callable[[int, list[Row], Evidence, dict[str, Any]], "Figure | None"]
FIGURES: dict[int, tuple[tuple[str, ...], Make]] = {
    1: (("figure1", "grid", "table4"), _one_curve),
    2: (("figure2",), _walks),
    3: (("figure3",), _sweeps),
    5: (("figure5",), _sweeps),
    6: (("figure6",), _sweeps),
    8: (("figure8",), _sweeps),
    9: (("figure9",), _sweeps),
    10: (("figure10",), _walks),
    11: (("figure11",), _walks),
}
"""For each figure the beginnings of the rows whose runs it shows, and what draws it."""
