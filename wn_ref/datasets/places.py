"""Where on this machine the files of the data sets are looked for.

There are three places, in this order: the folder that the environment variable WN_REF_DATA names, the folder of
Debian's package `dataset-fashion-mnist`, and the user's cache. The first and the last of them hold one folder for each
data set, such as `mnist`.
"""

from __future__ import annotations

import os
from pathlib import Path

from wn_ref.datasets.entry import PublishedFile

VARIABLE = "WN_REF_DATA"
"""The environment variable that names a folder with the user's own files."""
DEBIAN = {"fashion_mnist": Path("/usr/share/datasets/fashion-mnist")}


def cache() -> Path:
    """Return the user's cache, which holds downloads and the features that were computed from them."""
    import pooch

    return Path(pooch.os_cache("wn_ref"))


def places(folder: str) -> list[Path]:
    """Return where the files of a data set are looked for, in order."""
    own = os.environ.get(VARIABLE)
    return [
        *([Path(own).expanduser() / folder] if own else []),
        *([DEBIAN[folder]] if folder in DEBIAN else []),
        cache() / folder,
    ]


def find(folder: str, file: PublishedFile) -> Path | None:
    """Return the first path at which a file, or what it unpacks to, exists; None if there is none."""
    for place in places(folder):
        for name in (file.name, file.unpacked):
            if name and (place / name).exists():
                return place / name
    return None
