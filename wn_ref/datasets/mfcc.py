"""Clips of a second, and their mel-frequency cepstral coefficients, as in the paper (and MLPerf Tiny)."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from wn_ref.errors import InputError

RATE = 16_000
"""Samples a second, and samples a clip."""
FRAMES = 49
COEFFICIENTS = 10
PARAMETERS = {
    "samplerate": RATE, "winlen": 0.03, "winstep": 0.02, "numcep": COEFFICIENTS, "nfilt": 40, "nfft": 512,
    "lowfreq": 20, "highfreq": 4000, "preemph": 0, "ceplifter": 0, "appendEnergy": False,
}  # fmt: skip
"""Of `python_speech_features.mfcc`, beside a Hann window."""


@dataclass(frozen=True)
class Clip:
    """A labelled second of sound that has not been looked into yet.

    Attributes
    ----------
    name : str
        Folder and file.
    label : int
        Index of its class.
    sound : bytes or np.ndarray
        A WAV file, or samples in -1 to 1.
    background : np.ndarray or None
        To be added once the clip is scaled to a largest sample of 1.
    """

    name: str
    label: int
    sound: bytes | np.ndarray
    background: np.ndarray | None = None


def waveform(name: str, content: bytes) -> np.ndarray:
    """Read a WAV file as one second.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    content : bytes
        Of the file: 16 kHz, one channel.

    Returns
    -------
    np.ndarray
        float32, (16000,), in -1 to 1; a shorter clip is followed by silence, a longer one is cut.

    Raises
    ------
    InputError
        If it is no WAV file, or has another rate, more channels or no samples.
    """
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, TypeError) as error:
        raise InputError(f"{name}: expected a WAV file, got {error}; fetch it anew") from None
    if rate != RATE or samples.shape[1] != 1:
        got = f"{samples.shape[1]} at {rate} Hz"
        raise InputError(f"{name}: expected one channel at {RATE} Hz, got {got}; convert it, or fetch it anew")
    if not len(samples):
        raise InputError(f"{name}: expected a second of sound, got no samples; fetch it anew")
    clip = np.zeros(RATE, np.float32)
    clip[: len(samples)] = samples[:RATE, 0]
    return clip


def features(clip: np.ndarray, background: np.ndarray | None = None) -> np.ndarray:
    """Compute the MFCC of a clip that is first divided by its largest sample.

    Parameters
    ----------
    clip : np.ndarray
        Floats, (16000,).
    background : np.ndarray, optional
        Noise to add after the division, (16000,); the sum is clipped to -1 to 1.

    Returns
    -------
    np.ndarray
        float32, (1, 10, 49): (channels, coefficients, frames of 30 ms every 20 ms).
    """
    from python_speech_features import mfcc
    from scipy.signal.windows import hann

    peak = clip.max()
    scaled = clip / peak if peak > 0 else clip
    if background is not None:
        scaled = np.clip(scaled + background, -1, 1)
    frames = mfcc(scaled, winfunc=hann, **PARAMETERS)[:FRAMES]
    return np.ascontiguousarray(frames.T[None], np.float32)
