"""Features of many clips: computed in parallel, and kept in the user's cache."""

from __future__ import annotations

import hashlib
import json
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from wn_ref.datasets.mfcc import FRAMES, PARAMETERS, RATE, Clip, features, waveform
from wn_ref.datasets.sources import DataWarning, cache
from wn_ref.errors import InputError
from wn_ref.files import whole

CLIPS = 128
"""Clips that a worker is handed at a time."""
VERSION = 1
"""Counted up when the same parameters lead to other features."""

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


def cached(name: str, paths: list[Path], clips: Callable[[], Iterable[Clip]]) -> Arrays:
    """Return features, labels and names of clips, sorted by name: from the cache if they are there.

    Parameters
    ----------
    name : str
        The beginning of the cached file's name; the rest is a hash of the parameters and of the files' sizes and
        times.
    paths : list of Path
        The archives or folders that the clips come from.
    clips : callable
        Reads them, if that is necessary.

    Returns
    -------
    features : np.ndarray
        float32, (n, 1, coefficients, frames).
    labels : np.ndarray
        int64, (n,).
    names : np.ndarray
        str, (n,).

    Warns
    -----
    DataWarning
        If the features cannot be kept.
    """
    path = cache() / "features" / f"{name}-{_key(paths)}.npz"
    found = _read(path)
    if found is None:
        found = compute(name, clips())
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            whole(path, lambda part: np.savez(part, features=found[0], labels=found[1], names=found[2]))
        except (InputError, OSError) as error:
            warnings.warn(f"{name}: features are not kept and will be computed again ({error})", DataWarning, 2)
    return found


def compute(name: str, clips: Iterable[Clip]) -> Arrays:
    """Compute features on all cores, with a progress bar; what they are is the same on any number of them."""
    from joblib import Parallel, delayed
    from tqdm import tqdm

    rows: list[tuple[str, int, np.ndarray]] = []
    workers = Parallel(n_jobs=-1, return_as="generator")
    with tqdm(desc=f"{name}: MFCC", unit="clip") as bar:
        for done in workers(delayed(_rows)(batch) for batch in _batches(clips)):
            rows += done
            bar.update(len(done))
    if not rows:
        raise InputError(f"{name}: expected WAV files in folders, got none; fetch the files anew")
    rows.sort(key=lambda row: row[0])
    names, labels, arrays = zip(*rows)
    return np.stack(arrays), np.array(labels, np.int64), np.array(names)


def _batches(clips: Iterable[Clip]) -> Iterator[list[Clip]]:
    """CLIPS at a time, so that an archive of gigabytes never is in memory as a whole."""
    iterator = iter(clips)
    while batch := list(islice(iterator, CLIPS)):
        yield batch


def _rows(clips: Iterable[Clip]) -> list[tuple[str, int, np.ndarray]]:
    return [(clip.name, clip.label, features(second(clip), clip.background)) for clip in clips]


def second(clip: Clip) -> np.ndarray:
    """Return a clip's samples: float32, (16000,)."""
    return waveform(clip.name, clip.sound) if isinstance(clip.sound, bytes) else clip.sound


def _key(paths: list[Path]) -> str:
    """A hash of what features depend on; a file counts by its size and its time, which takes no reading."""
    files = [file for path in paths for file in (sorted(path.rglob("*.wav")) if path.is_dir() else [path])]
    stamps = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    facts = json.dumps([VERSION, RATE, FRAMES, PARAMETERS, stamps])
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _read(path: Path) -> Arrays | None:
    """Read a cached file; None if it is not there or damaged, for then it is made again."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return file["features"], file["labels"], file["names"]
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None
