"""Midpoints of all curves in a table of runs, as lines of text: what they have in common, and one line for each."""

from __future__ import annotations

from wn_ref.cli.captions import title
from wn_ref.cli.walk_table import cell, reasons
from wn_ref.counted import counted
from wn_ref.lazy import pandas

RESULTS = ("midpoint", "low", "high", "kind", "a_min", "chi2", "dof", "highest", "reason", "seeds")
"""Columns of a table of midpoints that do not tell one curve from another."""


def curves(runs: pandas.DataFrame, scale: str) -> list[str]:
    """Fit every curve in a table of runs.

    Parameters
    ----------
    runs : pandas.DataFrame
        Rows of `wn_ref.sweep`.
    scale : "linear" or "log"
        Whether equation 1 is fitted in sigma or in ln sigma.

    Returns
    -------
    list of str
        What all curves have in common, one line for each curve with the settings that tell it from the others, and why
        midpoints are unknown.
    """
    from wn_ref.findings.robustness import midpoints

    fits = midpoints(runs, scale=scale)
    settings = [name for name in fits if name not in RESULTS]
    varied = [name for name in settings if fits[name].nunique(dropna=False) > 1]
    shown = fits[[name for name in settings if name in (*varied, "phase", "name")]]
    shown = shown.assign(midpoint=[cell(fit) for _, fit in fits.iterrows()])
    failed = int(runs["accuracy"].isna().sum())
    left_out = [f"left out: {counted(failed, 'run')} that failed"] if failed else []
    return [title(runs, varied=varied), *shown.to_string(index=False).splitlines(), *reasons(fits), *left_out]
