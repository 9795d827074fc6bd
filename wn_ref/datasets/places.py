"""Where on this machine the files of the data sets are looked for.

There are three places, in this order: the folder that the environment variable WN_REF_DATA names, the folder of
Debian's package `dataset-fashion-mnist`, and the user's cache. The first and the last of them hold one folder for each
data set, such as `mnist`. In the first, the layouts of other programs are found, too, such as torchvision's
`MNIST/raw`.
"""

from __future__ import annotations

import os
from pathlib import Path

from wn_ref.datasets.entry import PublishedFile
from wn_ref.datasets.reading import reading
from wn_ref.errors import InputError

VARIABLE = "WN_REF_DATA"
"""The environment variable that names a folder with the user's own files."""
LAYOUTS = {
    "mnist": ("mnist", "mnist/MNIST/raw", "MNIST/raw"),
    "fashion_mnist": ("fashion_mnist", "fashion_mnist/FashionMNIST/raw", "FashionMNIST/raw"),
    "gsc": ("gsc", "gsc/SpeechCommands", "SpeechCommands", ""),
    "cifar10": ("cifar10", ""),
    "svhn": ("svhn", ""),
}
"""The folders of a data set inside of the user's own: the usual one, and those that torchvision and torchaudio make."""
DEBIAN = {"fashion_mnist": Path("/usr/share/datasets/fashion-mnist")}


def cache() -> Path:
    """Return the user's cache, which holds downloads and the features that were computed from them."""
    import pooch

    return Path(pooch.os_cache("wn_ref"))


def added() -> Path:
    """Return the folder of what `wn-ref data add` has made known: in the folder that the user names, if there is one.

    Raises
    ------
    InputError
        As for `own_folder`.
    """
    return (own_folder() or cache()) / "added"


def own_folder() -> Path | None:
    """Return the folder that the user names in the environment; None if there is none.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise InputError(f"{VARIABLE}: expected a folder with data sets, got {named!r}; make it or unset the variable")
    return folder


def places(folder: str) -> list[Path]:
    """Return where the files of a data set are looked for, in order; errors are those of `own_folder`."""
    own = own_folder()
    return [
        *([own / layout for layout in LAYOUTS.get(folder, (folder,))] if own else []),
        *([DEBIAN[folder]] if folder in DEBIAN else []),
        cache() / folder,
    ]


def find(folder: str, file: PublishedFile) -> Path | None:
    """Return the first path at which a file, or what it unpacks to, exists; None if there is none.

    Raises
    ------
    InputError
        If the user's own folder does not exist, or this process may not look into a folder.
    """
    for place in places(folder):
        with reading(place, "a folder that can be read", remedy="make it readable"):
            for name in (file.name, *file.other_names, file.unpacked):
                if name and (place / name).exists():
                    return place / name
    return None


def version_of(path: Path) -> tuple[int, ...]:
    """Return what changes when a file does, also if it is replaced by one of the same age and size."""
    state = path.stat()
    return state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino
