"""Data sets of your own on disk: an .npz file, or a folder of images."""

from __future__ import annotations

import os
import re
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from wn_ref.counted import counted
from wn_ref.datasets.catalog import CATALOG
from wn_ref.datasets.dataset import Dataset
from wn_ref.datasets.places import added, version_of
from wn_ref.datasets.reading import reading
from wn_ref.datasets.sources import DataWarning
from wn_ref.errors import InputError, require_choice
from wn_ref.files import write_atomically
from wn_ref.npz import BROKEN_NPZ

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
"""What an .npz file has to have."""
FACTS = ("classes", "mean", "std", "padding", "flip", "class_weights")
"""What it may have besides; see `Dataset`."""
IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
"""The endings of images in a folder."""
HELD_OUT = 5
"""Of a folder without a test part, every fifth image of each class is kept for the test."""


def added_names() -> list[str]:
    """Return the names that `wn-ref data add` has made known."""
    with reading(added(), "a folder that can be read", remedy="make it readable"):
        return sorted(file.stem for file in added().glob("[!.]*.npz"))


def add_dataset(name: str, source: str | Path, force: bool = False) -> Dataset:
    """Make a data set known by a name: copy it to where `own_dataset` finds it.

    Parameters
    ----------
    name : str
        Letters, digits, - and _.
    source : str or Path
        An .npz file or a folder of images.
    force : bool
        Whether to replace a data set that has this name.

    Returns
    -------
    Dataset
        What was read.

    Raises
    ------
    InputError
        If the name is taken or cannot be used, or the data set cannot be read.
    StorageError
        If the disk is full or fails.
    """
    if not name.replace("-", "").replace("_", "").isalnum() or name in CATALOG:
        raise InputError(f"name: expected letters, digits, - and _, no published name, got {name!r}; choose another")
    if Path(source).suffix != ".npz" and not Path(source).is_dir():
        raise InputError(f"source: expected an .npz file or a folder of images, got {str(source)!r}; choose another")
    file = added() / f"{name}.npz"
    if os.path.lexists(file) and not force:
        raise InputError(f"name: expected a new one, got {name!r}, which is known; choose another or add --force")
    data = own_dataset(source)

    def write(part: Path) -> None:
        part.parent.mkdir(parents=True, exist_ok=True)
        kept = {one: getattr(data, one) for one in (*ARRAYS, *FACTS)}
        np.savez_compressed(part, **{one: value for one, value in kept.items() if value is not None})

    write_atomically(file, write)
    return data


def read_npz(path: Path) -> Dataset:
    """Read a data set from an .npz file: train_images, train_labels, test_images, test_labels, as in `Dataset`.

    Images of shape (n, height, width) have one channel. The file may also have classes, mean, std, padding, flip and
    class_weights; by default classes are 0, 1, ..., and pixels are not normalised, but for their range of 0 to 1.

    Raises
    ------
    InputError
        If the file cannot be read, lacks an array or has one that nobody asks for, or an array cannot be used.
    """
    expected = f"dataset: expected an .npz file with {', '.join(ARRAYS)}, got {path}"
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = dict(file)
    except (*BROKEN_NPZ, TypeError) as error:  # the last of one array, with the name of an archive
        reason = getattr(error, "strerror", None) or "which is broken, no .npz file, or has Python objects in it"
        raise InputError(f"{expected}: {reason}; correct it") from None
    if missing := [name for name in ARRAYS if name not in arrays]:
        raise InputError(f"{expected} without {', '.join(missing)}; add what is missing")
    if unknown := sorted(arrays.keys() - {*ARRAYS, *FACTS}):
        raise InputError(f"{expected} with {', '.join(unknown)}, too; besides, it may have {', '.join(FACTS)}")
    facts = {name: arrays[name].tolist() for name in FACTS if name in arrays}
    return _dataset(path.stem, {name: arrays[name] for name in ARRAYS}, facts)


def read_folder(folder: Path) -> Dataset:
    """Read images from folder/train/CLASS/*.png and folder/test/CLASS/*.png, or from folder/CLASS/*.png.

    In the second case every fifth image of each class, in the order of their names, is kept for the test. All images
    have one size. They keep their colours if one of them is a colour image. Other files are left out, with a warning.

    Raises
    ------
    InputError
        If a class has no images, or none for the test, classes differ between the parts, one of the parts is missing,
        or images differ in size, are partly transparent, have more than 8 bits a channel, or cannot be read.
    """
    parts = [folder / "train", folder / "test"] if (folder / "train").is_dir() else [folder]
    if missing := [part.name for part in parts if not part.is_dir()]:
        raise InputError(f"dataset: expected train and test in {folder}, got no {missing[0]}; add it")
    beside = [path for path in _visible(folder) if path not in parts] if len(parts) == 2 else []
    by_part = [_classes(part, beside if part is parts[0] else []) for part in parts]
    names = tuple(by_part[0])
    for part, classes in zip(parts, by_part):
        if tuple(classes) != names or len(names) < 2:
            expected = f"a folder for each of two or more classes in {part}"
            raise InputError(f"dataset: expected {expected}, got {', '.join(classes) or 'none'}; correct it")
        if empty := [name for name, files in classes.items() if not files]:
            expected = f"images ({', '.join(IMAGES)}) in {part / empty[0]}"
            raise InputError(f"dataset: expected {expected}, got none; add some, or convert them")
        if few := [name for name, files in classes.items() if len(parts) == 1 and len(files) < HELD_OUT]:
            expected = f"{HELD_OUT} or more images in {part / few[0]}, of which every fifth is for the test"
            raise InputError(f"dataset: expected {expected}, got {len(classes[few[0]])}; add some")
    chosen: list[list[tuple[Path, int]]] = [[], []]
    for number, classes in enumerate(by_part):
        for label, files in enumerate(classes.values()):
            for position, file in enumerate(files):
                test = number if len(parts) == 2 else position % HELD_OUT == HELD_OUT - 1
                chosen[test].append((file, label))
    arrays: dict[str, np.ndarray] = {}
    for which, pairs in zip(("train", "test"), chosen):
        arrays[f"{which}_labels"] = np.array([label for _, label in pairs])
    images = _images([file for pairs in chosen for file, _ in pairs])
    arrays["train_images"], arrays["test_images"] = np.split(images, [len(chosen[0])])
    return _dataset(folder.resolve().name, arrays, {"classes": names})


