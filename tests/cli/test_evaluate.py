"""`wn-ref train --save` and `wn-ref evaluate` as a person meets them."""

import numpy as np
import pytest

import wn_ref as wn
from tests.cli.command_line import assert_one_line_error
from tests.own import bars
from wn_ref.datasets.own_files import ARRAYS
from wn_ref.ports.network_file import network_facts

TRAIN = ("train", "--dataset", "digits", "--epochs", "2", "--save")


@pytest.mark.parametrize("noise", ["additive", "multiplicative_first"])
def test_a_saved_network_has_the_accuracy_that_training_printed(noise, run):
    options = ("--noise", noise, "--sigma", "0.3", "--point", "dense2", "--seed", "4", "--batch-size", "100")
    trained = run(*TRAIN, "a.npz", "--phase", "inference", *options)
    *_, clean, noisy, saved = trained.stdout.splitlines()
    assert saved == "network: a.npz"
    assert run("evaluate", "a.npz", *options).stdout == f"{noisy}\n"
    assert run("evaluate", "a.npz").stdout == f"accuracy without noise: {clean.split()[-1]}\n"
    assert run("evaluate", "a.npz", *options, "--seed", "5").stdout != f"{noisy}\n"
    assert network_facts("a.npz").seed == 4


def test_noise_in_training_and_a_part_of_the_test_images(run):
    trained = run(*TRAIN, "a.npz", "--sigma", "0.5", "--no-batchnorm", "--model", "mlp", "--clamp")
    assert trained.returncode == 0, trained.stderr
    net, data = wn.load_network("a.npz"), wn.load_dataset("digits", test_size=50)
    done = run("evaluate", "a.npz", "--dataset", "digits", "--test-size", "50")
    assert done.stdout == f"accuracy without noise: {wn.evaluate(net, data):.2%}\n"
    assert '"noise":{"sigma_add":0.5}' in network_facts("a.npz").experiment


def test_a_network_and_data_of_ones_own(run, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from wn_ref import Network\nfrom wn_ref.layers import Dense, Flatten\n"
        "def two(shape, classes, batchnorm, seed, dtype):\n"
        "    return Network([Flatten(), Dense(64, classes, seed, 0, dtype)], dtype, shape)\n"
    )
    data = wn.load_dataset("digits")
    arrays = {
        f"{part}_{what}": getattr(data, f"{part}_{what}") for part in ("train", "test") for what in ("images", "labels")
    }
    np.savez(tmp_path / "mine.npz", **arrays, mean=(0.25,), std=(0.5,))
    given = ("--model", "mine.py:two", "--dataset", "mine.npz")
    trained = run("train", *given, "--epochs", "1", "--save", "a.npz")
    accuracy = trained.stdout.splitlines()[-2].split()[-1]
    assert run("evaluate", "a.npz", *given).stdout == f"accuracy without noise: {accuracy}\n"
    assert_one_line_error(
        run("evaluate", "a.npz", "--dataset", "mine.npz"),
        "--model: expected the function that builds the network, which was mine.py:two, got none",
    )
    other = run("evaluate", "a.npz", "--model", "mine.py:two", "--dataset", "digits")
    assert other.returncode == 0
    assert other.stderr.startswith(
        "wn-ref: warning: --dataset: expected images normalised with mean [0.25] and std [0.5]"
    )
    (tmp_path / "mine.py").write_text((tmp_path / "mine.py").read_text().replace("seed, 0", "seed, 1"))
    changed = run("evaluate", "a.npz", *given)
    assert changed.stdout == f"accuracy without noise: {accuracy}\n"
    assert "wn-ref: warning: --model: expected the code with which the network was saved" in changed.stderr


def test_what_is_refused(run, tmp_path):
    (tmp_path / "taken.npz").write_text("mine")
    assert_one_line_error(run(*TRAIN, "taken.npz"), "--save: expected a new name, got taken.npz")
    assert_one_line_error(run(*TRAIN, "a.txt"), "--save: expected one of .npz, got '.txt'")
    assert_one_line_error(run(*TRAIN, "nowhere/a.npz"), "--save: expected a folder to write to, got nowhere")
    assert (tmp_path / "taken.npz").read_text() == "mine"
    assert_one_line_error(run("evaluate", "taken.npz"), "FILE: expected a network that wn_ref.save_network wrote")
    assert_one_line_error(run("evaluate", "absent.npz"), "got absent.npz: No such file")
    assert run(*TRAIN, "taken.npz", "--force").returncode == 0
    for options, message in (
        (
            "--dataset mnist_sample",
            "--dataset: expected images of (1, 8, 8) and 10 classes, as the network of taken.npz",
        ),
        ("--dataset digit", "--dataset: expected one of "),
        ("--model lenet5", "--model: expected mlp, of which the file is, got lenet5; leave it out"),
        ("--sigma -1", "--sigma: expected a finite standard deviation"),
        ("--sigma 1 --point dense9", "--point: expected 'global', 'all' or 0 to 10"),
        ("--sigma 1 --noise loud", "--noise: expected one of"),
        ("--batch-size 0", "--batch-size: expected a whole number of at least 1"),
        ("--test-size 99999", "--test-size of digits: expected at most"),
    ):
        assert_one_line_error(run("evaluate", "taken.npz", *options.split()), message)
    wn.save_network(wn.build_model("mlp", (1, 8, 8)), tmp_path / "new.npz")
    assert_one_line_error(run("evaluate", "new.npz"), "--dataset: expected one, because new.npz does not say")


def test_a_network_of_ones_own_data_says_which(run, tmp_path):
    arrays = {name: getattr(bars(), name) for name in ARRAYS}
    np.savez(tmp_path / "mine.npz", **arrays)
    assert run("train", "--dataset", "mine.npz", "--epochs", "1", "--save", "net.npz").returncode == 0
    done = run("evaluate", "net.npz")
    assert_one_line_error(
        done, "wn-ref: --dataset: expected the data of your own from which net.npz has learned, 'mine'"
    )
    assert run("evaluate", "net.npz", "--dataset", "mine.npz").returncode == 0
