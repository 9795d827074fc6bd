"""`wn-ref data` as a person meets it."""

import gzip

import numpy as np
import pytest

from tests.datasets import files
from tests.own import bars
from wn_ref.datasets.own_files import ARRAYS


@pytest.fixture
def elsewhere(tmp_path, rng, monkeypatch):
    """A cache and a folder of one's own, with files like MNIST's in it, and no way to the network."""
    files.mnist(tmp_path / "data" / "mnist", rng, train=200, test=100)
    monkeypatch.setenv("WN_REF_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    return tmp_path


def test_listing_says_what_is_here_and_what_is_not(elsewhere, run):
    done = run("data")
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line}
    assert "60,000  10,000     12 MB  CC BY-SA 3.0" in lines["mnist"]
    assert f"{elsewhere / 'data' / 'mnist'} (not the publisher's)" in lines["mnist"]
    assert lines["svhn"].endswith("absent")
    assert lines["mnist_sample"].endswith("comes with this package")
    assert {"fashion_mnist", "cifar10", "gsc", "gsc_test_set", "digits"} <= set(lines)
    assert str(elsewhere / "cache") in done.stdout


def test_get_checks_and_show_draws(elsewhere, run):
    done = run("data", "get", "mnist")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("not the publisher's") == 4
    assert "mnist: 200 to train, 100 to test, 10 classes" in done.stdout
    for name in ("digits.png", "digits-2.png"):  # nothing is overwritten
        done = run("data", "show", "digits")
        assert done.stdout == f"figure: {name}\n", done.stderr
        assert (elsewhere / name).stat().st_size > 5000


def test_show_draws_speech(elsewhere, run):
    without_clips = run("data", "show", "gsc_sample")
    assert "features only, because no clips are here; wn-ref data get gsc_test_set" in without_clips.stdout
    folders = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes", "_silence_", "_unknown_")
    clips = {f"{folder}/{i}.wav": files.tone(200 + 70 * k) for k, folder in enumerate(folders) for i in range(5)}
    files.unpack(elsewhere / "data" / "gsc" / "speech_commands_test_set_v0.02", clips)
    assert "features only" not in run("data", "show", "gsc_sample").stdout
    done = run("data", "show", "gsc_test_set", "--output", "speech.png")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("is used, but is unpacked") == 1
    assert (elsewhere / "speech.png").stat().st_size > 20_000


def test_damaged_files_are_one_line_and_exit_code_2(elsewhere, run):
    labels = elsewhere / "data" / "mnist" / "train-labels-idx1-ubyte.gz"
    for content, message in (
        (labels.read_bytes()[:-9], "train-labels-idx1-ubyte.gz: expected a complete file, got Compressed file ended"),
        (gzip.compress(files.idx(np.arange(200))), "mnist: expected labels 0 to 9, got 0 to 199"),
    ):
        labels.write_bytes(content)
        done = run("train", "--dataset", "mnist", "--epochs", "1")
        assert done.returncode == 2
        assert message in done.stderr
        assert [line for line in done.stderr.splitlines() if "warning" not in line] == [done.stderr.splitlines()[-1]]


def test_data_of_ones_own(run, tmp_path, monkeypatch):
    monkeypatch.setenv("WN_REF_DATA", str(tmp_path))
    np.savez(tmp_path / "bars.npz", **{name: getattr(bars(), name) for name in ARRAYS})
    assert run("data", "add", "mine", "bars.npz").stdout == "mine: 120 to train, 120 to test, 2 classes\n"
    listed = next(line for line in run("data").stdout.splitlines() if line.startswith("mine "))
    assert "your own" in listed
    assert run("data", "show", "mine").stdout == "figure: mine.png\n"
    assert run("train", "--dataset", "mine", "--epochs", "1", "--batch-size", "32").returncode == 0
    for arguments, message in (
        (
            ("add", "mine", "bars.npz"),
            "NAME: expected a new one, got 'mine', which is known; choose another or add --force",
        ),
        (("add", "mnist", "bars.npz"), "NAME: expected letters, digits, - and _, no published name, got 'mnist'"),
        (
            ("add", "more", "absent"),
            "SOURCE: expected an .npz file or a folder of images, got 'absent'; choose another",
        ),
        (("add", "a" * 300, "bars.npz"), "File name too long"),
        (("add", "more", "absent.npz"), "expected an .npz file with train_images"),
        (("show", "mien"), "did you mean 'mine'?"),
    ):
        done = run("data", *arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert message in done.stderr


def test_a_network_in_a_file_of_ones_own(run, tmp_path):
    (tmp_path / "nets.py").write_text("from tests.own import small_cnn\n")
    network = ("--dataset", "digits", "--model", "nets.py:small_cnn")
    assert run("train", *network, "--epochs", "1").returncode == 0
    walked = run("walk", *network, "--epochs", "1", "--seeds", "1", "--sigmas", "0.1:100:4", "--store", "s.sqlite")
    assert walked.stdout.startswith("small_cnn with batch norm, digits, 1 epoch"), walked.stderr
    assert "own_model" not in walked.stdout
    assert run("figure", "2", "--store", "s.sqlite").stdout.startswith("figure 2")
    for text, message in (
        ("nets.py:small", "it has "),
        ("net.py:small_cnn", "but no such file"),
        ("nets:x", "got 'x'"),
    ):
        done = run("train", "--model", text)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert message in done.stderr
        assert done.stderr.startswith("wn-ref: --model: ")


def test_a_damaged_file_does_not_hide_the_others(run, tmp_path, monkeypatch):
    monkeypatch.setenv("WN_REF_DATA", str(tmp_path))
    np.savez(tmp_path / "bars.npz", **{name: getattr(bars(), name) for name in ARRAYS})
    for name in ("good", "bad"):
        assert run("data", "add", name, "bars.npz").returncode == 0
    (tmp_path / "added" / "bad.npz").write_bytes(b"PK")
    done = run("data")
    assert done.returncode == 0
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line}
    assert "your own" in lines["good"]
    assert "dataset: expected an .npz file with train_images" in lines["bad"]
