"""Archives are read, never unpacked."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from wn_ref.errors import InputError


def members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the name and an open file of every ordinary member of a .tar.gz, in the archive's order.

    Raises
    ------
    InputError
        If a member's name points outside of the archive, or a member is a link: no publisher's archive has one.
    tarfile.TarError, OSError, EOFError, zlib.error
        If the archive is damaged.
    """
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            name = PurePosixPath(member.name)
            if name.is_absolute() or ".." in name.parts or not (member.isfile() or member.isdir()):
                got = f"{member.name!r}"
                raise InputError(f"{path}: expected members inside of the archive, got {got}; fetch the file anew")
            if member.isfile():
                yield str(name), archive.extractfile(member)
