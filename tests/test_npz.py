"""Files that are damaged, or made to do harm, are refused in one line, and before they cost memory."""

import io
import json
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest

from wn_ref import InputError
from wn_ref.npz import LONGEST_META, open_npz, write_npz

META = {"schema": "some/1", "name": "Fröning"}


def header(shape, descr="<f4", order=False):
    """The beginning of an .npy file, which may promise anything."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": descr, "fortran_order": order, "shape": shape})
    return out.getvalue()


def archive(path, entries, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in entries:
            file.writestr(name, content)
    return path


def npy(array, **settings):
    out = io.BytesIO()
    np.save(out, array, **settings)
    return out.getvalue()


def read(path):
    with open_npz(path, "some numbers") as file:
        return file.meta(), {name: file.array(name) for name in file.headers}


def test_what_is_written_is_read_and_numpy_reads_it_too(tmp_path, rng):
    arrays = {"a.b": rng.normal(size=(3, 4)), "n": np.arange(5), "t": np.array(["x", "yz"]), "none": np.zeros((0, 2))}
    arrays["turned"] = np.asfortranarray(rng.normal(size=(2, 3)).astype(np.float32))
    write_npz(tmp_path / "a.npz", arrays, META)
    meta, found = read(tmp_path / "a.npz")
    assert meta == META
    assert list(found) == list(arrays)
    with np.load(tmp_path / "a.npz") as file:
        assert json.loads(file["meta"].tobytes().decode()) == META
        for name, array in arrays.items():
            assert (found[name] == array).all()
            assert (file[name] == array).all()
            assert found[name].dtype == array.dtype


def test_the_same_content_gives_the_same_bytes_and_numpys_files_are_read(tmp_path):
    for name in ("a.npz", "b.npz"):
        write_npz(tmp_path / name, {"x": np.arange(3.0)}, META)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    np.savez(tmp_path / "c.npz", x=np.arange(3.0))
    assert read(tmp_path / "c.npz")[0] == {}


def test_no_object_is_written(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle"):
        write_npz(tmp_path / "a.npz", {"x": np.array([{}])})


class Bomb:
    def __reduce__(self):
        return exec, ("raise SystemError('unpickled')",)


HOSTILE = {
    "objects": ([("x.npy", header((1,), "|O") + pickle.dumps([Bomb()]))], "Python objects in 'x'"),
    "huge": ([("x.npy", header((1 << 50,)))], r"0 bytes in 'x' where its header promises \d+"),
    "huge text": ([("x.npy", header((1,), f"<U{1 << 28}"))], "where its header promises"),
    "negative": ([("x.npy", header((-1, -4)) + bytes(16))], "where its header promises 16"),
    "short": ([("x.npy", npy(np.zeros(9))[:-1])], "71 bytes in 'x' where its header promises 72"),
    "long": ([("x.npy", npy(np.zeros(9)) + b"more")], "76 bytes in 'x' where its header promises 72"),
    "records": ([("x.npy", header((1,), [("a", "<f4")]) + bytes(4))], "in 'x'"),
    "complex": ([("x.npy", npy(np.zeros(2, complex)))], "complex128 in 'x'"),
    "twice": ([("x.npy", npy(np.zeros(2))), ("x", npy(np.zeros(3)))], "two arrays of the name 'x'"),
    "other entries": ([("x.npy", npy(np.zeros(2))), ("readme.txt", "hello")], "broken or no .npz file"),
    "code in the header": ([("x.npy", npy(np.zeros(2)).replace(b"(2,)", b"f(2)"))], "broken or no .npz file"),
    "long header": ([("x.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b" " * 99)], "broken or no .npz file"),
    "later format": ([("x.npy", b"\x93NUMPY\x09\x00\x01\x00 ")], "version"),
    "no json": ([("meta.npy", npy(np.frombuffer(b"{'a': 1}", np.uint8)))], "a meta that is no JSON"),
    "no utf-8": ([("meta.npy", npy(np.frombuffer(b'{"a": "\xff"}', np.uint8)))], "a meta that is no JSON"),
    "deep json": ([("meta.npy", npy(np.frombuffer(b"[" * 100_000, np.uint8)))], "a meta that is no JSON"),
    "a list": ([("meta.npy", npy(np.frombuffer(b"[1]", np.uint8)))], "no object of JSON"),
    "a text": ([("meta.npy", npy(np.array("{}")))], "no bytes of JSON"),
    "endless meta": ([("meta.npy", npy(np.zeros(LONGEST_META + 1, np.uint8)))], "no bytes of JSON"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(name, tmp_path):
    entries, message = HOSTILE[name]
    path = archive(tmp_path / "a.npz", entries)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=message) as caught:
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith("path: expected some numbers, got ")
    assert "\n" not in str(caught.value)


def test_a_small_file_does_not_become_a_large_one(tmp_path):
    bomb = archive(tmp_path / "a.npz", [("x.npy", npy(np.zeros(1 << 20)))], zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 1 << 14
    with pytest.raises(InputError, match="compressed arrays"):
        read(bomb)


def test_every_truncation_is_noticed(tmp_path):
    write_npz(tmp_path / "a.npz", {"x": np.arange(9.0), "y": np.ones(3)}, META)
    whole = (tmp_path / "a.npz").read_bytes()
    for length in range(0, len(whole), 7):
        (tmp_path / "b.npz").write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"b\.npz"):
            read(tmp_path / "b.npz")


def test_a_changed_byte_is_noticed(tmp_path):
    write_npz(tmp_path / "a.npz", {"x": np.arange(9.0)}, META)
    whole = bytearray((tmp_path / "a.npz").read_bytes())
    whole[whole.index(np.float64(8).tobytes()) + 6] ^= 1
    (tmp_path / "a.npz").write_bytes(whole)
    with pytest.raises(InputError, match="broken"):
        read(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["none.npz", "."])
def test_no_file(name, tmp_path):
    with pytest.raises(InputError, match=r"No such file|Is a directory"):
        read(tmp_path / name)
