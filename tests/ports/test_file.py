"""Case files: written the same every time, read back whole, and refused in one line if anything is odd."""

import io
import json
import zipfile
from contextlib import suppress

import numpy as np
import pytest

from wn_ref import InputError, additive
from wn_ref.files import Output
from wn_ref.ports.case import case_of
from wn_ref.ports.check import check_vectors
from wn_ref.ports.file import read_case, write_case
from wn_ref.ports.meta import meta_of
from wn_ref.ports.numpy_port import NumpyPort

CASE = case_of("one", "mlp", (1, 4, 4), noise=additive(0.5), point="dense1", steps=1)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return write_case(CASE, Output(tmp_path_factory.mktemp("good") / "one.npz"))


def npy(array, **options):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asanyarray(array), **options)
    return stream.getvalue()


def header(text):
    """The start of an array, with a header that says anything."""
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def changed(good, path, entries=None, **meta):
    """Copy a file with other entries (None leaves one out), or other settings."""
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w") as new:
        contents = {name: old.read(name) for name in old.namelist()}
        if meta:
            text = json.dumps(meta_of(CASE) | meta)
            contents["meta.npy"] = npy(np.frombuffer(text.encode(), np.uint8))
        for name, content in (contents | (entries or {})).items():
            if content is not None:
                new.writestr(name, content)
    return path


def test_it_comes_back_whole_and_numpy_reads_it_without_pickle(good):
    case, arrays = read_case(good)
    assert case == CASE
    with np.load(good, allow_pickle=False) as file:
        assert set(file.files) == {"meta", *arrays}
        for name, array in arrays.items():
            np.testing.assert_array_equal(file[name], array)
        meta = json.loads(file["meta"].tobytes())
    assert meta["schema"] == "wn-vectors/2"
    assert meta["points"][meta["noisy"][0]] == "dense1"
    assert meta["rates"] == [1e-3]


def test_the_same_case_gives_the_same_bytes(good, tmp_path):
    assert write_case(CASE, Output(tmp_path / "again.npz")).read_bytes() == good.read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99, 0.9999])
def test_a_truncated_file(good, tmp_path, share):
    content = good.read_bytes()
    path = tmp_path / "short.npz"
    path.write_bytes(content[: int(share * len(content))])
    refuse(path, "expected a file of wn-ref vectors")


def test_flipped_bytes(good, tmp_path, rng):
    """Whatever is broken, no other error than an InputError is raised."""
    content = bytearray(good.read_bytes())
    path = tmp_path / "flipped.npz"
    for place in rng.integers(0, len(content), 40):
        broken = content.copy()
        broken[place] ^= 0xFF
        path.write_bytes(broken)
        with suppress(InputError):
            read_case(path)


