"""The facts about a data set and about the files in which it is published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wn_ref.datasets.train_test import TrainTest


@dataclass(frozen=True)
class PublishedFile:
    """A file as its publisher offers it.

    Attributes
    ----------
    name : str
        Name of the file.
    size : int
        In bytes.
    checksum : str
        "md5:..." or "sha256:...".
    url : str
        The address from which the file is downloaded.
    unpacked : str
        Name of the file or folder that decompressing or unpacking makes of it; "" if there is none.
    other_names : tuple of str
        Other paths at which people have the unpacked file, relative to the data set's folder.
    unreadable : tuple of str
        What is offered beside the file with the same content, but cannot be read; a data set that is here in this form
        only is refused.
    content_md5 : str
        MD5 of the decompressed content of a .gz file. It still identifies the file after somebody compressed it again.
    members : tuple of (str, str)
        Name and SHA-256 of each file in the unpacked folder, where these are known.
    """

    name: str
    size: int
    checksum: str
    url: str
    unpacked: str = ""
    other_names: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    content_md5: str = ""
    members: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Entry:
    """The facts about a data set.

    Attributes
    ----------
    title : str
        Its usual name.
    folder : str
        Name of the folder that holds its files, in each of the places where files are looked for.
    files : tuple of PublishedFile
        Empty if the data set comes with this package or with a library.
    read : callable
        Reads images and labels from the paths of the files.
    shape : tuple of int
        (channels, height, width) of an image, or (1, coefficients, frames) of a speech clip.
    train_size, test_size : int
        Number of images in each part.
    classes : tuple of str
        Names of the classes.
    licence : str
        In a few words.
    mean, std, padding, flip
        See `Dataset`.
    class_weights : callable, optional
        Computes the weights of the classes in the loss from the labels of the training part.
    most_frequent : int
        Test images of the most frequent class; 0 if all classes are equally frequent.
    """

    title: str
    folder: str
    files: tuple[PublishedFile, ...]
    read: Callable[[list[Path]], TrainTest]
    shape: tuple[int, int, int]
    train_size: int
    test_size: int
    classes: tuple[str, ...]
    licence: str
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    padding: int = 0
    flip: bool = False
    class_weights: Callable[[np.ndarray], tuple[float, ...]] | None = None
    most_frequent: int = 0

    @property
    def guess(self) -> float:
        """The best accuracy of a network that gives all images the same class."""
        return max(1 / len(self.classes), self.most_frequent / self.test_size)
