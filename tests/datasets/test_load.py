"""What is loaded is what was published; samples are what their READMEs say; subsets keep the shares of classes."""

import hashlib
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

from tests.datasets import files
from wn_ref import InputError, load_dataset
from wn_ref.datasets import CATALOG, load, shipped
from wn_ref.datasets.load import _load_all
from wn_ref.datasets.places import find
from wn_ref.datasets.sources import PUBLISHED, DataWarning, Found

READMES = Path(__file__).parents[2] / "datasets"
SAMPLES = ("mnist_sample", "fashion_mnist_sample")


def here(name):
    """Whether the files of a data set are on this machine."""
    entry = CATALOG[name]
    return all(find(entry.folder, file) for file in entry.files)


def needs(name):
    return pytest.mark.skipif(not here(name), reason=f"{name} is not on this machine")


@pytest.mark.parametrize("name", SAMPLES)
def test_samples(name):
    data = load_dataset(name)
    assert data.train_images.shape == (8000, 1, 28, 28)
    assert data.test_images.shape == (2000, 1, 28, 28)
    assert data.train_images.dtype == data.test_images.dtype == np.uint8
    assert data.shape == (1, 28, 28)
    assert len(data.classes) == 10
    train, test = (np.bincount(labels, minlength=10) for labels in (data.train_labels, data.test_labels))
    assert abs(train - 4 * test).max() <= 4  # every class has its share of both parts
    both = np.concatenate([data.train_images, data.test_images]).reshape(10_000, -1)
    assert len(np.unique(both, axis=0)) == 10_000
    assert load_dataset(name) is data
    with pytest.raises(ValueError, match="read-only"):
        data.train_images[0] = 0


@pytest.mark.parametrize("folder", ["mnist", "fashion_mnist", "gsc"])
def test_samples_are_the_ones_described(folder):
    file = shipped.FOLDER / f"{folder}.npz"
    assert file.stat().st_size < 8e6
    assert hashlib.sha256(file.read_bytes()).hexdigest() in (READMES / folder / "README.md").read_text()


def test_mnist_sample_holds_the_images_it_should():
    """Class counts of the first 10,000 training images of MNIST, and the ink that belongs to the digits."""
    data = load_dataset("mnist_sample")
    counts = np.bincount(np.concatenate([data.train_labels, data.test_labels]))
    assert counts.tolist() == [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]
    ink = [data.train_images[data.train_labels == digit].mean() for digit in range(10)]
    assert np.argmax(ink) == 0
    assert np.argmin(ink) == 1


def test_digits():
    data = load_dataset("digits")
    assert data.train_images.shape == (1437, 1, 8, 8)
    assert data.test_images.shape == (360, 1, 8, 8)
    assert data.train_images.max() == 255
    both = np.bincount(data.train_labels) + np.bincount(data.test_labels)
    assert both.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # UCI's documentation


def test_speech_sample():
    data = load_dataset("gsc_sample")
    assert data.train_images.shape == (3912, 1, 10, 49)
    assert data.test_images.shape == (978, 1, 10, 49)
    assert data.train_images.dtype == np.float32
    assert np.bincount(data.test_labels).min() >= 79
    assert data.class_weights[11] < data.class_weights[0] / 3


@needs("gsc_test_set")
@pytest.mark.filterwarnings("ignore::wn_ref.datasets.sources.DataWarning")
def test_speech_sample_is_of_the_test_set():
    whole, part = load_dataset("gsc_test_set"), load_dataset("gsc_sample")
    assert np.array_equal(whole.train_labels, part.train_labels)
    np.testing.assert_allclose(part.test_images, whole.test_images, rtol=1e-3, atol=1e-3)


