"""Small files in the publishers' formats, for tests."""

import gzip
import io
import tarfile
import wave

import numpy as np


def idx(array):
    """A whole IDX file of bytes."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    return head + array.astype(np.uint8).tobytes()


def mnist(folder, rng, train=50, test=20, labels=10):
    """Four files in MNIST's layout; returns what they hold."""
    folder.mkdir(parents=True)
    arrays = {}
    for stem, n in (("train", train), ("t10k", test)):
        arrays[f"{stem}-images-idx3-ubyte"] = rng.integers(0, 256, (n, 28, 28))
        arrays[f"{stem}-labels-idx1-ubyte"] = np.arange(n) % labels
    for name, array in arrays.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
    return arrays


def wav(samples, rate=16000, channels=1):
    """A WAV file of 16-bit samples."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.asarray(samples, "<i2").tobytes())
    return out.getvalue()


def tone(frequency, seconds=1.0, rate=16000):
    """A WAV file of a sine."""
    return wav(8000 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate), rate)


def tar(path, contents):
    """A .tar.gz of names and contents."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def unpack(folder, contents):
    """The same in a folder."""
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
