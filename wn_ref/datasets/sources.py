"""From a data set's entry to the paths of its files, which are on this machine or are downloaded.

A file that is in none of the places of `wn_ref.datasets.places` is downloaded into the user's cache. A file that is
here already is compared with its publisher's checksum; if it differs, it is used all the same, with a warning.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path

from wn_ref.datasets.download import fetch
from wn_ref.datasets.entry import Entry, PublishedFile
from wn_ref.datasets.places import cache, find, places
from wn_ref.datasets.reading import decompressed
from wn_ref.errors import InputError

PUBLISHED = "as published"
RECOMPRESSED = "as published, but for its compression"
UNPACKED = "unpacked, so that no checksum applies"
DIFFERENT = "not the publisher's"


class DataWarning(UserWarning):
    """A warning about data: a file that may not be the publisher's, or features that cannot be kept."""


@dataclass(frozen=True)
class Found:
    """A file, or the folder that it unpacks to, on this machine.

    Attributes
    ----------
    path : Path
        Where it is.
    state : str
        PUBLISHED, RECOMPRESSED, UNPACKED or DIFFERENT: how it compares with what was published.
    """

    path: Path
    state: str


def paths_of(name: str, entry: Entry) -> list[Path]:
    """Return the paths of the files that `files_of` finds; warnings and errors are the same."""
    return [found.path for found in files_of(name, entry)]


def files_of(name: str, entry: Entry) -> list[Found]:
    """Find and examine a data set's files, in the order of its entry; absent files are downloaded.

    Warns
    -----
    DataWarning
        If a file is not the publisher's, or if this cannot be checked.

    Raises
    ------
    InputError
        If a file is absent and cannot be downloaded, if it is here in a form only that cannot be read, or if it cannot
        be opened.
    StorageError
        If a download cannot be written.
    """
    files = []
    for file in entry.files:
        if find(entry.folder, file) is None:
            _refuse_unreadable(name, entry, file)
        found = find_or_fetch(name, entry, file)
        if found.state in (DIFFERENT, UNPACKED):
            warnings.warn(f"{name}: {found.path} is used, but is {found.state}", DataWarning, stacklevel=4)
        files.append(found)
    return files


def _refuse_unreadable(name: str, entry: Entry, file: PublishedFile) -> None:
    """Say why files that are here are of no use, instead of downloading the others without a word."""
    for place in places(entry.folder):
        for other in file.unreadable:
            if (place / other).exists():
                got = f"{place / other}, a pickle (loading a pickle can run any code)"
                raise InputError(f"{name}: expected {file.name}, got {got}; download it by wn-ref data get {name}")


def find_or_fetch(name: str, entry: Entry, file: PublishedFile) -> Found:
    """Find and examine a file of a data set, or download it into the user's cache; errors are those of `files_of`."""
    path = find(entry.folder, file)
    if path is not None:
        return examine(path, file)
    return Found(fetch(name, file, cache() / entry.folder), PUBLISHED)


def examine(path: Path, file: PublishedFile) -> Found:
    """Compare a file, or the folder that it unpacks to, with what was published.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if path.is_dir():
        if not file.members:
            return Found(path, UNPACKED)
        if missing := [name for name, _ in file.members if not (path / name).exists()]:
            expected = ", ".join(name for name, _ in file.members)
            raise InputError(
                f"{path}: expected {expected} in it, got no {missing[0]}; delete the folder and fetch it again"
            )
        same = all(_digest(path / name, "sha256") == digest for name, digest in file.members)
        return Found(path, PUBLISHED if same else DIFFERENT)
    algorithm, _, digest = file.checksum.partition(":")
    if _digest(path, algorithm) == digest:
        return Found(path, PUBLISHED)
    if not file.content_md5:
        return Found(path, UNPACKED if path.name == file.unpacked else DIFFERENT)
    try:
        same = hashlib.md5(decompressed(path), usedforsecurity=False).hexdigest() == file.content_md5
    except InputError:
        same = False  # its reader will say what is wrong with it
    return Found(path, RECOMPRESSED if same else DIFFERENT)


def _digest(path: Path, algorithm: str) -> str:
    try:
        with path.open("rb") as raw:
            return hashlib.file_digest(raw, algorithm).hexdigest()
    except OSError as error:
        got = error.strerror or error
        raise InputError(
            f"{path}: expected a file that can be read, got {got}; check the file and its rights"
        ) from None
