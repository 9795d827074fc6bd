"""Batches one after the other, against plain NumPy, on sizes that are no multiple of anything."""

import numpy as np
import pytest

from wn_ref import Dataset, InputError


def made(rng, shape, kind=np.uint8, **settings):
    images = rng.integers(0, 256, (50, *shape)).astype(kind)
    labels = np.arange(50) % 2
    mean, std = tuple(rng.random(shape[0])), tuple(rng.random(shape[0]) + 0.5)
    return Dataset("made", images, labels, images, labels, ("a", "b"), mean, std, **settings)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 3), (2, 5, 1), (3, 7, 9), (1, 8, 8), (2, 13, 21)])
@pytest.mark.parametrize("batch", [1, 3, 64, 129])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_batch_is_the_images_normalised_with_the_samples_last(shape, batch, kind, rng):
    data, indices = made(rng, shape, kind), rng.integers(0, 50, batch)
    x = data.batches(data.train_images, "float64").take(indices)
    mean, std = (np.reshape(value, (-1, 1, 1, 1)) for value in (data.mean, data.std))
    expected = (
        np.moveaxis(data.train_images[indices].astype(float), 0, -1) / (255 if kind == np.uint8 else 1) - mean
    ) / std
    np.testing.assert_allclose(x, expected, rtol=1e-12, atol=1e-13)


def test_the_next_batch_comes_in_the_same_memory(rng):
    data = made(rng, (1, 6, 5))
    batches = data.batches(data.train_images)
    first = batches.take(np.arange(40))
    kept = first.copy()
    assert np.shares_memory(first, batches.take(np.arange(10, 50)))
    assert not np.array_equal(first, kept)
    again = batches.take(np.arange(40))
    assert np.array_equal(again, kept)
    smaller = batches.take(np.arange(7))
    assert np.array_equal(smaller, kept[..., :7])
    assert smaller.flags.c_contiguous
    assert not np.shares_memory(data.batch(data.train_images, [1]), data.batch(data.train_images, [1]))


def test_images_in_any_order_of_memory(rng):
    data, indices = made(rng, (2, 6, 5), padding=2, flip=True), rng.integers(0, 50, 20)
    words = data.augmentation(0, 1)
    turned = np.asfortranarray(data.train_images)
    for drawn in (None, words):
        one, other = (data.batches(images).take(indices, drawn) for images in (data.train_images, turned))
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("indices", [[50], [-1], [0, 49, 50]])
@pytest.mark.parametrize("augmented", [False, True])
def test_an_image_that_is_not_there(rng, order, indices, augmented):
    data = made(rng, (1, 6, 5), padding=1)
    batches = data.batches(np.asarray(data.train_images, order=order))
    drawn = data.augmentation(0, 0) if augmented else None
    with pytest.raises(
        InputError, match=r"indices: expected 0 to 49, got -?\d+ to -?\d+; choose indices in this range"
    ):
        batches.take(indices, drawn)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("augmented", [False, True])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize("index", [2**58, 2**60, 2**60 + 3, 2**62, 2**63 - 1, -(2**63), -(2**58), 2**64 - 1])
def test_an_index_whose_place_is_beyond_the_range_of_an_int64(rng, order, augmented, kind, index):
    """2^58 times 64 pixels is 2^64, which wraps to 0: that was the first image."""
    data = made(rng, (1, 8, 8), kind, padding=1)
    batches = data.batches(np.asarray(data.train_images, order=order))
    drawn = data.augmentation(0, 0) if augmented else None
    with pytest.raises(InputError, match=f"indices: expected 0 to 49, got {index} to {index}; choose indices in"):
        batches.take([index], drawn)
    if index < 2**63:
        with pytest.raises(InputError, match="indices: expected 0 to 49, got"):
            batches.take([0, index, 49], drawn)
