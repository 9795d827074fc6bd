"""One-second clips of sound and their mel-frequency cepstral coefficients (MFCC), as in the paper and MLPerf Tiny."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from wn_ref.datasets.reading import REMEDY, damaged, reading
from wn_ref.errors import InputError

RATE = 16_000
"""Sampling rate in Hz. A clip lasts one second, so it has as many samples."""
FRAMES = 49
COEFFICIENTS = 10
PARAMETERS: dict[str, Any] = {
    "samplerate": RATE, "winlen": 0.03, "winstep": 0.02, "numcep": COEFFICIENTS, "nfilt": 40, "nfft": 512,
    "lowfreq": 20, "highfreq": 4000, "preemph": 0, "ceplifter": 0, "appendEnergy": False,
}  # fmt: skip
"""The arguments of `python_speech_features.mfcc`; in addition there is a Hann window."""

PIPED = 0x7FFFF000
"""Sizes from here on say that a program did not know the size, because it wrote to a pipe."""


@dataclass(frozen=True)
class Clip:
    """One labelled second of sound, which may still be in the form of a WAV file.

    Attributes
    ----------
    name : str
        Name of its folder and of its file.
    label : int
        Number of its class.
    sound : bytes or np.ndarray
        The content of a WAV file, or samples from -1 to 1.
    background : np.ndarray or None
        Noise that is added after the clip was divided by its largest sample.
    """

    name: str
    label: int
    sound: bytes | np.ndarray
    background: np.ndarray | None = None


def clip_samples(clip: Clip) -> np.ndarray:
    """Return the samples of a clip, without background: float32, (16000,)."""
    return waveform(clip.name, clip.sound) if isinstance(clip.sound, bytes) else clip.sound


def waveform(name: str, content: bytes) -> np.ndarray:
    """Read a WAV file as one second of sound.

    Parameters
    ----------
    name : str
        Name of the file, for messages.
    content : bytes
        Content of the file: 16 kHz, one channel.

    Returns
    -------
    np.ndarray
        float32, (16000,), from -1 to 1. Silence is appended to a shorter clip; a longer one is cut.

    Raises
    ------
    InputError
        If it is not a WAV file, or not a whole one, or if it has another sampling rate, several channels, no samples,
        or samples that are not finite.
    """
    samples, rate = read_wav(name, content)
    channels = samples.shape[1]
    if rate != RATE or channels != 1:
        got = f"{channels} at {rate} Hz"
        raise InputError(f"{name}: expected one channel at {RATE} Hz, got {got}; convert it, or {REMEDY}")
    if not len(samples):
        raise damaged(name, "one second of sound", "no samples")
    if not np.isfinite(samples).all():
        raise damaged(name, "finite samples", "some that are not")
    clip = np.zeros(RATE, np.float32)
    clip[: len(samples)] = samples[:RATE, 0]
    return clip


def read_wav(name: str, content: bytes) -> tuple[np.ndarray, int]:
    """Read a whole WAV file.

    Returns
    -------
    samples : np.ndarray
        float32, (n, channels), from -1 to 1.
    rate : int
        Samples per second.

    Raises
    ------
    InputError
        If it is not a WAV file, or ends before the last sample that its header promises.
    """
    import soundfile

    with reading(name, "a WAV file", soundfile.SoundFileError, TypeError):
        samples, rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    place = 12  # behind "RIFF", the size, and "WAVE"
    while place + 8 <= len(content):
        kind, size = content[place : place + 4], int.from_bytes(content[place + 4 : place + 8], "little")
        if kind == b"data" and len(content) - place - 8 < size < PIPED:
            raise damaged(name, f"{size} bytes of sound", len(content) - place - 8)
        place += 8 + size + size % 2
    return samples, rate


def features(clip: np.ndarray, background: np.ndarray | None = None) -> np.ndarray:
    """Compute the MFCC of a clip, which is divided by its largest sample first.

    Parameters
    ----------
    clip : np.ndarray
        Floating-point samples, (16000,).
    background : np.ndarray, optional
        Noise to add after the division, (16000,); the sum is limited to -1 to 1.

    Returns
    -------
    np.ndarray
        float32, (1, 10, 49): (channels, coefficients, frames); frames last 30 ms, and one starts every 20 ms.
    """
    from python_speech_features import mfcc
    from scipy.signal.windows import hann

    peak = clip.max()
    scaled = clip / peak if peak > 0 else clip
    if background is not None:
        scaled = np.clip(scaled + background, -1, 1)
    frames = mfcc(scaled, winfunc=hann, **PARAMETERS)[:FRAMES]
    return np.ascontiguousarray(frames.T[None], np.float32)
