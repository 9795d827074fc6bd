"""The publishers' formats: small files in their exact layouts, whole and damaged."""

import gzip
import io
import tarfile

import numpy as np
import pytest
from scipy.io import savemat

from tests.datasets import files
from wn_ref import InputError, load_dataset
from wn_ref.datasets import cifar10, idx, svhn

pytestmark = pytest.mark.filterwarnings("ignore::wn_ref.datasets.sources.DataWarning")


def refused(match, read, *arguments):
    """One line that names the file, what was expected, what came, and what to do."""
    with pytest.raises(InputError, match=match) as caught:
        read(*arguments)
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in ("expected", "got", ";"))


def test_mnist_as_gzip_and_plain(bare, rng):
    arrays = files.mnist(bare / "data" / "mnist", rng)
    plain = bare / "data" / "mnist" / "t10k-images-idx3-ubyte"
    (plain.with_suffix(".gz")).unlink()
    plain.write_bytes(files.idx(arrays[plain.name]))
    data = load_dataset("mnist")
    assert np.array_equal(data.train_images[:, 0], arrays["train-images-idx3-ubyte"])
    assert np.array_equal(data.test_images[:, 0], arrays["t10k-images-idx3-ubyte"])
    assert np.array_equal(data.train_labels, arrays["train-labels-idx1-ubyte"])
    assert data.train_labels.dtype == np.int64


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda raw: gzip.compress(raw)[:100], "expected a complete file, got Compressed file ended"),
        (lambda raw: gzip.compress(raw)[:-3] + b"abc", "expected a complete file, got"),
        (lambda raw: b"no gzip", "expected a complete file, got Not a gzipped file"),
        (lambda raw: b"", r"expected magic number 00000803, got ''"),
        (lambda raw: gzip.compress(b"\0\0\x0d\x03" + raw[4:]), "expected magic number 00000803, got '00000d03'"),
        (lambda raw: gzip.compress(raw[:-1]), "expected 50 x 28 x 28 = 39200 bytes, got 39199"),
        (lambda raw: gzip.compress(raw + b"1"), "expected 50 x 28 x 28 = 39200 bytes, got 39201"),
        (lambda raw: gzip.compress(raw[:6]), "bytes, got"),
        (lambda raw: gzip.compress(raw[:4] + b"\xff" * 12), "bytes, got 0"),
    ],
)
def test_damaged_idx(damage, match, tmp_path, rng):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(damage(files.idx(rng.integers(0, 256, (50, 28, 28)))))
    refused(match, idx.array, path, 3)


def test_idx_with_impossible_labels_or_counts(bare, rng):
    files.mnist(bare / "data" / "mnist", rng, labels=11)
    refused("mnist: expected labels 0 to 9, got 0 to 10", load_dataset, "mnist")
    files.mnist(bare / "data" / "fashion_mnist", rng)
    labels = bare / "data" / "fashion_mnist" / "train-labels-idx1-ubyte.gz"
    labels.write_bytes(gzip.compress(files.idx(np.zeros(49))))
    refused("fashion_mnist: expected 49 images of 1 x 28 x 28", load_dataset, "fashion_mnist")


@pytest.fixture
def batches(rng):
    """The six files of CIFAR-10's binary version, with 20 records each, and all their records."""
    records = rng.integers(0, 256, (6, 20, 3073), dtype=np.uint8)
    records[:, :, 0] = np.arange(20) % 10
    return dict(zip((*cifar10.TRAIN, *cifar10.TEST), (part.tobytes() for part in records))), records


@pytest.mark.parametrize("packed", [False, True])
def test_cifar10(packed, bare, batches):
    contents, records = batches
    folder = bare / "data" / "cifar10"
    folder.mkdir(parents=True)
    inside = {f"cifar-10-batches-bin/{name}": content for name, content in contents.items()}
    if packed:
        files.tar(folder / "cifar-10-binary.tar.gz", inside | {"cifar-10-batches-bin/readme.html": b"hello"})
    else:
        files.unpack(folder, inside)
    data = load_dataset("cifar10")
    train = records[:5].reshape(100, 3073)
    assert np.array_equal(data.train_images.reshape(100, 3072), train[:, 1:])
    assert np.array_equal(data.train_labels, train[:, 0])
    assert np.array_equal(data.test_images.reshape(20, 3072), records[5, :, 1:])


