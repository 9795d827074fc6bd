"""`wn-ref status`: how far a sweep is."""

from __future__ import annotations

import time
from pathlib import Path

from wn_ref.cli.durations import duration
from wn_ref.cli.options import StoreArgument
from wn_ref.cli.reading import reading


def status(store: StoreArgument) -> None:
    """Print how many runs are done, which failed and why, and how far the latest sweep is.

    This works while a sweep is running, too.
    """
    with reading(store) as opened:
        now, failures = opened.status(), opened.failures()
    print(f"{now['done']} runs done, {now['failed']} failed")
    if now["started"] is not None:
        left = f"{now['remaining']} of {now['planned']} runs remaining"
        print(f"the latest sweep started {_ago(now['started'])} and {_state(store, now['remaining'])}: {left}")
    if now["rate"] and now["last"]:
        left = f", about {duration(now['remaining'] / now['rate'])} left" if now["remaining"] else ""
        print(f"latest result {_ago(now['last'])}; {60 * now['rate']:.3g} runs a minute{left}")
    for count, message in failures:
        print(f"{count} failed: {message}")


def _state(store: Path, remaining: int) -> str:
    """Say whether a sweep is running, as far as this process may know."""
    from wn_ref.store.file import path_of
    from wn_ref.store.lock import is_written_to

    running = is_written_to(path_of(store))
    if running is None:
        return "is running, was stopped or ended (its lock cannot be read)"
    return "is running" if running else "was stopped" if remaining else "ended"


def _ago(moment: float) -> str:
    return f"{duration(max(time.time() - moment, 0))} ago"