@needs("mnist")
def test_mnist_is_the_original_byte_for_byte():
    data = load_dataset("mnist")
    digests = [file.content_md5 for file in CATALOG["mnist"].files]
    for digest, array in zip(digests, (data.train_images, data.train_labels, data.test_images, data.test_labels)):
        plain = array[:, 0] if array.ndim == 4 else array
        assert hashlib.md5(files.idx(plain)).hexdigest() == digest
    assert np.bincount(data.train_labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(data.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@needs("mnist")
def test_mnist_sample_is_of_mnist():
    whole = {image.tobytes() for image in load_dataset("mnist").train_images[:10_000]}
    assert {image.tobytes() for image in load_dataset("mnist_sample").test_images} <= whole


@needs("cifar10")
@pytest.mark.filterwarnings("ignore::wn_ref.datasets.sources.DataWarning")
def test_cifar10_here():
    data = load_dataset("cifar10")
    assert data.train_images.shape == (50_000, 3, 32, 32)
    assert np.bincount(data.train_labels).tolist() == [5000] * 10
    assert np.bincount(data.test_labels).tolist() == [1000] * 10
    mean = data.train_images.mean(axis=(0, 2, 3)) / 255
    np.testing.assert_allclose(mean, data.mean, atol=2e-3)  # the constants that everybody normalises with
    each = data.train_images.reshape(50_000, 3, -1).std(axis=2).mean(axis=0) / 255
    np.testing.assert_allclose(each, data.std, atol=3e-3)  # averages of each image's own, as the README says


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_a_subset_keeps_shares_and_is_the_same_again(name, bare, rng):
    files.mnist(bare / "data" / name, rng, train=500, test=100, labels=10)
    part_only = pytest.warns(DataWarning, match=f"{name}: expected 60000 to train and 10000 to test, got 500 and 100;")
    with part_only, pytest.warns(DataWarning, match="not the publisher's"):
        whole = load_dataset(name)
    _load_all.cache_clear()
    with part_only, pytest.warns(DataWarning, match="not the publisher's"):
        part = load_dataset(name, train_size=50, seed=3)
    assert np.bincount(part.train_labels).tolist() == [5] * 10
    assert len(part.test_labels) == 100
    assert part is load_dataset(name, train_size=50, seed=3)
    images = {image.tobytes(): label for image, label in zip(whole.train_images, whole.train_labels)}
    assert all(images[image.tobytes()] == label for image, label in zip(part.train_images, part.train_labels))
    assert not np.array_equal(load_dataset(name, train_size=50, seed=4).train_images, part.train_images)
    assert not part.train_images.flags.writeable
    assert (part.mean, part.padding, part.flip) == (CATALOG[name].mean, CATALOG[name].padding, CATALOG[name].flip)
    with pytest.raises(InputError, match=f"train_size of {name}: expected at most 500, got 501; ask for fewer"):
        load_dataset(name, train_size=501)
    with pytest.raises(InputError, match="test_size: expected a whole number of at least 1, got 0"):
        load_dataset(name, test_size=0)


@pytest.mark.parametrize("damage", ["absent", "empty", "truncated", "not a zip", "one array short"])
def test_broken_sample(damage, tmp_path, monkeypatch):
    file = tmp_path / "mnist.npz"
    if damage == "one array short":
        np.savez(file, train_images=np.zeros(3, np.uint8))
    elif damage != "absent":
        content = (shipped.FOLDER / "mnist.npz").read_bytes()
        file.write_bytes({"empty": b"", "truncated": content[:9000], "not a zip": b"hello" * 99}[damage])
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    with pytest.raises(InputError, match=r"mnist.npz: expected .*; install wn_ref again$") as caught:
        _load_all.__wrapped__("mnist_sample")
    assert "\n" not in str(caught.value)


def test_a_verified_file_with_fewer_images_than_published_is_refused(bare, rng, monkeypatch):
    files.mnist(bare / "data" / "mnist", rng)
    found = [Found(bare / "data" / "mnist" / file.name, PUBLISHED) for file in CATALOG["mnist"].files]
    monkeypatch.setattr(load, "files_of", lambda name, entry: found)
    with pytest.raises(
        InputError, match=r"mnist: expected 60000 to train .*, got 50 and 20; delete the files and fetch"
    ):
        load_dataset("mnist")


def test_an_installed_sample_with_fewer_images_than_published_is_refused(tmp_path, monkeypatch):
    parts = {f"{part}_images": np.zeros((3, 1, 28, 28), np.uint8) for part in ("train", "test")}
    labels = {f"{part}_labels": np.zeros(3, np.uint8) for part in ("train", "test")}
    np.savez(tmp_path / "mnist.npz", **parts, **labels)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    with pytest.raises(InputError, match=r"mnist_sample: expected 8000 to train .*, got 3 and 3; install wn_ref again"):
        _load_all.__wrapped__("mnist_sample")


def test_another_folder_means_other_data_in_the_same_process(bare, rng, monkeypatch):
    loaded = []
    for name in ("data", "elsewhere"):
        files.mnist(bare / name / "mnist", rng)
        monkeypatch.setenv("WN_REF_DATA", str(bare / name))
        with pytest.warns(DataWarning, match="got 50 and 20"), pytest.warns(DataWarning, match="not the publisher's"):
            loaded.append(load_dataset("mnist"))
    assert not np.array_equal(loaded[0].train_images, loaded[1].train_images)
    monkeypatch.setenv("WN_REF_DATA", str(bare / "data"))
    assert load_dataset("mnist") is loaded[0]


@pytest.mark.filterwarnings("ignore::wn_ref.datasets.sources.DataWarning")
def test_files_that_were_replaced_are_read_again(bare, rng):
    files.mnist(bare / "data" / "mnist", rng)
    before = load_dataset("mnist")
    assert load_dataset("mnist") is before
    shutil.rmtree(bare / "data" / "mnist")
    files.mnist(bare / "data" / "mnist", rng, train=70)
    assert len(load_dataset("mnist").train_labels) == 70
    assert len(load_dataset("mnist", train_size=60).train_labels) == 60


def test_subsets_of_both_parts_are_chosen_independently(bare, rng):
    files.mnist(bare / "data" / "mnist", rng, train=500, test=500)
    with warnings.catch_warnings(action="ignore"):
        whole, part = load_dataset("mnist"), load_dataset("mnist", train_size=250, test_size=250)
    chosen = []
    for all_of_them, some in ((whole.train_images, part.train_images), (whole.test_images, part.test_images)):
        kept = {image.tobytes() for image in some}
        chosen.append(np.array([image.tobytes() in kept for image in all_of_them]))
    assert abs(np.corrcoef(*chosen)[0, 1]) < 4 / np.sqrt(500)


@pytest.mark.filterwarnings("ignore::wn_ref.datasets.sources.DataWarning")
@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in CATALOG])
def test_who_always_names_the_most_frequent_class_is_right_as_often_as_its_entry_says(name):
    counts = np.bincount(load_dataset(name).test_labels)
    assert CATALOG[name].guess == counts.max() / counts.sum()


def test_unknown_name():
    with pytest.raises(InputError, match=r"dataset: expected one of mnist_sample.* got 'mnist_smaple'; did you mean"):
        load_dataset("mnist_smaple")


@pytest.mark.parametrize("folder", sorted({entry.folder for entry in CATALOG.values()}))
def test_every_data_set_has_a_readme(folder):
    text = (READMES / folder / "README.md").read_text()
    for word in ("Origin", "Licence", "Cite"):
        assert word in text
