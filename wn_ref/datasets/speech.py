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

import io
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from wn_ref.datasets.features import cached
from wn_ref.datasets.mfcc import RATE, Clip
from wn_ref.datasets.reading import archive_members, damaged, reading
from wn_ref.datasets.subset import stratified
from wn_ref.datasets.train_test import TrainTest
from wn_ref.random import AUGMENT, uniform

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
    test = np.sort(stratified(labels, max(1, round(TEST_SHARE * len(labels))), seed=0))
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
    """
    held_out, noises = _lists_and_noises(path)
    for file, noise in noises.items():
        if file != VALIDATION_NOISE:
            for start in range(0, len(noise) - RATE + 1, RATE // 2):
                yield Clip(f"{NOISES}/{file}@{start}", SILENCE, noise[start : start + RATE])
    for name, content in sounds(path):
        folder, _, file = name.rpartition("/")
        if file.endswith(".wav") and folder != NOISES and name not in held_out:
            label = WORDS.index(folder) if folder in WORDS else UNKNOWN
            yield Clip(name, label, content, _background(name, list(noises.values())))


def _lists_and_noises(path: Path) -> tuple[set[str], dict[str, np.ndarray]]:
    """Return the names of the clips that are not for training, and the samples of the background noises by name."""
    import soundfile

    held_out: set[str] = set()
    lists, noises = [], {}
    for name, content in sounds(path):
        folder, _, file = name.rpartition("/")
        if file in LISTS:
            lists.append(file)
            held_out.update(content.decode().split())
        elif folder == NOISES and file.endswith(".wav"):
            with reading(name, "a WAV file", soundfile.SoundFileError):
                noises[file] = soundfile.read(io.BytesIO(content), dtype="float32")[0]
            if noises[file].ndim != 1 or len(noises[file]) < RATE:
                got = f"an array of shape {noises[file].shape}"
                raise damaged(name, f"one channel with at least {RATE} samples", got)
    missing = [name for name in LISTS if name not in lists] or ([] if noises else [NOISES])
    if missing:
        raise damaged(path, f"{', '.join(LISTS)} and {NOISES}", f"no {missing[0]}")
    return held_out, dict(sorted(noises.items()))


def _background(name: str, noises: list[np.ndarray]) -> np.ndarray | None:
    """Return the noise that is added to a clip, or None: a function of the clip's name."""
    share, which, where, volume = uniform(4, seed=0, point=AUGMENT, step=zlib.crc32(name.encode()))
    if share >= NOISY_SHARE:
        return None
    noise = noises[int(which * len(noises))]
    start = int(where * (len(noise) - RATE + 1))
    return np.float32(volume * LOUDEST) * noise[start : start + RATE]
