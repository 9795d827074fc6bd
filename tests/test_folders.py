"""Folders are made or checked, and what is wrong with them is said in one line."""

import errno

import pytest

from wn_ref import InputError, StorageError
from wn_ref.folders import made_folder, require_folder


def test_folders(tmp_path, monkeypatch):
    require_folder(tmp_path)
    with pytest.raises(InputError, match=r"output: expected a folder to write to, got .*absent"):
        require_folder(tmp_path / "absent")
    with pytest.raises(InputError, match=r"results: expected a folder to write to, got .*absent"):
        require_folder(tmp_path / "absent", "results")

    def full(dir):  # noqa: A002  # the standard library's name
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(StorageError, match=r"output: expected to write to .*, got No space left on device; check the"):
        require_folder(tmp_path)


def test_a_folder_is_made_with_those_above_it_and_may_be_there(tmp_path):
    for _ in range(2):
        assert made_folder("results", tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "b"):
        with pytest.raises(InputError, match=r"results: expected a folder to write to, got .*file"):
            made_folder("results", place)
