"""Durations in words, as the commands print them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return a duration in the unit that suits it: "90 s", "3 min", "5 h", "4 days"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"
