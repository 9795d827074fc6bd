"""Google Speech Commands v2 in 12 classes: ten words, silence, unknown.

(P. Warden, "Speech commands: a dataset for limited-vocabulary speech recognition", arXiv:1804.03209, 2018.)

The test part is the publisher's test set, whose folders name the 12 classes. The training part is the publisher's
main archive without the clips of its validation and testing lists. There every other word is "unknown"; "silence" is
one-second cuts, half a second apart, of the files of background noise (but running_tap.wav, which is left for
validation). On 80 % of the words background noise is laid, at a volume uniform in 0 to 0.1. Which cut at which volume
is a function of the clip's name, the same in every epoch, so that features are computed once.
"""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from wn_ref.datasets.dataset import stratified
from wn_ref.datasets.features import cached
from wn_ref.datasets.mfcc import RATE, Clip
from wn_ref.datasets.parts import Parts, reading
from wn_ref.datasets.tar import members
from wn_ref.errors import InputError
from wn_ref.random import AUGMENT, uniform

WORDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
CLASSES = (*WORDS, "silence", "unknown")
SILENCE, UNKNOWN = len(WORDS), len(WORDS) + 1
NOISES = "_background_noise_"
VALIDATION_NOISE = "running_tap.wav"
LISTS = ("validation_list.txt", "testing_list.txt")
NOISY_SHARE, LOUDEST = 0.8, 0.1
TEST_SHARE = 0.2
"""Of the clips of `gsc_test_set`."""


def read(paths: list[Path]) -> Parts:
    """Read the main archive and the test set, archives or folders."""
    main, test = paths
    train_features, train_labels, _ = cached("gsc", [main], lambda: training_clips(main))
    test_features, test_labels, _ = cached("gsc_test_set", [test], lambda: test_clips(test))
    return Parts(train_features, train_labels, test_features, test_labels)


def read_test_set(paths: list[Path]) -> Parts:
    """Read the test set, archive or folder, and split it: every class has a fifth of its clips in the test part."""
    (path,) = paths
    x, labels, _ = cached("gsc_test_set", paths, lambda: test_clips(path))
    test = np.sort(stratified(labels, max(1, round(TEST_SHARE * len(labels))), seed=0))
    train = np.setdiff1d(np.arange(len(labels)), test)
    return Parts(x[train], labels[train], x[test], labels[test])


def class_weights(labels: np.ndarray) -> tuple[float, ...]:
    """Weigh classes in the loss: w_k ~ 1 - frequency_k, "unknown" 3.6 times less, in all 1."""
    weights = 1 - np.bincount(labels, minlength=len(CLASSES)) / len(labels)
    weights[UNKNOWN] /= 3.6
    return tuple(float(weight) for weight in weights / weights.sum())


def sounds(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield FOLDER/FILE and content of all files in an archive or a folder; those at the top have no FOLDER."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                with reading(file, "a file that can be read"):
                    yield "/".join(file.relative_to(path).parts[-2:]), file.read_bytes()
        return
    with reading(path, "a whole .tar.gz", tarfile.TarError, zlib.error):
        for name, file in members(path):
            yield "/".join(Path(name).parts[-2:]), file.read()


def test_clips(path: Path) -> Iterator[Clip]:
    """Yield the clips of the publisher's test set."""
    labels = {"_silence_": SILENCE, "_unknown_": UNKNOWN} | {word: k for k, word in enumerate(WORDS)}
    for name, content in sounds(path):
        folder, _, file = name.rpartition("/")
        if not file.endswith(".wav"):
            continue
        if folder not in labels:
            raise InputError(f"{path}: expected folders {', '.join(labels)}, got {folder!r}; fetch the files anew")
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
    """Yield the clips of the publisher's training part, with background noise, and cuts of noise as silence."""
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
    """Read the lists of clips that are not for training, and the files of background noise, by name."""
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
                got = noises[file].shape
                raise InputError(f"{name}: expected one channel and a second or more, got {got}; fetch it anew")
    missing = [name for name in LISTS if name not in lists] or ([] if noises else [NOISES])
    if missing:
        raise InputError(f"{path}: expected {', '.join(LISTS)} and {NOISES}, got no {missing[0]}; fetch it anew")
    return held_out, dict(sorted(noises.items()))


def _background(name: str, noises: list[np.ndarray]) -> np.ndarray | None:
    """Cut the noise that is laid over a clip: a function of its name."""
    share, which, where, volume = uniform(4, seed=0, point=AUGMENT, step=zlib.crc32(name.encode()))
    if share >= NOISY_SHARE:
        return None
    noise = noises[int(which * len(noises))]
    start = int(where * (len(noise) - RATE + 1))
    return np.float32(volume * LOUDEST) * noise[start : start + RATE]
