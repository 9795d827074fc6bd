"""Google Speech Commands v2 in 12 classes: ten words, silence, unknown.

(P. Warden, "Speech commands: a dataset for limited-vocabulary speech recognition", arXiv:1804.03209, 2018.)

The test part is the publisher's test set, whose folders name the 12 classes. The training part is the publisher's main
archive without the clips of its validation and testing lists. In it, all words but the ten are "unknown". "Silence" is
cut from the files of background noise: one-second pieces, one starting every half second (running_tap.wav is left out,
because it is for validation).

Background noise is added to 80 % of the words, at a volume uniform in 0 to 0.1. Which piece is added at which volume is
a function of the clip's name. It is the same in every epoch, so that features need to be computed only once.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from wn_ref.datasets.features import cached
from wn_ref.datasets.mfcc import RATE, Clip, read_wav
from wn_ref.datasets.reading import archive_members, damaged, reading
from wn_ref.datasets.sources import DataWarning
from wn_ref.datasets.subset import stratified
from wn_ref.datasets.train_test import TrainTest
from wn_ref.random import BACKGROUND, SPLIT, uniform

WORDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
CLASSES = (*WORDS, "silence", "unknown")
SILENCE, UNKNOWN = len(WORDS), len(WORDS) + 1
NOISES = "_background_noise_"
VALIDATION_NOISE = "running_tap.wav"
LISTS = ("validation_list.txt", "testing_list.txt")
NOISY_SHARE, LOUDEST = 0.8, 0.1
TEST_SHARE = 0.2
"""Share of the clips of `gsc_test_set` that form its test part."""


def read(paths: list[Path]) -> TrainTest:
    """Read the main archive and the test set, which may be archives or folders."""
    main, test = paths
    train_features, train_labels, _ = cached("gsc", [main], lambda: training_clips(main))
    test_features, test_labels, _ = cached("gsc_test_set", [test], lambda: test_clips(test))
    return TrainTest(train_features, train_labels, test_features, test_labels)


def read_test_set(paths: list[Path]) -> TrainTest:
    """Read the test set, an archive or a folder, and divide it: a fifth of every class goes to the test part."""
    (path,) = paths
    x, labels, _ = cached("gsc_test_set", paths, lambda: test_clips(path))
    test = np.sort(stratified(labels, max(1, round(TEST_SHARE * len(labels))), seed=0, step=SPLIT))
    train = np.setdiff1d(np.arange(len(labels)), test)
    return TrainTest(x[train], labels[train], x[test], labels[test])


def class_weights(labels: np.ndarray) -> tuple[float, ...]:
    """Return the weights of the classes in the loss: w_k ~ 1 - frequency_k, "unknown" divided by 3.6, sum 1."""
    weights = 1 - np.bincount(labels, minlength=len(CLASSES)) / len(labels)
    weights[UNKNOWN] /= 3.6
    return tuple(float(weight) for weight in weights / weights.sum())


def sounds(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield FOLDER/FILE and the content of every file in an archive or a folder; at the top there is no FOLDER."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                with reading(file, "a file that can be read"):
                    content = file.read_bytes()
                yield "/".join(file.relative_to(path).parts[-2:]), content
    else:
        for name, content in archive_members(path):
            yield "/".join(Path(name).parts[-2:]), content


def test_clips(path: Path) -> Iterator[Clip]:
    """Yield the clips of the publisher's test set.

    Raises
    ------
    InputError
        If a folder is not named after a class.
    """
    labels = {"_silence_": SILENCE, "_unknown_": UNKNOWN} | {word: k for k, word in enumerate(WORDS)}
    for name, content in sounds(path):
        folder, _, file = name.rpartition("/")
        if not file.endswith(".wav"):
            continue
        if folder not in labels:
            raise damaged(path, f"folders {', '.join(labels)}", repr(folder))
        yield Clip(name, labels[folder], content)


def examples(path: Path) -> list[Clip]:
    """Return the first clip of each class in the publisher's test set."""
    first: dict[int, Clip] = {}
    for clip in test_clips(path):
        first.setdefault(clip.label, clip)
        if len(first) == len(CLASSES):
            break
    return [first[label] for label in sorted(first)]


