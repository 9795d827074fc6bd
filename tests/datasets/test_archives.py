"""Archives: one damaged bit anywhere in a .tar.gz is noticed, and what lies behind an archive's end, too."""

import gzip
import io
import tarfile

import numpy as np
import pytest

from tests.datasets import files
from wn_ref import InputError
from wn_ref.datasets.reading import archive_members, decompressed

CONTENTS = {f"go/{number}.wav": bytes([number]) * (300 + 100 * number) for number in range(24)}


@pytest.fixture
def archive(tmp_path):
    """An archive of small files, and a way to write its damaged twin."""
    files.tar(tmp_path / "whole.tar.gz", CONTENTS)
    return tmp_path / "whole.tar.gz"


def refused(path, match="expected"):
    with pytest.raises(InputError, match=match) as caught:
        list(archive_members(path))
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_whole_archive_is_read(archive):
    assert dict(archive_members(archive)) == CONTENTS
    long = {f"{'long/' * 40}{number}.wav": b"x" * number for number in range(3)}  # with headers before headers
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with tarfile.open(archive, "w:gz", format=form) as made:
            for name, content in long.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                made.addfile(info, io.BytesIO(content))
        assert dict(archive_members(archive)) == long
    plain = gzip.decompress(archive.read_bytes())
    archive.write_bytes(gzip.compress(plain + b"\0" * 3_000_000))  # a tape's blocks are filled with zeros
    assert dict(archive_members(archive)) == long


def test_one_flipped_bit_in_any_header_is_noticed(archive):
    plain = gzip.decompress(archive.read_bytes())
    with tarfile.open(archive) as made:
        headers = [member.offset for member in made]
    rng = np.random.default_rng(0)
    for header in headers:
        damaged = bytearray(plain)
        damaged[header + rng.integers(0, 100)] ^= 1 << int(rng.integers(0, 8))  # in the name
        archive.write_bytes(gzip.compress(damaged))
        refused(archive, "expected a complete .tar.gz, got bad checksum at byte")


@pytest.mark.parametrize("where", [0.01, 0.3, 0.6, 0.99])
def test_a_flipped_byte_in_the_compressed_bytes_is_noticed(where, archive):
    plain = gzip.decompress(archive.read_bytes())
    raw = bytearray(gzip.compress(plain, 0))  # stored, so that nothing but the checksum can notice it
    raw[int(where * len(raw))] ^= 4
    archive.write_bytes(raw)
    refused(archive)


@pytest.mark.parametrize("cut", [1, 4, 8, 9, 20, 400])
def test_a_missing_trailer_is_noticed(cut, archive):
    archive.write_bytes(archive.read_bytes()[:-cut])
    refused(archive, "expected a complete .tar.gz, got")
    with pytest.raises(InputError, match="expected a complete file, got"):
        decompressed(archive)


def test_an_archive_that_ends_early_is_noticed(archive):
    plain = gzip.decompress(archive.read_bytes())
    with tarfile.open(archive) as made:
        middle = made.getmembers()[12].offset
    for damaged in (
        plain[:middle],  # cut between two members, with a right checksum
        plain[:middle] + b"\0" * 512 + plain[middle + 512 :],  # zeros instead of a header look like the end
        plain[:middle] + b"\0" * 1024 + plain[middle:],
        plain + plain,  # two archives in one file
        plain[: middle + 100],
        b"",
        b"\0" * 100,
    ):
        archive.write_bytes(gzip.compress(damaged))
        refused(archive)


def test_bytes_behind_the_compressed_ones_are_noticed(archive):
    archive.write_bytes(archive.read_bytes() + b"more")
    refused(archive, "expected a complete .tar.gz, got")
