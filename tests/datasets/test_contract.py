"""A `Dataset` and its batches: right in every layout, or refused in one line; nothing of the caller's is changed."""

from dataclasses import replace

import numpy as np
import pytest

from tests.datasets.test_dataset import plain
from wn_ref import Dataset, InputError

IMAGES = np.random.default_rng(3).integers(1, 256, (12, 3, 5, 4), dtype=np.uint8)
LABELS = np.arange(12) % 2
GOOD = {
    "name": "own", "train_images": IMAGES, "train_labels": LABELS, "test_images": IMAGES[:5], "test_labels": LABELS[:5],
    "classes": ("even", "odd"), "mean": (0.5, 0.4, 0.3), "std": (0.2, 0.3, 0.4), "padding": 2, "flip": True,
}  # fmt: skip
NAN = np.where(IMAGES[3, 1, 2, 2] == IMAGES, np.nan, IMAGES).astype(np.float32)


def own(**changes):
    return Dataset(**GOOD | changes)


def refused(match, function, *arguments, **settings):
    with pytest.raises(InputError, match=match) as caught:
        function(*arguments, **settings)
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in ("expected", "got", ";"))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"mean": (0.5,)}, "mean: expected 3 finite numbers, one for each channel"),
        ({"std": (0.25,)}, "std: expected 3 finite numbers > 0, one for each channel"),
        ({"mean": 0.5}, "mean: expected 3 finite numbers"),
        ({"mean": (0.5, 0.4, np.nan)}, "mean: expected 3 finite numbers"),
        ({"mean": "abc"}, "mean: expected 3"),
        ({"std": (0.2, 0.0, 0.2)}, "std: expected 3 finite numbers > 0"),
        ({"std": (0.2, -0.1, 0.2)}, "std: expected 3 finite numbers > 0"),
        ({"std": (0.2, np.inf, 0.2)}, "std: expected 3 finite numbers > 0"),
        ({"train_images": IMAGES.astype(np.int64)}, "train_images: expected uint8 or float32 .*, got int64"),
        ({"test_images": IMAGES[:5] > 9}, "test_images: expected uint8 or float32 .*, got bool"),
        ({"train_images": IMAGES[:, 0]}, r"train_images: expected .*\(n, channels, .*, got .*\(12, 5, 4\)"),
        ({"train_images": IMAGES[..., :0]}, r"train_images: .* got uint8 of shape \(12, 3, 5, 0\)"),
        ({"test_images": IMAGES[:5, :1]}, r"test_images: .* to be \(3, 5, 4\) as in train_images, got \(1, 5, 4\)"),
        ({"test_images": IMAGES[:5, :, :4]}, r"test_images: expected .* got \(3, 4, 4\)"),
        ({"train_images": IMAGES[:0], "train_labels": LABELS[:0]}, "train_images: expected .* at least one image"),
        ({"test_images": IMAGES[:0], "test_labels": LABELS[:0]}, "test_images: expected .* at least one image"),
        ({"train_images": NAN}, "train_images: expected finite numbers of float32, got [0-9]+ others"),
        ({"train_images": np.full((12, 3, 5, 4), 1e39)}, "train_images: expected finite .*, got 720 others"),
        ({"train_images": np.ma.masked_equal(IMAGES, 3)}, "train_images: expected an array, got one with a mask"),
        ({"train_images": [[1], [2, 3]]}, "train_images: expected an array, got a list"),
        ({"train_images": None}, "train_images: expected uint8 or float32"),
        ({"train_images": np.zeros((12, 5, 5, 3))}, r"train_images: .* looks like \(n, height, width, channels\)"),
        ({"test_images": IMAGES[:5] / 255}, "test_images: expected uint8 as train_images, because uint8 are divided"),
        ({"train_labels": LABELS[:11]}, r"train_labels: expected 12 whole numbers, one for each image, got .*\(11,\)"),
        ({"train_labels": LABELS[:, None]}, r"train_labels: expected 12 whole numbers, .*\(12, 1\)"),
        ({"train_labels": LABELS.astype(float)}, "train_labels: expected 12 whole numbers, .* got float64"),
        ({"train_labels": LABELS > 0}, "train_labels: expected 12 whole numbers, .* got bool"),
        ({"train_labels": LABELS + 1}, "train_labels: expected labels 0 to 1, got 1 to 2"),
        ({"test_labels": LABELS[:5] - 1}, "test_labels: expected labels 0 to 1, got -1 to 0"),
        ({"test_labels": (LABELS[:5] - 1).astype(np.uint64)}, "test_labels: expected labels 0 to 1, got 0 to 18446744"),
        ({"classes": "ab"}, "classes: expected the names of the classes, got 'ab'"),
        ({"classes": ()}, r"classes: expected the names of the classes, got \(\)"),
        ({"classes": (0, 1)}, "classes: expected the names of the classes"),
        ({"classes": 2}, "classes: expected the names of the classes, got 2"),
        ({"class_weights": (1.0,)}, "class_weights: expected 2 finite numbers > 0, one for each class"),
        ({"class_weights": (1.0, 0.0)}, "class_weights: expected 2 finite numbers > 0"),
        ({"class_weights": (1.0, np.nan)}, "class_weights: expected 2 finite numbers > 0"),
        ({"padding": -1}, "padding: expected a whole number of at least 0"),
        ({"padding": 1.5}, "padding: expected a whole number"),
        ({"padding": True}, "padding: expected a whole number"),
        ({"padding": 16384}, "padding: expected a whole number of at most 16383"),
        ({"flip": "no"}, "flip: expected True or False, got 'no'"),
        ({"flip": 1}, "flip: expected True or False, got 1"),
        ({"name": 7}, "name: expected a str, got 7"),
    ],
)  # fmt: skip
def test_a_data_set_that_cannot_be_used_is_refused_when_it_is_made(changes, match):
    refused(match, own, **changes)


