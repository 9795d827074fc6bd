"""The table that `wn-ref walk` prints: one line for each injection point."""

from __future__ import annotations

from wn_ref.lazy import pandas


def table(fits: pandas.DataFrame, show_floor: bool = False) -> list[str]:
    """Lay out midpoints of injection points as lines of text.

    Parameters
    ----------
    fits : pandas.DataFrame
        Of `wn_ref.findings.robustness.midpoints`, by phase and point.
    show_floor : bool
        Whether to add the accuracy that is left under the largest noise, which multiplicative noise need not bring
        down to guessing.

    Returns
    -------
    list of str
        A head, and for each point its number, name, midpoint in each phase, and highest accuracy.
    """
    phases = [phase for phase in ("inference", "training") if phase in set(fits["phase"])]
    width = 38 if show_floor else 24
    lines = ["point  name    " + "".join(f"{f'noise in {phase}':<{width}}" for phase in phases) + "highest accuracy"]
    for (point, name), same in fits.groupby(["point", "name"]):
        cells = [cell(same[same["phase"] == phase].iloc[0], show_floor) for phase in phases]
        highest = f"{same['highest'].max():8.1%}"
        lines.append(f"{point:5}  {name:<8}" + "".join(f"{cell:<{width}}" for cell in cells) + highest)
    return lines


def reasons(fits: pandas.DataFrame) -> list[str]:
    """Return a line for each midpoint of which `midpoints` says why it is unknown."""
    unknown = fits[fits["reason"] != ""]
    return [f"{fit['name']}, noise in {fit['phase']}: {fit['reason']}" for _, fit in unknown.iterrows()]


def cell(fit: pandas.Series, show_floor: bool = False) -> str:
    """Return a midpoint with its interval, a bound, or "unknown"; see `table` for `show_floor`."""
    if fit["kind"] == "measured":
        end = f", ends at {fit['a_min']:.0%}" if show_floor else ""
        return f"{fit['midpoint']:.3g} ({fit['low']:.3g} to {fit['high']:.3g}){end}"
    return {"lower bound": f"> {fit['low']:.3g}", "upper bound": f"< {fit['high']:.3g}"}.get(fit["kind"], "unknown")
