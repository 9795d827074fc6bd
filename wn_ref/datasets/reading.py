"""How files are read that may be damaged, and archives that may be malicious.

All readers of this package use these functions. The many exceptions that libraries raise for a damaged file become an
`InputError` of one line, and archives are read member by member and never unpacked.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Self

from wn_ref.errors import InputError

REMEDY = "delete the file and fetch it again"


def damaged(path: object, expected: str, got: object) -> InputError:
    """Return the error for a file whose content is not what it should be."""
    return InputError(f"{path}: expected {expected}, got {got}; {REMEDY}")


@contextmanager
def reading(path: object, expected: str, *errors: type[Exception], remedy: str = REMEDY) -> Iterator[None]:
    """Turn every exception that a damaged file may cause into an `InputError` of one line.

    Parameters
    ----------
    path : Path or str
        The file that is read inside of the ``with`` block.
    expected : str
        What the file should be, for the message.
    *errors : type
        The exceptions that the reading library raises, in addition to OSError and EOFError.
    remedy : str
        What the user can do, for the message.
    """
    caught: tuple[type[Exception], ...] = (OSError, EOFError, *errors)
    try:
        yield
    except InputError:  # is said already
        raise
    except caught as error:
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0] or type(error).__name__
        raise InputError(f"{path}: expected {expected}, got {reason}; {remedy}") from None


def decompressed(path: Path) -> bytes:
    """Return the bytes of a file; a file whose name ends in .gz is decompressed.

    Raises
    ------
    InputError
        If the file cannot be read or decompressed.
    """
    with reading(path, "a complete file", zlib.error):
        raw = path.read_bytes()
        return gzip.decompress(raw) if path.suffix == ".gz" else raw


def archive_members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of every file in a .tar.gz, in the archive's order.

    The archive is read to its very end, because its last bytes are the checksum of all others.

    Raises
    ------
    InputError
        If the archive is damaged, if a member's name points outside of the archive, or if a member is a link or a
        device: no publisher's archive has such members.
    """
    with (
        reading(path, "a complete .tar.gz", tarfile.TarError, zlib.error),
        _Source(path) as source,
        tarfile.open(fileobj=source, mode="r|", tarinfo=_Header) as archive,
    ):
        for member in archive:
            name = PurePosixPath(member.name)
            if name.is_absolute() or ".." in name.parts or not (member.isfile() or member.isdir()):
                raise damaged(path, "only files and folders inside of the archive", repr(member.name))
            file = archive.extractfile(member)
            if file is not None:  # it is None for a folder
                yield str(name), file.read()
        rest = source.last[archive.offset - source.start :]
        while rest:
            if rest.strip(b"\0"):
                raise damaged(path, "zeros behind the end of the archive", "something else")
            rest = source.read(1 << 20)


class _Header(tarfile.TarInfo):
    """A member's header; a damaged one is an error, whereas `tarfile` takes all but the first for the archive's end."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.HeaderError as error:
            if type(error).__name__ == "EOFHeaderError":  # a block of zeros: this is how an archive ends
                raise
            raise tarfile.ReadError(f"{error} at byte {tarfile_.offset}") from None


class _Source(gzip.GzipFile):
    """A decompressed stream that remembers what it gave last, because `tarfile` reads ahead."""

    start, last = 0, b""

    def read(self, size: int | None = -1) -> bytes:
        self.start += len(self.last)
        self.last = super().read(size)
        return self.last