def test_damaged_cifar10(tmp_path, batches):
    contents, _ = batches
    archive = tmp_path / "cifar-10-binary.tar.gz"
    files.tar(archive, contents | {"data_batch_3.bin": b"1" * 3072})
    refused("expected records of 3073 bytes in data_batch_3.bin, got 3072 bytes", cifar10.read, [archive])
    files.tar(archive, {name: content for name, content in contents.items() if name != "test_batch.bin"})
    refused("got no test_batch.bin", cifar10.read, [archive])
    for name, kept in (("data_batch_2.bin", 19), ("test_batch.bin", 3)):  # cut at a record
        files.tar(archive, contents | {name: contents[name][: kept * 3073]})
        refused(f"expected equally many records in each file, got .*{kept} in {name}", cifar10.read, [archive])
    files.tar(archive, contents)
    raw = bytearray(archive.read_bytes())
    archive.write_bytes(raw[:-8])  # without its checksum
    refused("expected a complete .tar.gz, got Compressed file ended", cifar10.read, [archive])
    raw[-6] ^= 1
    archive.write_bytes(raw)
    refused("expected a complete .tar.gz, got CRC check failed", cifar10.read, [archive])
    raw[-6] ^= 1
    archive.write_bytes(raw[:-5000])
    refused("expected a complete .tar.gz, got", cifar10.read, [archive])
    archive.write_bytes(b"no archive")
    refused("expected a complete .tar.gz, got", cifar10.read, [archive])
    files.tar(archive, contents | {"../outside.bin": b"1"})
    refused(r"expected only files and folders inside of the archive, got '\.\./outside.bin'", cifar10.read, [archive])
    (tmp_path / "folder").mkdir()
    refused("data_batch_1.bin: expected a file of CIFAR-10's binary version", cifar10.read, [tmp_path / "folder"])


@pytest.mark.parametrize("name", ["/etc/passwd", "a/../../b", "link"])
def test_archives_that_point_outside(name, tmp_path):
    path = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo(name)
        if name == "link":
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info, io.BytesIO(b""))
    refused("expected only files and folders inside of the archive", cifar10.read, [path])
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("compressed", [False, True])
def test_svhn(compressed, bare, rng):
    folder = bare / "data" / "svhn"
    folder.mkdir(parents=True)
    labels = np.concatenate([np.arange(1, 11), np.arange(1, 11)])
    images = rng.integers(0, 256, (32, 32, 3, 20), dtype=np.uint8)
    for name in ("train_32x32.mat", "test_32x32.mat"):
        content = {"X": images, "y": labels[:, None].astype(np.uint8)}
        savemat(folder / name, content, do_compression=compressed)
    data = load_dataset("svhn")
    assert data.train_images.shape == (20, 3, 32, 32)
    assert data.train_labels.tolist() == [*range(1, 10), 0] * 2  # 10 means 0
    assert data.train_images[7, 2, 30, 1] == images[30, 1, 2, 7]
    assert data.classes == tuple("0123456789")


def test_damaged_svhn(tmp_path, rng):
    path = tmp_path / "train_32x32.mat"
    images, labels = rng.integers(0, 256, (32, 32, 3, 20), dtype=np.uint8), np.ones((20, 1), np.uint8)
    savemat(path, {"X": images})
    refused("expected X and y, got X", svhn.images_and_labels, path)
    savemat(path, {"Z": images})
    refused("expected X and y, got neither", svhn.images_and_labels, path)
    savemat(path, {"X": images[:28], "y": labels})
    refused(r"expected bytes X \(32, 32, 3, n\) and y \(n, 1\), got uint8 \(28,", svhn.images_and_labels, path)
    savemat(path, {"X": images.astype(float), "y": labels})
    refused("got float64", svhn.images_and_labels, path)
    savemat(path, {"X": images, "y": labels - 1})
    refused(r"expected labels 1 to 10 \(10 means digit 0\), got 0 to 0", svhn.images_and_labels, path)
    savemat(path, {"X": images, "y": labels + 0.5})
    refused("expected whole numbers y, got float64 with others", svhn.images_and_labels, path)
    savemat(path, {"X": images[..., 0], "y": labels[:3]})
    refused(r"got uint8 \(32, 32, 3\) and \(3, 1\)", svhn.images_and_labels, path)
    cells = np.empty((20, 1), object)
    cells[:] = "1"
    savemat(path, {"X": images, "y": cells})
    refused("expected whole numbers y, got object", svhn.images_and_labels, path)
    savemat(path, {"X": images, "y": labels}, do_compression=True)
    whole = path.read_bytes()
    for content in (b"", b"hello", whole[: len(whole) // 2], whole[:100] + b"\xff" * 200 + whole[300:]):
        path.write_bytes(content)
        refused("expected a MATLAB 5 file, got", svhn.images_and_labels, path)
