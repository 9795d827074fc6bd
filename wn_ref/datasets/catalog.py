"""What is published where: one entry for each data set, with the facts that its files do not hold themselves.

Normalisation and augmentation are those of the paper's runs. The checksums are the publishers'.
"""

from __future__ import annotations

from dataclasses import replace

from wn_ref.datasets import cifar10, digits, idx, mfcc, shipped, speech, svhn
from wn_ref.datasets.entry import Entry, PublishedFile


def _idx_files(base: str, *facts: tuple[str, int, str, str]) -> tuple[PublishedFile, ...]:
    """Return four files at one address; the facts are name without .gz, size, MD5, and MD5 of the content."""
    return tuple(
        PublishedFile(
            f"{stem}.gz", size, f"md5:{md5}", f"{base}/{stem}.gz", unpacked=stem, other_names=_kaggle(stem),
            content_md5=content_md5,
        )
        for stem, size, md5, content_md5 in facts
    )  # fmt: skip


def _kaggle(stem: str) -> tuple[str, ...]:
    """Return where the file is in Kaggle's copies of MNIST: train-images.idx3-ubyte, or in a folder of its own."""
    return (stem.replace("-idx", ".idx"), f"{stem}/{stem}")


_MNIST_FILES = _idx_files(
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    ("train-images-idx3-ubyte", 9912422, "f68b3c2dcbeaaa9fbdd348bbdeb94873", "6bbc9ace898e44ae57da46a324031adb"),
    ("train-labels-idx1-ubyte", 28881, "d53e105ee54ea40749a09fcbcd1e9432", "a25bea736e30d166cdddb491f175f624"),
    ("t10k-images-idx3-ubyte", 1648877, "9fb629c4189551a2d022fa330f9573f3", "2646ac647ad5339dbf082846283269ea"),
    ("t10k-labels-idx1-ubyte", 4542, "ec29112dd5afa0611ce80d1b7f02629c", "27ae3e4e09519cfbb04c329615203637"),
)
_FASHION_MNIST_FILES = _idx_files(
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
    ("train-images-idx3-ubyte", 26421880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
    ("train-labels-idx1-ubyte", 29515, "25c81989df183df01b3e8a0aad5dffbe", "9018921c3c673c538a1fc5bad174d6f9"),
    ("t10k-images-idx3-ubyte", 4422102, "bef4ecab320f06d8554ea6380940ec79", "8181f5470baa50b63fa0f6fddb340f0a"),
    ("t10k-labels-idx1-ubyte", 5148, "bb300cfdad3c16e7a12a480ee83cd310", "15d484375f8d13e6eb1aabb0c3f46965"),
)
_SVHN_FILES = (
    PublishedFile(
        "train_32x32.mat",
        182040794,
        "md5:e26dedcc434d2e4c54c9b2d4a06d8373",
        "http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
    ),
    PublishedFile(
        "test_32x32.mat",
        64275384,
        "md5:eb5a983be6a315427106f1b164d9cef3",
        "http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
    ),
)
_CIFAR10_ARCHIVE = PublishedFile(
    "cifar-10-binary.tar.gz",
    170052171,
    "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    unpacked="cifar-10-batches-bin",
    unreadable=("cifar-10-batches-py", "cifar-10-python.tar.gz"),
    members=(
        ("data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
        ("data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
        ("data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
        ("data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
        ("data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
        ("test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
    ),
)
_GSC_URL = "https://storage.googleapis.com/download.tensorflow.org/data"
_GSC_ARCHIVE = PublishedFile(
    "speech_commands_v0.02.tar.gz",
    2428923189,
    "sha256:af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
    f"{_GSC_URL}/speech_commands_v0.02.tar.gz",
    unpacked="speech_commands_v0.02",
)
_GSC_TEST_ARCHIVE = PublishedFile(
    "speech_commands_test_set_v0.02.tar.gz",
    112563277,
    "sha256:cc2a00c1147c2254e9be3fa0f779d8c17421dc349b86366567a8edfa9acd51df",
    f"{_GSC_URL}/speech_commands_test_set_v0.02.tar.gz",
    unpacked="speech_commands_test_set_v0.02",
)

DIGITS = tuple("0123456789")
CLOTHES = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

_mnist = Entry(
    "MNIST", folder="mnist", files=_MNIST_FILES, read=idx.read, shape=(1, 28, 28), train_size=60_000, test_size=10_000,
    classes=DIGITS, licence="CC BY-SA 3.0", most_frequent=1135,
)  # fmt: skip
_fashion_mnist = replace(
    _mnist, title="FashionMNIST", folder="fashion_mnist", files=_FASHION_MNIST_FILES, classes=CLOTHES, licence="MIT",
    mean=(0.5,), std=(0.5,), padding=4, flip=True, most_frequent=0,  # of each class equally many
)  # fmt: skip
_cifar10 = Entry(
    "CIFAR-10", folder="cifar10", files=(_CIFAR10_ARCHIVE,), read=cifar10.read, shape=(3, 32, 32), train_size=50_000,
    test_size=10_000, classes=THINGS, licence="none stated; cite the report",
    mean=(0.4914, 0.4822, 0.4465), std=(0.2023, 0.1994, 0.2010), padding=4, flip=True,
)  # fmt: skip
_svhn = replace(  # normalised and augmented like CIFAR-10, as in the paper's runs
    _cifar10, title="SVHN, cropped digits", folder="svhn", files=_SVHN_FILES, read=svhn.read, train_size=73_257,
    test_size=26_032, classes=DIGITS, licence="non-commercial use", most_frequent=5099,
)  # fmt: skip
_gsc = Entry(
    "Google Speech Commands v2", folder="gsc", files=(_GSC_ARCHIVE, _GSC_TEST_ARCHIVE), read=speech.read,
    shape=(1, mfcc.COEFFICIENTS, mfcc.FRAMES), train_size=85_511, test_size=4890, classes=speech.CLASSES,
    licence="CC BY 4.0", class_weights=speech.class_weights, most_frequent=425,
)  # fmt: skip
_gsc_test_set = replace(
    _gsc, title="Google Speech Commands v2, its test set alone", files=(_GSC_TEST_ARCHIVE,), read=speech.read_test_set,
    train_size=3912, test_size=978, most_frequent=85,
)  # fmt: skip

CATALOG = {
    "mnist_sample": replace(
        _mnist, title="MNIST, a sample", files=(), read=shipped.mnist, train_size=8000, test_size=2000,
        most_frequent=225,
    ),
    "fashion_mnist_sample": replace(
        _fashion_mnist, title="FashionMNIST, a sample", files=(), read=shipped.fashion_mnist, train_size=8000,
        test_size=2000,
    ),
    "digits": Entry(
        "scikit-learn's digits", folder="digits", files=(), read=digits.read, shape=(1, 8, 8), train_size=1437,
        test_size=360, classes=DIGITS, licence="CC BY 4.0", most_frequent=37,
    ),
    "gsc_sample": replace(_gsc_test_set, title="Google Speech Commands v2, a sample", files=(), read=shipped.gsc),
    "mnist": _mnist,
    "fashion_mnist": _fashion_mnist,
    "svhn": _svhn,
    "cifar10": _cifar10,
    "gsc": _gsc,
    "gsc_test_set": _gsc_test_set,
}  # fmt: skip
