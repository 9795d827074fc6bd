"""The samples are what their READMEs say; batches; stratified choice; broken files."""

import hashlib
import shutil

import numpy as np
import pytest

from wn_ref import InputError, load_dataset
from wn_ref import datasets as module
from wn_ref.datasets import DATASETS, FOLDER, stratified


@pytest.mark.parametrize("name", DATASETS)
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


@pytest.mark.parametrize("folder", ["mnist", "fashion_mnist"])
def test_files_are_the_ones_described(folder):
    file = FOLDER / folder / "sample.npz"
    assert file.stat().st_size < 8e6
    assert hashlib.sha256(file.read_bytes()).hexdigest() in (FOLDER / folder / "README.md").read_text()


def test_mnist_sample_holds_the_images_it_should():
    """Class counts of the first 10,000 training images of MNIST, and the ink that belongs to the digits."""
    data = load_dataset("mnist_sample")
    counts = np.bincount(np.concatenate([data.train_labels, data.test_labels]))
    assert counts.tolist() == [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]
    ink = [data.train_images[data.train_labels == digit].mean() for digit in range(10)]
    assert np.argmax(ink) == 0
    assert np.argmin(ink) == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_batches_are_normalised_and_last(dtype):
    data = load_dataset("fashion_mnist_sample")
    indices = np.array([5, 0, 7999])
    x = data.batch(data.train_images, indices, dtype)
    assert x.dtype == dtype
    assert x.shape == (1, 28, 28, 3)
    expected = (data.train_images[indices] / 255 - 0.5) / 0.5
    np.testing.assert_allclose(np.moveaxis(x, -1, 0), expected, atol=1e-6)


def test_batch_refuses_indices_out_of_range():
    data = load_dataset("mnist_sample")
    for wrong in ([0, 8000], [-1, 3]):
        with pytest.raises(InputError, match="indices: expected 0 to 7999, got"):
            data.batch(data.train_images, np.array(wrong))


def test_stratified_shares(rng):
    labels = rng.choice(4, size=1000, p=[0.5, 0.3, 0.15, 0.05])
    picked = stratified(labels, 101, seed=1)
    assert len(np.unique(picked)) == 101
    assert abs(np.bincount(labels[picked]) - np.bincount(labels) * 0.101).max() < 1
    assert np.array_equal(picked, stratified(labels, 101, seed=1))
    assert not np.array_equal(picked, stratified(labels, 101, seed=2))
    assert np.array_equal(np.sort(stratified(labels, 1000, seed=1)), np.arange(1000))
    with pytest.raises(InputError, match="size: expected 1 to 1000"):
        stratified(labels, 1001, seed=1)


@pytest.mark.parametrize("damage", ["absent", "empty", "truncated", "not a zip", "one array short"])
def test_broken_files(damage, tmp_path, monkeypatch):
    shutil.copytree(FOLDER / "mnist", tmp_path / "mnist")
    file = tmp_path / "mnist" / "sample.npz"
    content = file.read_bytes()
    if damage == "absent":
        file.unlink()
    elif damage == "one array short":
        np.savez(file, train_images=np.zeros(3, np.uint8))
    else:
        file.write_bytes({"empty": b"", "truncated": content[:9000], "not a zip": b"hello" * 99}[damage])
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(InputError, match=r"^dataset: expected .*sample.npz.*; (restore|install)") as caught:
        module.load_dataset.__wrapped__("mnist_sample")
    assert "\n" not in str(caught.value)


def test_unknown_name():
    with pytest.raises(InputError, match=r"dataset: expected one of mnist_sample.* got 'mnist_smaple'; did you mean"):
        load_dataset("mnist_smaple")