def test_what_can_be_converted_is_converted():
    features = np.random.default_rng(0).normal(size=(12, 3, 5, 4))
    for dtype in (np.float64, np.float16, ">f4", np.longdouble):
        made = own(train_images=features.astype(dtype), test_images=features[:5], padding=np.int64(2), flip=np.True_)
        assert made.train_images.dtype == np.float32
        assert np.array_equal(made.train_images, features.astype(dtype).astype(np.float32))
    made = own(train_labels=LABELS.astype(np.uint8).tolist(), classes=["a", "b"], mean=np.zeros(3), std=[1, 2, 3])
    assert made.train_labels.dtype == np.int64
    assert (made.classes, made.mean, made.std) == (("a", "b"), (0.0, 0.0, 0.0), (1.0, 2.0, 3.0))


def layouts(images, folder):
    """The same images in every layout that an array can have."""
    file = np.memmap(folder / "images", images.dtype, "w+", shape=images.shape)
    file[...] = images
    protected = images.copy()
    protected.flags.writeable = False
    return {
        "C": images.copy(),
        "Fortran": np.asfortranarray(images),
        "transposed": np.ascontiguousarray(images.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2),
        "every second": np.repeat(images, 2, axis=0)[::2],
        "backwards": images[::-1, ::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1, ::-1],
        "a window": np.pad(images, ((0, 0), (0, 0), (1, 2), (3, 1)))[:, :, 1:-2, 3:-1],
        "file": np.memmap(folder / "images", images.dtype, "r", shape=images.shape),
        "read-only": protected,
        "subclass": images.copy().view(type("Mine", (np.ndarray,), {})),
        "unaligned": np.frombuffer(b"x" + images.tobytes(), images.dtype, offset=1).reshape(images.shape),
    }


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_every_layout_gives_the_same_batch(dtype, tmp_path):
    images = IMAGES.astype(dtype)
    data = own(train_images=images.copy(), test_images=images[:5].copy())
    words, chosen = data.augmentation(3, 1), np.array([3, 0, 11, 3])
    for name, given in layouts(images, tmp_path).items():
        before = given.tobytes()
        made = own(train_images=given, test_images=images[:5])
        for augmentation in (None, words):
            expected = data.batch(data.train_images, chosen, np.float64, augmentation)
            for handed in (given, made.train_images):
                assert np.array_equal(data.batch(handed, chosen, np.float64, augmentation), expected), name
        assert given.tobytes() == before
        assert given.flags.writeable == (name not in ("file", "read-only", "unaligned")), name
    with pytest.raises(ValueError, match="read-only"):
        made.train_images[0] = 0


