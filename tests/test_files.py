"""Files are complete or absent, nothing of the user's is replaced unasked, and errors name the path or the disk."""

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from wn_ref import InputError, StorageError
from wn_ref.files import Output, outputs, write_atomically


def text(content):
    return lambda part: part.write_text(content)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EFBIG])
@pytest.mark.parametrize("write", [write_atomically, lambda path, fill: Output.checked(path, force=True).write(fill)])
def test_a_full_or_broken_disk_leaves_nothing_and_keeps_what_was_there(tmp_path, code, write):
    path = tmp_path / "table.csv"
    path.write_text("kept")

    def fill(part):
        part.write_text("half")
        raise OSError(code, "No more of this")

    with pytest.raises(StorageError, match=r"expected to write .*table.csv, got No more of this; make room"):
        write(path, fill)
    assert path.read_text() == "kept"
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]


def test_a_path_that_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "absent" / "a.txt", tmp_path / "file" / "a.txt", tmp_path / "folder"):
        with pytest.raises(InputError, match=rf"output: expected to write {path}, got .*; choose another path"):
            write_atomically(path, text("whole"))
        with pytest.raises(InputError, match=rf"results: expected to write {path}, got"):
            write_atomically(path, text("whole"), "results")
        for force in (False, True):
            with pytest.raises(InputError, match=r"output: expected .*, got"):
                Output.checked(path, force)
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["file", "folder"]


def test_a_file_of_our_own_is_replaced(tmp_path):
    for content in ("first", "second"):
        write_atomically(tmp_path / "a.txt", text(content))
        assert [file.read_text() for file in tmp_path.iterdir()] == [content]


def test_a_name_that_is_taken_is_refused_whatever_has_it(tmp_path):
    file = tmp_path / "file"
    file.write_text("kept")
    (tmp_path / "link").symlink_to(file)
    (tmp_path / "dangling").symlink_to(tmp_path / "absent")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    for name in ("file", "link", "dangling", "round"):
        with pytest.raises(InputError, match=rf"output: expected a new name, got .*{name}, which exists; .*--force"):
            Output.checked(tmp_path / name)
    assert file.read_text() == "kept"
    assert not (tmp_path / "absent").exists()


def test_force_replaces_a_file_and_what_a_link_points_to(tmp_path):
    (tmp_path / "folder").mkdir()
    file = tmp_path / "folder" / "file"
    for name, target in (("link", file), ("dangling", tmp_path / "folder" / "new"), ("chain", tmp_path / "link")):
        file.write_text("old")
        (tmp_path / name).symlink_to(target)
        Output.checked(tmp_path / name, force=True).write(text("new"))
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / name).read_text() == "new"
    file.chmod(0o600)
    Output.checked(file, force=True).write(text("newer"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == "newer"
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == ["file", "new"]
    (tmp_path / "round").symlink_to(tmp_path / "round")
    with pytest.raises(InputError, match="Too many levels of symbolic links"):
        Output.checked(tmp_path / "round", force=True).write(text("new"))


def test_a_name_that_was_taken_in_the_meantime_costs_neither_result(tmp_path):
    out = Output.checked(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("another program's")
    assert out.write(text("ours")) == tmp_path / "a-2.csv"
    assert (tmp_path / "a.csv").read_text() == "another program's"
    assert (tmp_path / "a-2.csv").read_text() == "ours"


def test_a_disk_without_hard_links(tmp_path, monkeypatch):
    def link(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("os.link", link)
    out = Output.checked(tmp_path / "a.csv")
    assert out.write(text("one")) == tmp_path / "a.csv"
    assert out.write(text("two")) == tmp_path / "a-2.csv"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-2.csv", "a.csv"]


def test_a_name_of_its_own_choice_is_free_and_a_chosen_one_is_not_changed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    default = (tmp_path / "walk.png", "_runs.csv")
    assert [out.path.name for out in outputs(None, *default)] == ["walk.png", "walk_runs.csv"]
    (tmp_path / "walk_runs.csv").symlink_to("nowhere")
    assert [out.path.name for out in outputs(None, *default)] == ["walk-2.png", "walk-2_runs.csv"]
    assert [out.path.name for out in outputs(None, *default, force=True)] == ["walk.png", "walk_runs.csv"]
    with pytest.raises(InputError, match=r"expected a new name, got .*walk_runs.csv"):
        outputs(tmp_path / "walk.png", *default)
    with pytest.raises(InputError, match=r"output: expected one of .png, .pdf, .svg, got '.jpeg'"):
        outputs(tmp_path / "walk.jpeg", *default)


@pytest.mark.skipif(os.name == "nt", reason="POSIX has these files")
@pytest.mark.parametrize("force", [False, True])
def test_special_files_are_written_to_and_not_replaced(tmp_path, force):
    Output.checked(tmp_path / "/dev/null", force).write(text("gone"))
    assert (tmp_path / "/dev/null").is_char_device()
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(pipe)
    for path in (pipe, tmp_path / "link"):
        reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
        reader.start()
        Output.checked(path, force).write(text("through"))
        reader.join()
    assert read == ["through", "through"]
    assert pipe.is_fifo()
    with pytest.raises(StorageError, match="got No space left on device"):
        Output.checked(tmp_path / "/dev/full", force).write(text("x" * 100_000))


@pytest.mark.parametrize("mode", ["w", "a"])
def test_standard_output_goes_where_it_was_sent(tmp_path, mode):
    said = tmp_path / "said"
    said.write_text("before\n")
    names = [
        name for name in ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1") if name == "-" or os.path.lexists(name)
    ]
    code = (
        "from pathlib import Path; from wn_ref.files import Output; print('first')\n"
        f"for name in {names!r}: Output.checked(Path(name)).write(lambda part: part.write_text(name + '\\n'))\n"
        "print('last')"
    )
    with said.open(mode) as stream:
        subprocess.run([sys.executable, "-c", code], stdout=stream, cwd=tmp_path, check=True)
    assert said.read_text().splitlines() == ["before"] * (mode == "a") + ["first", *names, "last"]
    assert [path.name for path in tmp_path.iterdir()] == ["said"]


def test_a_name_that_is_too_long_for_its_part_is_refused_before_the_work(tmp_path):
    """255 bytes are a name's limit here, and the temporary name is longer than the final one."""
    for stem in ("a" * 249, "a" * 300, "\u00e4" * 124):
        with pytest.raises(InputError, match=r"output: expected the name of a file, got .* \(File name too long\)"):
            Output.checked(tmp_path / f"{stem}.png")
        with pytest.raises(InputError, match="File name too long"):
            outputs(tmp_path / f"{stem[:-3]}.png", Path("walk.png"), "_runs.csv")
    longest = Output.checked(tmp_path / f"{'a' * 200}.png")
    assert longest.write(lambda part: part.write_text("x")).read_text() == "x"
