"""Numbers of things in words, as all messages say them."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return "1 epoch", "5 epochs" or "2,000 epochs"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