def _dataset(name: str, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> Dataset:
    for part in ("train_images", "test_images"):
        if arrays[part].ndim == 3:
            arrays[part] = arrays[part][:, None]
    channels = arrays["train_images"].shape[1] if arrays["train_images"].ndim == 4 else 1
    labels = arrays["train_labels"]
    if "classes" not in facts and labels.size and labels.dtype.kind in "iu" and labels.max() >= max(labels.size, 256):
        expected = f"labels from 0 to the number of classes - 1 in {name}"
        raise InputError(f"dataset: expected {expected}, got {labels.max()}; correct it, or add classes")
    count = max(int(labels.max()) + 1, 1) if labels.size and labels.dtype.kind in "iu" else 1
    usual: dict[str, Any] = {
        "classes": tuple(map(str, range(count))),
        "mean": (0.0,) * channels,
        "std": (1.0,) * channels,
    }
    given: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in facts.items()}
    return Dataset(name, **(usual | arrays | given))


def _visible(folder: Path) -> list[Path]:
    with reading(folder, "a folder that can be read", remedy="make it readable"):
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _classes(folder: Path, others: list[Path]) -> dict[str, list[Path]]:
    """Return the images in each folder of a folder, in the order of their names; warn of `others` and the like."""
    files: dict[str, list[Path]] = {}
    others = [*others]
    for place in _visible(folder):
        found = _visible(place) if place.is_dir() else []
        if place.is_dir():
            files[place.name] = [file for file in found if _is_image(file)]
        others += [file for file in found if not _is_image(file)] if place.is_dir() else [place]
    if others:
        what = f"{counted(len(others), 'file')} of another kind or in another place, the first {others[0]}"
        message = f"dataset: expected images ({', '.join(IMAGES)}) in folders of classes, left out {what}"
        warnings.warn(f"{message}; convert or move what is an image", DataWarning, stacklevel=3)
    return files


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGES and path.is_file()


def _images(files: list[Path]) -> np.ndarray:
    """Read images of one size as uint8, (n, channels, height, width)."""
    from PIL import Image, UnidentifiedImageError

    arrays = []
    for file in files:
        broken = (UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError)
        with reading(f"dataset: {file}", "an image", *broken, remedy="remove or repair it"), Image.open(file) as image:
            if image.mode.startswith(("I", "F")) or re.search(";16[BLN]", str(image.tile)):
                raise InputError(f"dataset: expected 8 bits a channel, got more in {file}; convert it")
            if image.has_transparency_data and np.asarray(image.convert("RGBA"))[..., 3].min() < 255:
                raise InputError(f"dataset: expected an opaque image, got a transparent one in {file}; flatten it")
            grey = image.mode in ("1", "L", "LA")
            arrays.append(np.asarray(image.convert("L" if grey else "RGB")))
        if arrays[-1].shape[:2] != arrays[0].shape[:2]:
            sizes = " and ".join(f"{a.shape[1]} x {a.shape[0]}" for a in (arrays[0], arrays[-1]))
            raise InputError(f"dataset: expected images of one size, got {sizes} ({file.name}); scale them")
    if any(array.ndim == 3 for array in arrays):
        coloured = [np.repeat(array[..., None], 3, 2) if array.ndim == 2 else array for array in arrays]
        return np.stack(coloured).transpose(0, 3, 1, 2)
    return np.stack(arrays)[:, None]


def own_dataset(dataset: str | Path) -> Dataset:
    """Return the data set in a file or a folder, or the one that `wn-ref data add` has made known by a name.

    Raises
    ------
    InputError
        If there is none, or it cannot be used.
    """
    if not isinstance(dataset, str | Path):
        raise InputError(f"dataset: expected a name, a file or a folder, got {dataset!r}; give one of them")
    with reading(f"dataset: {dataset}", "a file or a folder that can be read", remedy="correct it or its rights"):
        known = added() / f"{dataset}.npz"
        named = isinstance(dataset, str) and Path(dataset).name == dataset and known.is_file()
        path = known if named else Path(dataset)
        if path.suffix == ".npz":
            return _read(str(path.resolve()), version_of(path) if path.exists() else ())
        if path.is_dir() and str(dataset) not in ("", "."):
            return _read_folder(str(path.resolve()), _state(path))
    require_choice("dataset", str(dataset), [*CATALOG, *added_names()])
    if str(dataset) in CATALOG:
        raise InputError(
            f"dataset: expected the name of a published data set as a str, got {dataset!r}; leave out Path"
        )
    raise InputError(f"dataset: expected a file or a folder, got {dataset}, which has gone; look for it")


@lru_cache(maxsize=2)
def _read(path: str, _: tuple) -> Dataset:
    return read_npz(Path(path))


@lru_cache(maxsize=2)
def _read_folder(path: str, _: tuple) -> Dataset:
    return read_folder(Path(path))


def _state(folder: Path) -> tuple:
    """Return what changes when a file in a folder does, also behind a folder that is a link."""
    files = sorted(path for depth in ("*/*", "*/*/*") for path in folder.glob(depth) if path.is_file())
    return tuple((str(path), *version_of(path)) for path in files)