def test_labels_in_every_layout():
    labels = np.random.default_rng(1).integers(0, 2, 12)
    for given in (np.repeat(labels, 2)[::2], labels[::-1].copy()[::-1], labels.astype(">i4"), labels.astype(np.uint64)):
        made = own(train_labels=given)
        assert np.array_equal(made.train_labels, labels)
        assert made.train_labels.flags.c_contiguous
        assert made.train_labels.dtype == np.int64


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"images": IMAGES[:, :2]}, r"images: expected .*\(n, 3, 5, 4\), got uint8 of shape \(12, 2, 5, 4\)"),
        ({"images": IMAGES[0]}, r"images: expected .* got uint8 of shape \(3, 5, 4\)"),
        ({"images": IMAGES.transpose(0, 1, 3, 2)}, r"images: expected .* got uint8 of shape \(12, 3, 4, 5\)"),
        ({"images": IMAGES.astype(np.int32)}, "images: expected uint8 or float32 .* got int32"),
        ({"images": IMAGES.astype(np.float64)}, "images: expected uint8 or float32 .* got float64"),
        ({"images": IMAGES[:0]}, "indices: expected 0 to -1"),
        ({"indices": []}, "indices: expected at least one whole number in one dimension, got float64"),
        ({"indices": np.array([], int)}, r"indices: expected at least one whole number .* shape \(0,\)"),
        ({"indices": [0.0, 1.0]}, "indices: expected at least one whole number .* got float64"),
        ({"indices": [True, False]}, "indices: expected at least one whole number .* got bool"),
        ({"indices": [[0, 1]]}, r"indices: expected at least one whole number .* shape \(1, 2\)"),
        ({"indices": 3}, "indices: expected at least one whole number"),
        ({"indices": [0, -1]}, "indices: expected 0 to 11, got -1 to 0"),
        ({"indices": np.array([2**63], np.uint64)}, "indices: expected 0 to 11, got 9223372036854775808"),
        ({"augmentation": np.zeros(11, np.uint32)}, r"augmentation: expected uint32 of shape \(12,\).* shape \(11,\)"),
        ({"augmentation": np.zeros(12)}, "augmentation: expected uint32 .* got float64"),
        ({"augmentation": [0] * 12}, "augmentation: expected uint32 .* got list"),
        ({"augmentation": True}, "augmentation: expected uint32 .* got bool"),
        ({"dtype": np.int32}, "dtype: expected one of float32, float64, got 'int32'"),
        ({"dtype": np.float16}, "dtype: expected one of float32, float64"),
        ({"dtype": "pixels"}, "dtype: expected one of float32, float64"),
    ],
)
def test_a_batch_that_cannot_be_made_is_refused(arguments, match):
    refused(match, own().batch, **{"images": IMAGES, "indices": [0, 1]} | arguments)


def test_an_image_may_stand_in_a_batch_twice_and_indices_may_be_of_any_integer_type():
    data = own()
    expected = data.batch(data.train_images, np.array([7, 7, 2]))
    assert np.array_equal(expected[..., 0], expected[..., 1])
    for given in (
        [7, 7, 2],
        np.array([7, 7, 2], np.uint8),
        np.array([2, 7, 7], ">i2")[::-1],
        np.array([7, 0, 7, 0, 2])[::2],
    ):
        assert np.array_equal(data.batch(data.train_images, given), expected)


@pytest.mark.parametrize("padding", [3, 5, 7, 40])
def test_padding_may_be_larger_than_the_image(padding):
    data = own(padding=padding)
    indices = np.random.default_rng(padding).integers(0, 12, 200)
    words = np.random.default_rng(0).integers(0, 2**32, 12, np.uint32)
    words[:4] = [0, 0xFFFFFFFF, 0x0000FFFF, 0xFFFF0000]  # the farthest places
    x = data.batch(data.train_images, indices, np.float64, words)
    np.testing.assert_allclose(x, plain(data, indices, words), atol=1e-12)


def test_nobody_writes_to_data_behind_their_fingerprint():
    """Neither through the array that they came from, nor through its base; what is fixed is not copied."""
    images, labels = np.zeros((12, 1, 2, 2), np.uint8), np.arange(12) % 2
    for view in (images, images[:10], images[::-1][:10].view()):
        view.flags.writeable = True
        frozen = view.view()
        frozen.flags.writeable = False
        for given in (view, frozen):
            of = labels[: len(given)].copy()
            data = Dataset("own", given, of, given, of, ("even", "odd"), (0.5,), (0.5,))
            before = data.train_images.copy(), data.train_labels.copy()
            images += 1
            of[:] = 0
            np.testing.assert_array_equal(data.train_images, before[0])
            np.testing.assert_array_equal(data.train_labels, before[1])
            with pytest.raises(ValueError, match="read-only"):
                data.train_images[0] = 1
            again = replace(data, name="again")
            assert np.shares_memory(again.train_images, data.train_images)


def test_memory_of_something_else_is_copied(tmp_path):
    """NumPy says of it that nobody can write to it; whoever owns it can."""
    memory = bytearray(12 * 4)
    shared = np.frombuffer(memoryview(memory).toreadonly(), np.uint8).reshape(12, 1, 2, 2)
    np.zeros((12, 1, 2, 2), np.uint8).tofile(tmp_path / "images")
    mapped = np.memmap(tmp_path / "images", np.uint8, "r", shape=(12, 1, 2, 2))
    labels = np.arange(12) % 2
    for given in (shared, mapped):
        data = Dataset("own", given, labels, given, labels, ("even", "odd"), (0.5,), (0.5,))
        memory[:] = bytes([7]) * len(memory)
        np.full((12, 1, 2, 2), 7, np.uint8).tofile(tmp_path / "images")
        assert not data.train_images.any()
        memory[:] = bytes(len(memory))
        np.zeros((12, 1, 2, 2), np.uint8).tofile(tmp_path / "images")
    fixed = np.frombuffer(bytes(12 * 4), np.uint8).reshape(12, 1, 2, 2)  # as it is read from a file: not copied
    assert np.shares_memory(
        Dataset("own", fixed, labels, fixed, labels, ("a", "b"), (0.5,), (0.5,)).train_images, fixed
    )
