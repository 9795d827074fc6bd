"""Data of one's own: told apart by content, read from files and folders, found by name."""

import os
import pickle
import zlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.own import bars, small_cnn
from wn_ref import Dataset, Experiment, InputError, additive, load_dataset, sweep
from wn_ref.datasets.own import OwnData, dataset_of
from wn_ref.datasets.own_files import ARRAYS, add_dataset, added_names, own_dataset, read_folder, read_npz
from wn_ref.datasets.sources import DataWarning
from wn_ref.store.canonical import key

DATA = bars()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder for data, which the environment names."""
    monkeypatch.setenv("WN_REF_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path


def saved(path, data=DATA, **more):
    np.savez(path, **{name: getattr(data, name) for name in ARRAYS}, **more)
    return path


def experiment(dataset, **settings):
    return Experiment(**{"dataset": dataset, "model": small_cnn, "epochs": 1, "batch_size": 32} | settings)


def test_content_decides_and_not_the_name_or_the_place(folder):
    ours = experiment(DATA)
    facts = {"classes": ["columns", "rows"], "mean": [0.3], "std": [0.25]}
    for same in (lambda: DATA, replace(DATA, name="other"), saved(folder / "moved.npz", **facts), bars()):
        assert key(experiment(same)) == key(ours)
    for other in (bars(seed=1), replace(DATA, mean=(0.4,)), bars(amplitude=121)):
        assert key(experiment(other)) != key(ours)
    assert ours.sizes == (120, 120)
    assert experiment(DATA, train_size=50).sizes == (50, 120)
    assert len(experiment(DATA, train_size=50).data().train_labels) == 50


def test_published_data_go_by_their_name():
    assert Experiment(dataset=load_dataset("digits")).dataset == "digits"
    with pytest.raises(InputError, match="dataset: expected a name of its own for data other than digits"):
        Experiment(dataset=replace(DATA, name="digits"))


def test_data_do_not_travel_with_every_experiment():
    travelled = pickle.loads(pickle.dumps(replace(experiment(DATA, model="mlp"))))
    assert travelled.own_data == experiment(DATA).own_data
    assert len(pickle.dumps(experiment(DATA, model="mlp"))) < 5000 < DATA.train_images.nbytes + DATA.test_images.nbytes
    with pytest.raises(InputError, match="expected the data of 'bars' in this process"):
        travelled.data()


def test_two_data_sets_of_one_name_do_not_share_a_store(tmp_path):
    sweep([experiment(DATA)], store=tmp_path / "results.sqlite")
    with pytest.raises(InputError, match=r"store: expected results of the data set bars that is .*other data under"):
        sweep([experiment(bars(seed=1))], store=tmp_path / "results.sqlite")
    table = sweep([experiment(DATA), experiment(bars("more", seed=1))], store=tmp_path / "results.sqlite")
    assert table["data"].tolist() == table["own_data"].tolist()
    assert table["dataset"].tolist() == ["bars", "more"]


def test_the_same_bits_on_one_and_two_workers(tmp_path):
    plan = [experiment(DATA, noise=additive(s), phase="inference", train_size=100) for s in (0.1, 1.0, 10.0)]
    assert sweep(plan)["accuracy"].equals(sweep(plan, jobs=2)["accuracy"])


def test_a_file(folder):
    data = read_npz(saved(folder / "plain.npz"))
    assert (data.name, data.classes, data.mean, data.std) == ("plain", ("0", "1"), (0.0,), (1.0,))
    facts = {"classes": ["c", "r"], "mean": [0.5], "std": [0.5], "padding": 1, "flip": True}
    data = read_npz(saved(folder / "rich.npz", **facts))
    assert (data.classes, data.mean, data.padding, data.flip) == (("c", "r"), (0.5,), 1, True)
    flat = {name: getattr(DATA, name) for name in ARRAYS} | {"train_images": DATA.train_images[:, 0]}
    np.savez(folder / "flat.npz", **flat | {"test_images": DATA.test_images[:, 0]})
    np.testing.assert_array_equal(read_npz(folder / "flat.npz").train_images, DATA.train_images)


def without(name):
    return {one: getattr(DATA, one) for one in ARRAYS if one != name}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (without("test_labels"), "got .*bad.npz without test_labels; add what is missing"),
        (without("train_images") | {"train_images": np.zeros((120, 6))}, "train_images: expected uint8 or float32"),
        (without("train_labels") | {"train_labels": np.zeros(119, int)}, "train_labels: expected 120 whole numbers"),
        (without("train_labels") | {"train_labels": np.full(120, -1)}, "train_labels: expected labels 0 to"),
        (without("test_images") | {"test_images": np.zeros((120, 1, 5, 5))}, "test_images: expected .* as in train_im"),
        (
            without("test_labels") | {"test_labels": np.array([None] * 120)},
            "is broken, no .npz file, or has",
        ),
    ],
)
def test_bad_files(folder, arrays, message):
    np.savez(folder / "bad.npz", **arrays)
    with pytest.raises(InputError, match=message) as caught:
        read_npz(folder / "bad.npz")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"text"])
def test_what_is_no_npz_file(folder, content):
    (folder / "bad.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"dataset: expected an .npz file .*which is broken, no .npz file, or"):
        dataset_of(str(folder / "bad.npz"))


def images(folder, parts=("",), size=(5, 4), mode="L", count=10):
    rng = np.random.default_rng(0)
    for part in parts:
        for name in ("cat", "dog"):
            place = folder / "pets" / part / name
            place.mkdir(parents=True)
            for number in range(count):
                shape = (*size[::-1], 3) if mode == "RGB" else size[::-1]
                Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(place / f"{number:02}.png")
    return folder / "pets"


def test_a_folder_of_images(folder):
    data = read_folder(images(folder))
    assert (data.name, data.classes, data.shape) == ("pets", ("cat", "dog"), (1, 4, 5))
    assert data.train_labels.tolist() == [0] * 8 + [1] * 8
    assert data.test_labels.tolist() == [0] * 2 + [1] * 2
    fifth = np.asarray(Image.open(folder / "pets" / "cat" / "04.png"))
    np.testing.assert_array_equal(data.test_images[0, 0], fifth)


def test_a_folder_with_two_parts_and_colours(folder):
    data = read_folder(images(folder, ("train", "test"), mode="RGB"))
    assert (data.shape, len(data.train_labels), len(data.test_labels)) == ((3, 4, 5), 20, 20)
    first = np.asarray(Image.open(folder / "pets" / "train" / "cat" / "00.png"))
    np.testing.assert_array_equal(data.train_images[0], first.transpose(2, 0, 1))
    Image.fromarray(first[..., 0]).save(folder / "pets" / "train" / "cat" / "00.png")  # one grey image among them
    grey = read_folder(folder / "pets").train_images[0]
    np.testing.assert_array_equal(grey, np.stack([first[..., 0]] * 3))


def test_bad_folders(folder):
    pets = images(folder)
    Image.fromarray(np.zeros((3, 3), np.uint8)).save(pets / "dog" / "small.png")
    with pytest.raises(InputError, match=r"expected images of one size, got 5 x 4 and 3 x 3 \(small.png\); scale them"):
        read_folder(pets)
    (pets / "dog" / "small.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"dataset: .*small.png: expected an image, got cannot identify .*; remove"):
        read_folder(pets)
    for file in (pets / "dog").iterdir():
        file.unlink()
    (pets / "dog").rmdir()
    with pytest.raises(InputError, match=r"expected a folder for each of two or more classes in .*pets, got cat"):
        read_folder(pets)


def test_a_name_for_data_of_ones_own(folder):
    source = saved(folder / "plain.npz")
    add_dataset("mine", source)
    source.unlink()
    assert added_names() == ["mine"]
    assert load_dataset("mine").name == "mine"
    assert isinstance(dataset_of("mine"), OwnData)
    assert len(load_dataset("mine", train_size=30).train_labels) == 30
    other = saved(folder / "other.npz", bars(seed=1))
    with pytest.raises(InputError, match="name: expected a new one, got 'mine', which is known; choose another or add"):
        add_dataset("mine", other)
    before = own_dataset("mine")
    add_dataset("mine", other, force=True)
    assert not np.array_equal(own_dataset("mine").train_images, before.train_images)
    for name in ("mnist", "../mine", "a b", ""):
        with pytest.raises(InputError, match="name: expected letters, digits, - and _, no published name, got "):
            add_dataset(name, other)
    with pytest.raises(InputError, match=r"dataset: expected one of .*mine, got 'mien'; did you mean 'mine'"):
        load_dataset("mien")


def test_two_data_sets_of_one_name_do_not_share_a_sweep():
    with pytest.raises(InputError, match="dataset: expected one data set of the name 'bars' in a sweep, got 2"):
        sweep([experiment(DATA), experiment(bars(seed=1))])


def test_images_with_more_than_8_bits_are_not_cut(folder):
    pets = images(folder)
    for mode in ("grey", "colours"):
        (pets / "dog" / "00.png").write_bytes(png_of_16_bits(mode))
        with pytest.raises(InputError, match=r"^dataset: expected 8 bits a channel, got more in .*00.png; convert it$"):
            read_folder(pets)


def png_of_16_bits(mode):
    """A PNG of 5 x 4 pixels, by hand: Pillow does not write colours of 16 bits."""

    def chunk(kind, content):
        checksum = zlib.crc32(kind + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + kind + content + checksum

    header = (5).to_bytes(4, "big") + (4).to_bytes(4, "big") + bytes([16, {"grey": 0, "colours": 2}[mode], 0, 0, 0])
    line = bytes(1) + b"\x01\xff" * 5 * {"grey": 1, "colours": 3}[mode]
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(line * 4)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def test_transparent_pixels_are_not_made_up(folder):
    """What is under them is not seen by anybody; a channel of alpha that hides nothing does no harm."""
    pets = images(folder)
    pixels = np.full((4, 5, 4), 255, np.uint8)
    Image.fromarray(pixels).save(pets / "dog" / "00.png")
    assert read_folder(pets).shape == (3, 4, 5)
    pixels[0, 0, 3] = 0
    Image.fromarray(pixels).save(pets / "dog" / "00.png")
    with pytest.raises(InputError, match=r"expected an opaque image, got a transparent one in .*00.png; flatten it"):
        read_folder(pets)


def test_images_in_other_places_are_not_left_out_without_a_word(folder):
    pets = images(folder, ("train", "test"))
    for place in ("val/cat", "train/cat/more"):
        (pets / place).mkdir(parents=True)
    for name in ("top.png", "train/loose.png", "train/cat/more/deep.png"):
        (pets / name).write_bytes((pets / "train" / "cat" / "00.png").read_bytes())
    with pytest.warns(DataWarning) as warned:
        assert len(read_folder(pets).train_labels) == 20
    assert len(warned) == 1
    assert "left out 4 files of another kind or in another place, the first " in str(warned[0].message)


def test_a_bitmap_of_16_bits_a_pixel_is_read(folder):
    """5, 6 and 5 bits of red, green and blue: fewer than 8 each."""
    pets = images(folder)
    header = b"BM" + (66 + 40).to_bytes(4, "little") + bytes(4) + (66).to_bytes(4, "little")
    info = (40).to_bytes(4, "little") + (5).to_bytes(4, "little") + (4).to_bytes(4, "little") + bytes([1, 0, 16, 0, 3])
    masks = b"".join(mask.to_bytes(4, "little") for mask in (0xF800, 0x07E0, 0x001F))
    pixels = (b"\x00\xf8" * 5 + bytes(2)) * 4
    (pets / "dog" / "00.bmp").write_bytes(header + info + bytes(3 + 4 * 5) + masks + pixels)
    (pets / "dog" / "00.png").unlink()
    assert read_folder(pets).shape == (3, 4, 5)


def test_every_class_is_tested(folder):
    pets = images(folder, count=4)
    with pytest.raises(
        InputError, match=r"expected 5 or more images in .*cat, of which every fifth is for the test, g"
    ):
        read_folder(pets)


@pytest.mark.parametrize("damage", ["a huge one", "a byte of a header"])
def test_images_that_pillow_refuses_in_its_own_ways(damage, folder, monkeypatch):
    pets = images(folder)
    file = pets / "dog" / "00.png"
    if damage == "a huge one":
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)  # an error from twice as many on
    else:
        raw = bytearray(file.read_bytes())
        raw[11] = 3  # bytes in the header's chunk
        file.write_bytes(raw)
    with pytest.raises(
        InputError, match=r"^dataset: .*\.png: expected an image, got .*; remove or repair it$"
    ) as caught:
        read_folder(pets)
    assert "\n" not in str(caught.value)


def test_what_a_file_has_besides_is_used_or_refused(folder):
    """A fact that is misspelt would not be a fact."""
    add_dataset("weighted", saved(folder / "w.npz", class_weights=(1.0, 3.0)))
    assert load_dataset("weighted").class_weights == (1.0, 3.0)
    add_dataset("plain", saved(folder / "p.npz"))
    assert load_dataset("plain").class_weights is None
    saved(folder / "bad.npz", mena=[0.5])
    with pytest.raises(
        InputError, match=r"with mena, too; besides, it may have classes, mean, std, padding, flip, clas"
    ):
        read_npz(folder / "bad.npz")
    np.save(folder / "one.npy", np.zeros(3))
    (folder / "one.npy").rename(folder / "one.npz")
    with pytest.raises(InputError, match=r"dataset: expected an .npz file .*which is broken, no .npz file, or"):
        read_npz(folder / "one.npz")


def test_guessing_knows_the_most_frequent_class():
    labels = np.array([0] * 9 + [1])
    images = np.zeros((10, 1, 2, 2), np.uint8)
    data = Dataset("own", images, labels, images, labels, ("often", "seldom"), (0.5,), (0.5,))
    assert OwnData.of(data).entry.guess == 0.9


@pytest.mark.parametrize("name", [None, 5, b"mnist", "x" * 300])
def test_what_cannot_be_a_name(name):
    with pytest.raises(InputError, match=r"dataset: .*expected a") as caught:
        load_dataset(name)
    assert "\n" not in str(caught.value)


def test_the_path_of_a_published_name_is_none():
    with pytest.raises(InputError, match=r"expected the name of a published data set as a str, got .*; leave out Path"):
        load_dataset(Path("digits"))


def test_what_changes_on_disk_or_in_a_function_is_read_again(folder):
    pets = images(folder)
    before = dataset_of(str(pets)).content
    Image.fromarray(np.zeros((4, 5), np.uint8)).save(pets / "dog" / "00.png")
    assert dataset_of(str(pets)).content != before
    seeds = [0]

    def make():
        return bars(seed=seeds[0])

    before = dataset_of(make).content
    seeds[0] = 1
    assert dataset_of(make).content != before


def test_no_class_is_without_images_and_what_is_left_out_is_said(folder):
    pets = images(folder)
    for file in (pets / "dog").iterdir():
        file.rename(file.with_suffix(".webp"))
    with (
        pytest.warns(DataWarning, match=r"left out 10 files of another kind or in another place, .*00\.webp"),
        pytest.raises(InputError, match=r"dataset: expected images \(.png, .*\) in .*dog, got none"),
    ):
        read_folder(pets)
    both = images(folder / "both", ("train", "test"))
    (both / "train" / "cat" / "notes.txt").write_text("ten cats")
    with pytest.warns(DataWarning, match="left out 1 file of another kind"):
        assert len(read_folder(both).train_labels) == 20
    (both / "train" / "cat" / "notes.txt").unlink()
    for file in (both / "test" / "cat").iterdir():
        file.unlink()
    with pytest.raises(InputError, match=r"expected images .* in .*test.cat, got none"):
        read_folder(both)


def test_a_part_that_is_missing_is_named(folder):
    train_only = images(folder, ("train",))
    with pytest.raises(InputError, match=r"dataset: expected train and test in .*pets, got no test; add it"):
        read_folder(train_only)


def test_any_byte_of_a_compressed_file_may_be_damaged(folder):
    """One line, or the same arrays: nothing else comes of it."""
    arrays = {name: getattr(bars(), name) for name in ARRAYS}
    np.savez_compressed(folder / "bars.npz", **arrays)
    whole, broken = (folder / "bars.npz").read_bytes(), 0
    for position in range(0, len(whole), 7):
        (folder / "bars.npz").write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        with suppress(InputError):
            read_npz(folder / "bars.npz")
            continue
        broken += 1
    assert broken > 20


def test_a_label_that_no_image_can_have_takes_no_memory(folder):
    arrays = {name: getattr(bars(), name) for name in ARRAYS}
    arrays["train_labels"] = arrays["train_labels"].astype(np.int64)
    arrays["train_labels"][0] = 3_000_000_000
    np.savez(folder / "far.npz", **arrays)
    with pytest.raises(InputError, match="labels from 0 to the number of classes - 1 in far, got 3000000000"):
        read_npz(folder / "far.npz")


def test_data_behind_a_link_and_files_of_the_same_age_are_read_again(folder):
    pets = images(folder / "real")
    (folder / "some").mkdir()
    for name in ("cat", "dog"):
        (folder / "some" / name).symlink_to(pets / name)
    before = len(own_dataset(folder / "some").train_labels)
    (pets / "cat" / "10.png").write_bytes((pets / "cat" / "00.png").read_bytes())
    assert len(own_dataset(folder / "some").train_labels) == before + 1
    for number, name in enumerate(("a", "b")):
        arrays = {one: getattr(bars(), one) for one in ARRAYS}
        arrays["train_images"] = arrays["train_images"] + np.uint8(number)
        np.savez(folder / f"{name}.npz", **arrays)
        os.utime(folder / f"{name}.npz", (1e9, 1e9))
    first = own_dataset(folder / "a.npz").train_images.copy()
    (folder / "b.npz").replace(folder / "a.npz")
    assert (own_dataset(folder / "a.npz").train_images != first).any()
