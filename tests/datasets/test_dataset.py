"""Batches: gathered, cropped, flipped and normalised as plain NumPy does it; stratified choice."""

import numpy as np
import pytest

from wn_ref import InputError, load_dataset
from wn_ref.datasets import Dataset, stratified


@pytest.fixture
def colours(rng):
    """Images with more rows than columns and three channels: nothing can be mistaken for something else."""
    images = rng.integers(1, 256, (300, 3, 11, 9), dtype=np.uint8)
    labels = np.arange(300) % 4
    normalisation = {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.3, 0.4)}
    return Dataset("c", images, labels, images, labels, tuple("abcd"), **normalisation, padding=2, flip=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_batches_are_normalised_and_last(dtype):
    data = load_dataset("fashion_mnist_sample")
    indices = np.array([5, 0, 7999])
    x = data.batch(data.train_images, indices, dtype)
    assert x.dtype == dtype
    assert x.shape == (1, 28, 28, 3)
    expected = (data.train_images[indices] / 255 - 0.5) / 0.5
    np.testing.assert_allclose(np.moveaxis(x, -1, 0), expected, atol=1e-6)


def test_features_are_not_divided_by_255(rng):
    values = rng.normal(size=(20, 1, 10, 49)).astype(np.float32)
    labels = np.zeros(20, np.int64)
    data = Dataset("speech", values, labels, values, labels, ("a",), mean=(0.0,), std=(1.0,))
    np.testing.assert_array_equal(np.moveaxis(data.batch(values, np.array([3, 19])), -1, 0), values[[3, 19]])
    assert data.augmentation(0, 0) is None


def plain(data, indices, words):
    """Crop, flip and normalise with whole arrays, as the docstrings say."""
    pad = data.padding
    out = []
    for index in indices:
        word = int(words[index])
        top = (word & 0xFFFF) * (2 * pad + 1) >> 16
        left = (word >> 16 & 0x7FFF) * (2 * pad + 1) >> 15
        padded = np.pad(data.train_images[index], ((0, 0), (pad, pad), (pad, pad)))
        height, width = data.shape[1:]
        crop = padded[:, top : top + height, left : left + width]
        out.append(crop[:, :, ::-1] if data.flip and word >> 31 else crop)
    mean, std = (np.reshape(value, (3, 1, 1, 1)) for value in (data.mean, data.std))
    return (np.moveaxis(np.array(out), 0, -1) / 255 - mean) / std


def test_augmented_batches_equal_plain_numpy(colours, rng):
    indices = rng.integers(0, 300, 70)
    words = colours.augmentation(seed=5, epoch=2)
    x = colours.batch(colours.train_images, indices, np.float64, words)
    np.testing.assert_allclose(x, plain(colours, indices, words), atol=1e-12)


def test_without_words_a_batch_is_not_augmented(colours):
    x = colours.batch(colours.train_images, np.arange(4), np.float64)
    mean, std = (np.reshape(value, (3, 1, 1, 1)) for value in (colours.mean, colours.std))
    np.testing.assert_allclose(x, (np.moveaxis(colours.train_images[:4], 0, -1) / 255 - mean) / std, atol=1e-12)


def test_augmentation_is_a_function_of_seed_epoch_and_index(colours):
    words = colours.augmentation(1, 0)
    assert np.array_equal(words, colours.augmentation(1, 0))
    assert not np.array_equal(words, colours.augmentation(2, 0))
    assert not np.array_equal(words, colours.augmentation(1, 1))
    one = colours.batch(colours.train_images, np.array([7]), augmentation=words)
    many = colours.batch(colours.train_images, np.array([3, 7, 9]), augmentation=words)
    assert np.array_equal(one[..., 0], many[..., 1])


def test_crops_and_flips_are_equally_likely():
    """Each of 81 places with probability 1/81, chi-squared below its 99.99 % quantile 137; flips within 4 sigma."""
    labels = np.zeros(100_000, np.int64)
    images = np.zeros((100_000, 1, 1, 1), np.uint8)
    words = Dataset("a", images, labels, images, labels, ("a",), (0.0,), (1.0,), padding=4).augmentation(0, 0)
    words = words.astype(np.int64)
    counts = np.bincount(((words & 0xFFFF) * 9 >> 16) * 9 + ((words >> 16 & 0x7FFF) * 9 >> 15), minlength=81)
    expected = len(words) / 81
    assert np.sum((counts - expected) ** 2 / expected) < 137
    assert abs(np.mean(words >> 31) - 0.5) < 4 * 0.5 / len(words) ** 0.5


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