def training_clips(path: Path) -> Iterator[Clip]:
    """Yield the pieces of background noise that are "silence", and then the words of the publisher's training part.

    Raises
    ------
    InputError
        If a list of held-out clips or the background noise is missing or damaged.

    Warns
    -----
    DataWarning
        If some of the held-out clips are not here, which may mean that other clips are missing, too.
    """
    words, lists, noises = _contents(path)
    held_out = {name for file in LISTS for name in _listed(path, file, lists[file], words)}
    for file, noise in noises.items():
        if file != VALIDATION_NOISE:
            for start in range(0, len(noise) - RATE + 1, RATE // 2):
                yield Clip(f"{NOISES}/{file}@{start}", SILENCE, noise[start : start + RATE])
    for name, content in sounds(path):
        if name in words and name not in held_out:
            folder = name.partition("/")[0]
            label = WORDS.index(folder) if folder in WORDS else UNKNOWN
            yield Clip(name, label, content, _background(name, list(noises.values())))


def _contents(path: Path) -> tuple[set[str], dict[str, bytes], dict[str, np.ndarray]]:
    """Return the names of the words' clips, the lists by name, and the samples of the background noises by name."""
    words: set[str] = set()
    lists: dict[str, bytes] = {}
    noises: dict[str, np.ndarray] = {}
    for name, content in sounds(path):
        folder, _, file = name.rpartition("/")
        if file in LISTS:
            lists[file] = content
        elif file.endswith(".wav") and folder == NOISES:
            noises[file] = _noise(name, content)
        elif file.endswith(".wav"):
            words.add(name)
    missing = [name for name in LISTS if name not in lists] or ([] if noises else [NOISES])
    if missing:
        raise damaged(path, f"{', '.join(LISTS)} and {NOISES}", f"no {missing[0]}")
    return words, lists, dict(sorted(noises.items()))


def _noise(name: str, content: bytes) -> np.ndarray:
    """Return the samples of a file of background noise, of any length from one second on."""
    samples, rate = read_wav(name, content)
    if rate != RATE or samples.shape[1] != 1 or len(samples) < RATE or not np.isfinite(samples).all():
        expected = f"one channel with at least {RATE} finite samples at {RATE} Hz"
        raise damaged(name, expected, f"an array of shape {samples.shape} at {rate} Hz")
    return samples[:, 0]


def _listed(path: Path, file: str, content: bytes, words: set[str]) -> set[str]:
    """Return the clips that a list names, in whatever way the system that wrote it writes paths.

    A list that was misunderstood would put clips that are held out into the training part. Therefore its names have to
    be those of clips that are here.
    """
    with reading(file, "a list of names in UTF-8", UnicodeError):
        lines = content.decode("utf-8-sig").replace("\\", "/").splitlines()
    names = {"/".join(PurePosixPath(line.strip()).parts[-2:]) for line in lines if line.strip()}
    absent = sorted(names - words)
    if len(absent) == len(names):
        got = f"no clip that is here, but {absent[0]!r}" if absent else "an empty list"
        raise damaged(path, f"names of clips, such as 'yes/0a7c2a8d_nohash_0.wav', in {file}", got)
    if absent:
        message = f"{path}: {len(absent)} of the {len(names)} clips in {file} are not here, such as {absent[0]}"
        warnings.warn(message, DataWarning, stacklevel=2)
    return names


def _background(name: str, noises: list[np.ndarray]) -> np.ndarray | None:
    """Return the noise that is added to a clip, or None: a function of the clip's name."""
    share, which, where, volume = uniform(4, seed=0, point=BACKGROUND, step=zlib.crc32(name.encode()))
    if share >= NOISY_SHARE:
        return None
    noise = noises[int(which * len(noises))]
    start = int(where * (len(noise) - RATE + 1))
    return np.float32(volume * LOUDEST) * noise[start : start + RATE]
