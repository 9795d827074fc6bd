"""Published runs, figures and the ledger as a table: the paper's experiments without training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wn_ref.lazy import pandas
from wn_ref.ledger import tables
from wn_ref.ledger.catalog import chosen_rows
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.places import published_results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def published_runs(folder: str | Path | None = None) -> pandas.DataFrame:
    """Return the published runs of the paper's experiments, one row a run.

    Parameters
    ----------
    folder : str or Path, optional
        The folder of the tables; by default tutorials/results of the repository.

    Returns
    -------
    pandas.DataFrame
        As `wn_ref.sweep` returns it; then `seconds`, `weight` and `quantised` (see `wn_ref.ledger.tables`), and the
        `version` of wn_ref and the `processor` that computed the run.

    Raises
    ------
    InputError
        If there is no such folder, or no published tables, as in an installed wheel (the message says how to get them),
        or a table is broken or of a newer version.

    Examples
    --------
    >>> import tempfile
    >>> import wn_ref as wn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(wn.published_runs(folder))
    0
    """
    return tables.frame(tables.read(_folder(folder)))


def published_ledger(
    *items: str, dataset: str | None = None, model: str | None = None, folder: str | Path | None = None
) -> pandas.DataFrame:
    """Return rows of the ledger: numbers and claims of the paper, ours beside them.

    Parameters
    ----------
    *items : str
        Each the beginning of a row's id up to a slash ("table1", "table4/mnist/mlp"), a campaign, "a" to "h", or
        "claims"; no item chooses all.
    dataset, model : str, optional
        Keep rows that have runs of this data set or model alone.
    folder : str or Path, optional
        As for `published_runs`.

    Returns
    -------
    pandas.DataFrame
        By `id`: `claim`; `paper`, `ours`, `low` and `high` (95 %), NaN where there is none; `verdict`; `says`, what the
        runs say in words; `differs`, in what they differ from the paper's; `networks` trained, and `hours` of a core.

    Raises
    ------
    InputError
        As for `published_runs`, or if there is no such row.

    Examples
    --------
    >>> import tempfile
    >>> import wn_ref as wn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     row = wn.published_ledger("table1/mnist/mlp/bn/additive", folder=folder).iloc[0]
    >>> print(row["paper"], row["verdict"])
    1.57 not run
    """
    evidence = Evidence(tables.read(_folder(folder)))
    results = [evidence.result(row) for row in chosen_rows(items, dataset, model)]
    table = [
        {
            "id": result.row.id,
            "claim": result.row.claim,
            "paper": result.row.paper,
            "ours": result.finding.value,
            "low": result.finding.low,
            "high": result.finding.high,
            "verdict": result.finding.verdict,
            "says": result.finding.says,
            "differs": "; ".join(result.differs),
            "networks": result.networks,
            "hours": result.hours,
        }
        for result in results
    ]
    return pandas.DataFrame(table).set_index("id")


def published_figure(number: int, folder: str | Path | None = None, **choice: Any) -> Figure:
    """Draw a figure of the paper from published runs.

    Parameters
    ----------
    number : int
        1, 2, 3, 5, 6, 8, 9, 10 or 11.
    folder : str or Path, optional
        As for `published_runs`.
    **choice
        dataset, model or batchnorm; by default the first network that there are runs of, the paper's own before others.

    Raises
    ------
    InputError
        As for `published_runs`, or if there are no runs for it; the message has the command that makes them.

    Examples
    --------
    >>> import tempfile
    >>> import wn_ref as wn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     wn.published_figure(8, folder)
    Traceback (most recent call last):
    ...
    wn_ref.errors.InputError: figure 8: expected published runs, got none; run `wn-ref reproduce figure8`
    """
    from wn_ref.ledger.drawn import draw

    return draw(number, Evidence(tables.read(_folder(folder))), **choice)


def _folder(folder: str | Path | None) -> Path:
    return published_results() if folder is None else tables.require_results(Path(folder))