HUGE = header("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999, 99999999), }")
LONG = b"\x93NUMPY\x02\x00" + (2**31).to_bytes(4, "little") + b" " * 100
OBJECTS = npy(np.array([1, "x"], object), allow_pickle=True)
TURNED = npy(np.asfortranarray(np.ones((64, 16))))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"start/dense1.weight.npy": HUGE}, "bytes of numbers, got float64 (99999999, 99999999)"),
        ({"start/dense1.weight.npy": LONG}, "broken or no case file"),
        ({"start/dense1.weight.npy": OBJECTS}, "start/dense1.weight: expected"),
        ({"meta.npy": OBJECTS}, "meta: expected"),
        ({"start/dense1.weight.npy": b"no array"}, "broken or no case file"),
        ({"start/dense1.weight.npy": TURNED}, "expected arrays in C order"),
        ({"start/dense1.weight.npy": npy(np.ones((16, 64)))}, "expected float64 (64, 16), got float64 (16, 64)"),
        ({"start/dense1.weight.npy": npy(np.ones((64, 16), ">f8"))}, "expected float64 (64, 16), got >f8"),
        ({"start/dense1.weight.npy": npy(np.full((64, 16), np.nan))}, "start/dense1.weight: expected finite numbers"),
        ({"start/dense1.weight.npy": None}, "got a file without start/dense1.weight"),
        ({"0/normal/2/0.npy": npy(np.ones(3))}, "got a file with 0/normal/2/0"),
        ({"meta.npy": None}, "meta: expected settings, got a file without them"),
        ({"meta.npy": npy(np.zeros(2 << 20, np.uint8))}, "meta: expected at most 1048576 bytes"),
        ({"meta.npy": npy(np.frombuffer(b"{", np.uint8))}, "meta: expected JSON, got"),
        ({"meta.npy": npy(np.frombuffer(b"\xff\xfe", np.uint8))}, "broken or no case file"),
        ({"meta.npy": npy(np.frombuffer(b"[" * 100_000, np.uint8))}, "meta: expected JSON, got"),
        ({"meta.npy": npy(np.frombuffer(b"[1]", np.uint8))}, "meta: expected a JSON object with a schema"),
    ],
)
def test_hostile_arrays(good, tmp_path, entries, message):
    refuse(changed(good, tmp_path / "hostile.npz", entries), message)


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ({"schema": "wn-vectors/3"}, "expected schema 'wn-vectors/2', got 'wn-vectors/3'; use a newer wn_ref"),
        ({"schema": 2}, "expected schema 'wn-vectors/2', got 2"),
        ({"surprise": 1}, "got surprise missing or unknown"),
        ({"seed": -1}, "seed: expected a whole number"),
        ({"seed": "0"}, "seed: expected a whole number"),
        ({"steps": 10**9}, "steps: expected a whole number"),
        ({"steps": 3, "rates": [1e-3, 1e-3, 5e-4]}, "got a file without 1/"),
        ({"batch": 4}, "expected float64 (4, 1, 4, 4), got float64 (8, 1, 4, 4)"),
        ({"dtype": "float16"}, "dtype: expected one of float64, float32"),
        ({"point": 99}, "point: expected"),
        ({"point": 2}, "noisy [2] from the other settings, got [1]"),
        ({"rates": [1.0]}, "rates [0.001] from the other settings, got [1.0]"),
        ({"noise": {"sigma_add": 1}}, "meta: expected all settings, got KeyError"),
        ({"noise": None}, "meta: expected all settings"),
        ({"layers": []}, "layers: expected a list of 1 to 1000 layers"),
        ({"layers": [{"kind": "dense"}]}, "layers: expected objects with name, kind"),
        ({"layers": [meta_of(CASE)["layers"][1]]}, "layers: expected dense1 to fit to an input of (1, 4, 4)"),
        ({"layers": [meta_of(CASE)["layers"][1] | {"shape": [10**6] * 2}]}, "layers: expected at most"),
        ({"layers": [meta_of(CASE)["layers"][1] | {"kind": "lstm"}]}, "kind of layer: expected one of dense"),
        ({"layers": [meta_of(CASE)["layers"][1] | {"point": 7}]}, "layers: expected a layer such as"),
        ({"input_shape": []}, "input_shape: expected (channels, height, width), got ()"),
        ({"input_shape": [4, 4]}, "input_shape: expected (channels, height, width), got (4, 4)"),
        ({"input_shape": [1, 4, 4, 1, 1]}, "input_shape: expected (channels, height, width), got (1, 4, 4, 1, 1)"),
        ({"case": "../../x\n\x1b[31m"}, r"name: expected at most 255 printable characters, got '../../x\n\x1b[31m'"),
        ({"case": "x" * 256}, "name: expected at most 255 printable characters"),
        ({"executions": [200_000]}, "case: expected at most 99999 arrays in its file, got more; choose fewer"),
        ({"steps": 10_000, "epochs": 10_000}, "case: expected at most 99999 arrays in its file, got more"),
        ({"input_shape": "144"}, "input_shape: expected a whole number"),
        ({"class_weights": [1.0]}, "class_weights: expected 10, one for each class, got 1 numbers"),
        ({"executions": [1, 2]}, "executions: expected 1 numbers"),
        ({"clamp": 1}, "clamp: expected True or False"),
        ({"learning_rate": 0}, "learning_rate: expected a positive number"),
        ({"tolerances": {"values": 1, "updates": 1}}, "tolerances"),
    ],
)
def test_hostile_settings(good, tmp_path, meta, message):
    refuse(changed(good, tmp_path / "hostile.npz", **meta), message)


def test_numbers_that_were_changed_are_found(good, tmp_path):
    _, arrays = read_case(good)
    for name, quantity in (
        ("0/gradient/dense2.weight", "gradient/dense2.weight"),
        ("0/noisy/relu1", "activation/relu1"),
        ("0/after/bn1.running_var", "statistic/bn1.running_var"),
        ("0/after/dense1.bias", "update/dense1.bias"),
        ("evaluation/normal/1/0", "activation/dense1"),
    ):
        path = changed(good, tmp_path / "changed.npz", {f"{name}.npy": npy(arrays[name] + 1e-4)})
        with pytest.raises(InputError, match=f"expected arrays that follow from its settings, got another {quantity}"):
            check_vectors(path, NumpyPort)


@pytest.mark.parametrize(
    ("name", "why"), [("absent.npz", "No such file or directory"), ("folder.npz", "Is a directory")]
)
def test_no_file(tmp_path, name, why):
    (tmp_path / "folder.npz").mkdir()
    refuse(tmp_path / name, f"expected a file of wn-ref vectors, got none ({why}); write it again")
    with pytest.raises(InputError, match="expected a folder with case files"):
        check_vectors(tmp_path / "folder.npz", NumpyPort)


def refuse(path, message):
    with pytest.raises(InputError) as error:
        read_case(path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
