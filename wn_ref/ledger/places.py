"""Where published tables are: in a clone of the repository, beside the tutorials; and whose a place is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from html import unescape
from pathlib import Path

from wn_ref.errors import InputError
from wn_ref.folders import made_folder
from wn_ref.ledger.tables import tables_in

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]

IN_CLONE = Path("tutorials") / "results"
LINK = re.compile(r'\[([\w-]+\.csv)\]\((.*?)/\1\)|<a href="([^"]*)/([\w-]+\.csv)">\4</a>')
"""The link to a table on a page of Markdown or HTML; the folder is the second group, or the third."""


def default_results() -> Path:
    """Return where new tables go: tutorials/results in a clone of the repository, else reproduction/results."""
    return IN_CLONE if Path("tutorials").is_dir() else Path("reproduction") / "results"


def published_results() -> Path:
    """Return the folder of the tables that come with the repository.

    Raises
    ------
    InputError
        If there are none: an installed wheel does not have them.
    """
    for folder in (default_results(), Path(__file__).parents[2] / IN_CLONE):
        if tables_in(folder):
            return folder
    raise InputError(
        f"results: expected published tables in {IN_CLONE}, got none; clone the repository and work in it, or run "
        "wn-ref reproduce"
    )


def require_ours(page: Path, start: str, folder: Path) -> None:
    """Raise `InputError` if a page would replace a file that is no earlier page of a folder of tables.

    It begins like this, and its links are to this folder; a page without runs has none, and may be replaced.
    """
    try:
        found = page.read_bytes().decode()
    except (FileNotFoundError, NotADirectoryError):  # there is none, or nowhere to write it: whoever writes says so
        return
    except (OSError, UnicodeDecodeError) as error:
        found = str(error)
    if not found.startswith(start):
        got = next(iter(found[: len(start)].splitlines()), "")
        raise InputError(f"results: expected {page} to be an earlier ledger, got {got!r}; move it away")
    link = LINK.search(found)
    theirs = link and page.parent / (link[2] if link[3] is None else unescape(link[3]))
    if theirs and theirs.resolve() != folder.resolve():
        raise InputError(
            f"results: expected {page} to be the page of {folder}, got that of {theirs}; choose a folder elsewhere or, "
            f"if {theirs.name} is now called {folder.resolve().name}, move {page.stem}.md and {page.stem}.html away"
        )


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process publishes in a folder, and keep others waiting meanwhile; make it if need be.

    The lock is on the folder itself, so that there is no file to be seen or left, and it ends with the process, however
    that ends. Where there is no such lock (Windows, some network drives), this does nothing; nor if the process may not
    read the folder: whatever is written says so.
    """
    made_folder("results", folder)
    with ExitStack() as opened:
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            opened.callback(os.close, descriptor)
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
