"""`wn-ref status`: how far a sweep is."""

from __future__ import annotations

import time

from wn_ref.cli.durations import duration
from wn_ref.cli.options import StoreArgument


def status(store: StoreArgument) -> None:
    """Print how many runs are done, which failed and why, and how far the latest sweep is.

    This works while a sweep is running, too.
    """
    from wn_ref.store.file import is_written_to
    from wn_ref.store.store import open_store

    with open_store(store) as opened:
        now, failures = opened.status(), opened.failures()
    print(f"{now['done']} runs done, {now['failed']} failed")
    if now["started"] is not None:
        state = "is running" if is_written_to(store) else "ended" if now["remaining"] == 0 else "was stopped"
        left = f"{now['remaining']} of {now['planned']} runs remaining"
        print(f"the latest sweep started {_ago(now['started'])} and {state}: {left}")
    if now["rate"] and now["last"]:
        left = f", about {duration(now['remaining'] / now['rate'])} left" if now["remaining"] else ""
        print(f"latest result {_ago(now['last'])}; {60 * now['rate']:.3g} runs a minute{left}")
    for count, message in failures:
        print(f"{count} failed: {message}")


def _ago(moment: float) -> str:
    return f"{duration(max(time.time() - moment, 0))} ago"
