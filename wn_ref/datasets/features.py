"""MFCC features of many clips: computed in parallel, and kept in the user's cache."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from wn_ref.datasets.mfcc import FRAMES, PARAMETERS, RATE, Clip, clip_samples, features
from wn_ref.datasets.places import cache
from wn_ref.datasets.reading import damaged
from wn_ref.datasets.sources import DataWarning
from wn_ref.errors import InputError, WorkerError
from wn_ref.files import write_atomically
from wn_ref.npz import BROKEN_NPZ

CLIPS = 128
"""Number of clips that are handed to a worker process at a time."""
VERSION = 2
"""To be increased whenever the same parameters lead to other features; cached features are then computed again."""

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


def cached(name: str, paths: list[Path], clips: Callable[[], Iterable[Clip]]) -> Arrays:
    """Return the features, labels and names of clips, from the cache or computed and then cached.

    Parameters
    ----------
    name : str
        The beginning of the cached file's name. The rest is a hash of the parameters and of the names, sizes and times
        of the files: of an archive, or of all files in a folder.
    paths : list of Path
        The archives or folders that the clips come from.
    clips : callable
        Reads the clips; it is called only if the features are not in the cache.

    Returns
    -------
    features : np.ndarray
        float32, (n, 1, coefficients, frames).
    labels : np.ndarray
        int64, (n,).
    names : np.ndarray
        str, (n,), in alphabetical order.

    Raises
    ------
    InputError, WorkerError
        Those of `compute`.

    Warns
    -----
    DataWarning
        If the features cannot be written into the cache.
    """
    path = cache() / "features" / f"{name}-{_key(paths)}.npz"
    found = _read(path)
    if found is not None:
        return found
    x, labels, names = compute(name, clips())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda part: np.savez(part, features=x, labels=labels, names=names))
    except (InputError, OSError) as error:
        message = f"{name}: features are not kept and will be computed again ({error})"
        warnings.warn(message, DataWarning, stacklevel=2)
    return x, labels, names


def compute(name: str, clips: Iterable[Clip]) -> Arrays:
    """Compute features on all cores, with a progress bar; the result does not depend on the number of cores.

    Raises
    ------
    InputError
        If there are no clips, if one is damaged, or if two have the same name.
    WorkerError
        If the system kills a worker process.
    """
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError
    from tqdm import tqdm

    rows: list[tuple[str, int, np.ndarray]] = []
    workers = Parallel(n_jobs=-1, return_as="generator")
    try:
        with tqdm(desc=f"{name}: MFCC", unit="clip") as bar:
            for done in workers(delayed(_rows)(batch) for batch in _batches(clips)):
                rows += done
                bar.update(len(done))
    except TerminatedWorkerError:
        got = "a worker process that was killed"
        raise WorkerError(f"{name}: expected features from every worker, got {got}; free some memory") from None
    if not rows:
        raise InputError(f"{name}: expected WAV files in folders, got none; delete the files and fetch them again")
    rows.sort(key=lambda row: row[0])
    names, labels, arrays = zip(*rows)
    twice = next((one for one, other in pairwise(names) if one == other), None)
    if twice is not None:
        raise damaged(name, "clips with different names", f"{twice} twice")
    return np.stack(arrays), np.array(labels, np.int64), np.array(names)


def _batches(clips: Iterable[Clip]) -> Iterator[list[Clip]]:
    """Yield lists of at most CLIPS clips, so that an archive of gigabytes is never in memory as a whole."""
    iterator = iter(clips)
    while batch := list(islice(iterator, CLIPS)):
        yield batch


def _rows(clips: Iterable[Clip]) -> list[tuple[str, int, np.ndarray]]:
    """Return the name, label and features of each clip."""
    rows = [(clip.name, clip.label, features(clip_samples(clip), clip.background)) for clip in clips]
    for name, _, x in rows:
        if not np.isfinite(x).all():
            raise damaged(name, "a sound with finite features", "one whose samples are too large or too small")
    return rows


def _key(paths: list[Path]) -> str:
    """Return a hash of what the features depend on; sizes and times stand for content, which need not be read.

    In a folder every file counts, with its own folder: lists say which clips are used, and folders are labels.
    """
    files = [(path, file) for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    stamps = [
        (file.relative_to(path.parent).as_posix(), state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        for path, file in files
        if file.is_file()
        for state in [file.stat()]
    ]
    facts = json.dumps([VERSION, RATE, FRAMES, PARAMETERS, stamps])
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _read(path: Path) -> Arrays | None:
    """Read a cached file; return None if it is absent or damaged, so that it is made again."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return file["features"], file["labels"], file["names"]
    except BROKEN_NPZ:
        return None
