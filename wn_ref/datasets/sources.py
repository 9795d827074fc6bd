"""Where a publisher's files are: on this machine, or to be downloaded.

In this order: the folder that the environment variable WN_REF_DATA names, the repository's `datasets/`, Debian's
package dataset-fashion-mnist, the user's cache; what is in none of them is downloaded into the cache. In each, a data
set's files are looked for in a folder of its own, such as `mnist`.
"""

from __future__ import annotations

import hashlib
import os
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wn_ref.datasets import idx, sample
from wn_ref.errors import InputError

if TYPE_CHECKING:
    from wn_ref.datasets.catalog import Entry, PublishedFile

VARIABLE = "WN_REF_DATA"
DEBIAN = {"fashion_mnist": Path("/usr/share/datasets/fashion-mnist")}
TIMEOUT = 30
"""Seconds without a byte after which a download is given up."""
RETRIES = 2

PUBLISHED = "as published"
RECOMPRESSED = "as published, compressed again"
UNPACKED = "unpacked, so that no checksum applies"
DIFFERENT = "not the publisher's"


class DataWarning(UserWarning):
    """A file that is usable, but not known to be the publisher's."""


@dataclass(frozen=True)
class Found:
    """A file, or the folder that it unpacks to, on this machine."""

    path: Path
    state: str


def cache() -> Path:
    """The user's cache: downloads, and features computed from them."""
    import pooch

    return Path(pooch.os_cache("wn_ref"))


def places(folder: str) -> list[Path]:
    """Where the files of a data set are looked for, in order."""
    elsewhere = os.environ.get(VARIABLE)
    return [
        *([Path(elsewhere).expanduser() / folder] if elsewhere else []),
        sample.FOLDER / folder,
        *([DEBIAN[folder]] if folder in DEBIAN else []),
        cache() / folder,
    ]


def find(folder: str, file: PublishedFile) -> Path | None:
    """Return the first place that has a file or what it unpacks to, or None."""
    for place in places(folder):
        for name in (file.name, file.unpacked):
            if name and (place / name).exists():
                return place / name
    return None


def examine(path: Path, file: PublishedFile) -> Found:
    """Compare a file with what its publisher says of it."""
    if path.is_dir():
        same = [_digest(path / name, "sha256") == digest for name, digest in file.members]
        return Found(path, UNPACKED if not same else PUBLISHED if all(same) else DIFFERENT)
    algorithm, _, digest = file.checksum.partition(":")
    if _digest(path, algorithm) == digest:
        return Found(path, PUBLISHED)
    if not file.content_md5:
        return Found(path, UNPACKED if path.name == file.unpacked else DIFFERENT)
    try:
        same = hashlib.md5(idx.content(path), usedforsecurity=False).hexdigest() == file.content_md5
    except (InputError, zlib.error):
        same = False  # its reader will say what is wrong with it
    return Found(path, RECOMPRESSED if same else DIFFERENT)


def _digest(path: Path, algorithm: str) -> str:
    try:
        with path.open("rb") as raw:
            return hashlib.file_digest(raw, algorithm).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: expected a file that can be read, got {error.strerror}; see to it") from None


def locate(name: str, entry: Entry) -> list[Path]:
    """Return the paths of a data set's files, downloading those that are absent.

    Warns
    -----
    DataWarning
        If a file is not known to be the publisher's.

    Raises
    ------
    InputError
        If a file is neither here nor to be had.
    """
    paths = []
    for file in entry.files:
        path = find(entry.folder, file)
        found = examine(path, file) if path else fetch(name, entry.folder, file)
        if found.state in (DIFFERENT, UNPACKED):
            warnings.warn(f"{name}: {found.path} is used, but is {found.state}", DataWarning, stacklevel=4)
        paths.append(found.path)
    return paths


def fetch(name: str, folder: str, file: PublishedFile) -> Found:
    """Download a file into the cache, with a progress bar; it appears there only if its checksum is right.

    Raises
    ------
    InputError
        If it cannot be had, is not what was published, or cannot be written.
    """
    import pooch
    import requests

    target = cache() / folder / file.name
    pooch.get_logger().setLevel("WARNING")
    expected = f"{name}: expected to download {file.url} to {target.parent}"
    otherwise = f"or put the file into a folder {folder} of the one that {VARIABLE} names"
    try:
        registry = {"registry": {file.name: file.checksum}, "urls": {file.name: file.url}}
        pup = pooch.create(target.parent, base_url="", retry_if_failed=RETRIES, **registry)
        pup.fetch(file.name, downloader=pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT))
    except (requests.exceptions.RequestException, ValueError) as error:
        raise InputError(f"{expected}, got {_reason(error)}; check the network, {otherwise}") from None
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{expected}, got {reason}; make room or set XDG_CACHE_HOME, {otherwise}") from None
    return Found(target, PUBLISHED)


def _reason(error: Exception) -> str:
    """What went wrong with a download, in a few words."""
    import requests

    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP status {response.status_code}"
    if isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error):
        return f"nothing for {TIMEOUT} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "less than was announced"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "no connection"
    return "a file with another checksum" if "hash" in str(error).lower() else str(error).splitlines()[0]
