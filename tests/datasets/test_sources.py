"""What is said of the files that are found, and where absent ones come from."""

import gzip
import hashlib
from dataclasses import replace

import numpy as np
import pytest

from tests.datasets import files
from wn_ref import InputError
from wn_ref.datasets import CATALOG, sources
from wn_ref.datasets.entry import PublishedFile
from wn_ref.datasets.places import cache
from wn_ref.datasets.sources import DIFFERENT, PUBLISHED, RECOMPRESSED, UNPACKED, DataWarning, paths_of


def test_states_of_a_file(tmp_path):
    content = files.idx(np.arange(3))
    original = gzip.compress(content, 9, mtime=0)
    digests = hashlib.md5(original).hexdigest(), hashlib.md5(content).hexdigest()
    file = PublishedFile("a.gz", 1, f"md5:{digests[0]}", "", unpacked="a", content_md5=digests[1])
    path = tmp_path / "a.gz"
    for written, state in (
        (original, PUBLISHED),
        (gzip.compress(content, 1, mtime=5), RECOMPRESSED),
        (gzip.compress(content + b"x"), DIFFERENT),
        (b"no gzip", DIFFERENT),
    ):
        path.write_bytes(written)
        assert sources.examine(path, file).state == state
    (tmp_path / "a").write_bytes(content)
    assert sources.examine(tmp_path / "a", file).state == RECOMPRESSED
    archive = PublishedFile("b.tar.gz", 1, "sha256:00", "", unpacked="b")
    (tmp_path / "b").mkdir()
    assert sources.examine(tmp_path / "b", archive).state == UNPACKED
    members = replace(archive, members=(("m", hashlib.sha256(b"x").hexdigest()),))
    for content, state in ((b"x", PUBLISHED), (b"y", DIFFERENT)):
        (tmp_path / "b" / "m").write_bytes(content)
        assert sources.examine(tmp_path / "b", members).state == state
    (tmp_path / "b" / "m").unlink()
    with pytest.raises(InputError, match="b: expected m in it, got no m; delete the folder and fetch it again"):
        sources.examine(tmp_path / "b", members)
    (tmp_path / "b.tar.gz").write_bytes(b"x")
    assert sources.examine(tmp_path / "b.tar.gz", archive).state == DIFFERENT


def test_a_file_that_is_not_the_publishers_is_used_with_one_line_of_warning(bare, rng):
    files.mnist(bare / "data" / "mnist", rng)
    with pytest.warns(DataWarning) as warned:
        paths = paths_of("mnist", CATALOG["mnist"])
    assert [path.parent for path in paths] == [bare / "data" / "mnist"] * 4
    assert all("is used, but is not the publisher's" in str(w.message) for w in warned)
    assert all("\n" not in str(w.message) for w in warned)


def test_an_absent_file_is_downloaded_into_the_cache(bare, monkeypatch):
    entry = CATALOG["cifar10"]

    def fetched(name, file, folder):
        folder.mkdir(parents=True)
        (folder / file.name).write_bytes(b"x")
        return folder / file.name

    monkeypatch.setattr(sources, "fetch", fetched)
    path = cache() / "cifar10" / "cifar-10-binary.tar.gz"
    assert sources.find_or_fetch("cifar10", entry, entry.files[0]) == sources.Found(path, PUBLISHED)
    assert sources.find_or_fetch("cifar10", entry, entry.files[0]) == sources.Found(path, DIFFERENT)  # found, examined


def test_every_published_file_can_be_verified():
    """Checksums and sizes have the form that they should; the URL ends in the file's name."""
    for entry in CATALOG.values():
        for file in entry.files:
            algorithm, _, digest = file.checksum.partition(":")
            assert len(digest) == {"md5": 32, "sha256": 64}[algorithm]
            assert int(digest, 16) > 0
            assert all(len(member) == 64 and int(member, 16) > 0 for _, member in file.members)
            assert file.size > 1000
            assert file.url.rpartition("/")[2] == file.name
