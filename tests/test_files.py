"""Files are complete or not there, and errors say whether the path or the disk is to blame."""

import errno

import pytest

from wn_ref import InputError, StorageError
from wn_ref.files import require_folder, write_atomically


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EFBIG])
def test_a_full_or_broken_disk_leaves_nothing_and_keeps_what_was_there(tmp_path, code):
    path = tmp_path / "table.csv"
    path.write_text("kept")

    def fill(part):
        part.write_text("half")
        raise OSError(code, "No more of this")

    with pytest.raises(StorageError, match=r"expected to write .*table.csv, got No more of this; make room"):
        write_atomically(path, fill)
    assert path.read_text() == "kept"
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]


def test_a_path_that_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "absent" / "a.txt", tmp_path / "file" / "a.txt", tmp_path / "folder"):
        with pytest.raises(InputError, match=rf"output: expected to write {path}, got .*; choose another path"):
            write_atomically(path, lambda part: part.write_text("whole"))
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["file", "folder"]


def test_a_file_that_is_there_is_replaced(tmp_path):
    for text in ("first", "second"):
        write_atomically(tmp_path / "a.txt", lambda part, text=text: part.write_text(text))
        assert [file.read_text() for file in tmp_path.iterdir()] == [text]


def test_folders(tmp_path, monkeypatch):
    require_folder(tmp_path)
    with pytest.raises(InputError, match=r"output: expected a folder to write to, got .*absent"):
        require_folder(tmp_path / "absent")

    def full(dir):  # noqa: A002  # the standard library's name
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(StorageError, match=r"output: expected to write to .*, got No space left on device; check the"):
        require_folder(tmp_path)
