"""Where files are looked for, in which order, and in which layouts."""

import gzip

import numpy as np
import pytest

from tests.datasets import files
from wn_ref import InputError, load_dataset
from wn_ref.datasets import CATALOG, places
from wn_ref.datasets.places import find


def test_order_of_places(bare, monkeypatch):
    file = CATALOG["fashion_mnist"].files[0]
    monkeypatch.setattr(places, "DEBIAN", {"fashion_mnist": bare / "debian"})
    order = places.places("fashion_mnist")
    assert order == [
        bare / "data" / "fashion_mnist",
        bare / "data" / "fashion_mnist" / "FashionMNIST" / "raw",
        bare / "data" / "FashionMNIST" / "raw",
        bare / "debian",
        bare / "cache" / "wn_ref" / "fashion_mnist",
    ]
    assert find("fashion_mnist", file) is None
    for place in reversed(order):
        place.mkdir(parents=True, exist_ok=True)
        (place / file.name).write_bytes(b"x")
        assert find("fashion_mnist", file) == place / file.name
    assert bare / "debian" not in places.places("mnist")
    assert places.places("mnist")[-1] == bare / "cache" / "wn_ref" / "mnist"
    monkeypatch.delenv(places.VARIABLE)
    assert find("fashion_mnist", file) == bare / "debian" / file.name


@pytest.mark.parametrize("named", ["nowhere", "a_file", "~/nowhere"])
def test_a_folder_that_does_not_exist_is_said(named, bare, monkeypatch):
    (bare / "a_file").write_text("no folder")
    monkeypatch.setenv("HOME", str(bare))
    monkeypatch.setenv(places.VARIABLE, named if named[0] == "~" else str(bare / named))
    with pytest.raises(
        InputError, match=f"^WN_REF_DATA: expected a folder with data sets, got '.*{named}'; make it or"
    ):
        load_dataset("mnist")
    assert len(load_dataset("digits").test_labels) == 360  # comes with a library


def test_no_name_means_no_folder(bare, monkeypatch):
    monkeypatch.setenv(places.VARIABLE, "")
    assert places.places("mnist") == [bare / "cache" / "wn_ref" / "mnist"]
    monkeypatch.setenv("HOME", str(bare))
    monkeypatch.setenv(places.VARIABLE, "~/data")
    assert places.places("svhn")[0] == bare / "data" / "svhn"


@pytest.mark.parametrize("layout", ["mnist/{}", "mnist/MNIST/raw/{}", "MNIST/raw/{}"])
@pytest.mark.parametrize("name", ["{stem}.gz", "{stem}", "{kaggle}", "{stem}/{stem}"])
@pytest.mark.filterwarnings("ignore::wn_ref.datasets.sources.DataWarning")
def test_layouts_that_people_have_of_mnist(layout, name, bare, rng):
    arrays = files.mnist(bare / "here", rng)
    for stem in arrays:
        told = bare / "data" / layout.format(name.format(stem=stem, kaggle=stem.replace("-idx", ".idx")))
        told.parent.mkdir(parents=True, exist_ok=True)
        content = (bare / "here" / f"{stem}.gz").read_bytes()
        told.write_bytes(content if told.suffix == ".gz" else gzip.decompress(content))
    data = load_dataset("mnist")
    assert np.array_equal(data.train_images[:, 0], arrays["train-images-idx3-ubyte"])
    assert np.array_equal(data.test_labels, arrays["t10k-labels-idx1-ubyte"])


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("cifar10", "cifar-10-batches-bin"),
        ("cifar10", "cifar10/cifar-10-batches-bin"),
        ("gsc_test_set", "SpeechCommands/speech_commands_test_set_v0.02"),
        ("gsc_test_set", "gsc/SpeechCommands/speech_commands_test_set_v0.02"),
        ("svhn", "train_32x32.mat"),
        ("fashion_mnist", "FashionMNIST/raw/train-images-idx3-ubyte"),
    ],
)
def test_layouts_that_people_have_of_the_others(name, where, bare):
    (bare / "data" / where).mkdir(parents=True)
    assert find(CATALOG[name].folder, CATALOG[name].files[0]) == bare / "data" / where


def test_what_is_mnists_is_not_taken_for_fashion_mnists(bare, rng):
    files.mnist(bare / "data" / "MNIST" / "raw", rng)
    assert all(find("mnist", file) for file in CATALOG["mnist"].files)
    assert not any(find("fashion_mnist", file) for file in CATALOG["fashion_mnist"].files)


@pytest.mark.parametrize(
    "where", ["cifar10/cifar-10-batches-py", "cifar-10-batches-py", "cifar10/cifar-10-python.tar.gz"]
)
def test_the_pickles_of_cifar10_are_refused_with_the_reason(where, bare):
    (bare / "data" / where).mkdir(parents=True)
    with pytest.raises(
        InputError, match=r"^cifar10: expected cifar-10-binary.tar.gz, got .*, a pickle \(loading"
    ) as caught:
        load_dataset("cifar10")
    assert "wn-ref data get cifar10" in str(caught.value)
    (bare / "cache" / "wn_ref" / "cifar10" / "cifar-10-batches-bin").mkdir(parents=True)
    with pytest.raises(
        InputError, match=r"cifar-10-batches-bin: expected .* in it, got no data_batch_1.bin"
    ):  # what can be read is preferred
        load_dataset("cifar10")
