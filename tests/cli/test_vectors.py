"""`wn-ref vectors` and `wn-ref check` as a person meets them."""

import json

import numpy as np
import pytest

PORT = "wn_ref.ports.numpy_port:NumpyPort"
WRONG = """
from wn_ref.ports.numpy_port import NumpyPort

class Wrong(NumpyPort):
    beta2 = 0.99
"""


def test_vectors_are_written(run, tmp_path):
    for name in ("vectors.npz", "vectors-2.npz"):  # nothing is overwritten
        done = run("vectors", "--model", "lenet5", "--no-batchnorm", "--point", "conv2", "--steps", 1)
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"{name}: 1 training step and an evaluation; additive noise\n"
        with np.load(tmp_path / name) as file:
            normals = [key for key in file.files if "/normal/" in key]
            assert normals == ["0/normal/4/0", "evaluation/normal/4/0"]
    assert run("check", ".", PORT).returncode == 0


def test_every_setting_of_a_case_is_an_option(run, tmp_path):
    weights = ",".join(map(str, range(1, 11)))
    options = (
        "--noise additive_first --sigma 0.3 --sigma-additive 0.2 --gradient straight_through --point relu1 --seed 4"
    )
    options += " --steps 2 --batch 5 --learning-rate 0.01 --epochs 3 --steps-per-epoch 1 --clamp --executions 2"
    done = run("vectors", *options.split(), "--class-weights", weights, "--dtype", "float32", "--output", "v.npz")
    assert done.returncode == 0, done.stderr
    meta = json.loads(np.load(tmp_path / "v.npz")["meta"].tobytes())
    assert (meta["noise"]["sigma_mul"], meta["noise"]["sigma_add"], meta["noise"]["first"]) == (0.3, 0.2, "additive")
    assert (meta["noise"]["gradient"], meta["noise"]["kind"]) == ("straight_through", "additive then multiplicative")
    assert (meta["points"][meta["noisy"][0]], meta["seed"], meta["steps"], meta["batch"]) == ("relu1", 4, 2, 5)
    assert (meta["clamp"], meta["executions"], meta["dtype"]) == (True, [2], "float32")
    assert meta["class_weights"] == list(range(1, 11))
    assert meta["rates"] == [0.01, 0.0075]


def test_force_and_the_gradient(run, tmp_path):
    (tmp_path / "v.npz").write_text("mine")
    done = run("vectors", "--noise", "multiplicative", "--output", "v.npz", "--force")
    assert done.stdout.endswith(" and an evaluation; multiplicative noise (exact gradient)\n"), done.stderr
    assert np.load(tmp_path / "v.npz")["0/loss"] > 0


def test_a_suite_is_written_and_a_wrong_port_is_told_why(run, tmp_path):
    assert run("vectors", "--suite", "cases").stdout == "24 case files in cases\n"
    for file in (tmp_path / "cases").iterdir():
        if file.stem not in ("mlp-float64", "walking-float32"):
            file.unlink()
    (tmp_path / "mine.py").write_text(WRONG)
    done = run("check", "cases", "mine.py:Wrong")
    assert done.returncode == 1
    assert "mlp-float64, step 0, second_moment/dense1.weight: [" in done.stdout
    assert "cause: adam-betas: Adam has other betas than 0.9 and 0.999" in done.stdout
    assert done.stdout.splitlines()[-1].endswith(": 2 findings")
    assert done.stderr == ""
    report = json.loads(run("check", "cases", "mine.py:Wrong", "--accept", "adam-betas", "--json").stdout)
    assert report["ok"]
    assert [finding["cause"] for finding in report["findings"]] == ["adam-betas"] * 2
    assert report["cases"] == ["mlp-float64", "walking-float32"]


PORTS = """
from wn_ref.ports.numpy_port import NumpyPort
from wn_ref.ports.port import Step

class Broken(NumpyPort):
    def __init__(self):
        raise RuntimeError("CUDA is not there")

class OnlyImages(NumpyPort):
    def train_step(self, x, labels, normal, learning_rate):
        return Step({"input": super().train_step(x, labels, normal, learning_rate).activations["input"]})

    def evaluate(self, x, normal):
        return Step({"input": super().evaluate(x, normal).activations["input"]})

class OnlyLogits(NumpyPort):
    def train_step(self, x, labels, normal, learning_rate):
        return Step(logits=super().train_step(x, labels, normal, learning_rate).logits)

class Exits(NumpyPort):
    def train_step(self, *given):
        raise SystemExit(0)

class ExitsFirst(NumpyPort):
    def __init__(self):
        raise SystemExit(0)

class Prints(NumpyPort):
    def train_step(self, *given):
        print("loss 0.3")
        return super().train_step(*given)

inst = NumpyPort()
"""


def test_what_may_stand_for_the_port_and_what_the_exit_code_says(run, tmp_path):
    run("vectors", "--steps", 1, "--output", "v.npz")
    (tmp_path / "ports.py").write_text(PORTS)
    for name, options, code, said in (
        ("inst", ["--complete"], 0, ": agrees"),
        ("OnlyLogits", [], 0, ": agrees"),
        ("OnlyLogits", ["--complete"], 1, ": not complete, without activation, loss, gradient, input gradient, update"),
        ("OnlyImages", [], 1, ": no logits to compare in v"),
        ("Exits", [], 1, ": 1 finding"),
    ):
        done = run("check", "v.npz", f"ports.py:{name}", *options)
        assert (done.returncode, done.stderr) == (code, ""), name
        assert said in done.stdout.splitlines()[-1]


def test_what_a_port_prints_is_no_part_of_the_report(run, tmp_path):
    run("vectors", "--steps", 1, "--output", "v.npz")
    (tmp_path / "ports.py").write_text("print('imported')\n" + PORTS)
    done = run("check", "v.npz", "ports.py:Prints", "--json")
    assert json.loads(done.stdout)["ok"]
    assert done.stderr == "imported\nloss 0.3\n"


def test_a_batch_that_no_port_can_agree_with_is_refused(run):
    done = run("vectors", "--batch", 2, "--dtype", "float32")
    assert done.returncode == 2
    assert done.stderr.startswith("wn-ref: --batch: expected 4 images or more for float32 with batch norm, whose ")


@pytest.mark.parametrize(
    ("port", "message"),
    [
        ("ports.py:ExitsFirst", "to work without arguments, got SystemExit: 0; correct it"),
        ("exits.py:Port", "exits.py to run, got SystemExit: 0; correct it"),
        ("ports.py:Broken", "to work without arguments, got RuntimeError: CUDA is not there; correct it"),
        ("fractions:Decimal", "PORT: expected the methods start, train_step, weights, evaluate, got Decimal('0')"),
        (
            "ports.py:Port",
            "PORT: expected a class of ports.py, or an object of one, got 'Port'; it has Broken, OnlyImages",
        ),
        ("ports.py:", "PORT: expected a class of ports.py, or an object of one, got ''"),
        ("absent.py:Port", "got 'absent.py:Port', but no such file; correct it"),
        ("ports.py", "PORT: expected package.module:name, got 'ports.py' ("),
        ("nowhere:Port", "PORT: expected package.module:name, got 'nowhere:Port'"),
        ("email.message:MIMEPart.as_string", "PORT: expected a class of email.message"),
        (
            "operator:itemgetter",
            "PORT: expected <class 'operator.itemgetter'> to work without arguments, got TypeError: ",
        ),
    ],
)
def test_a_class_that_is_no_port_is_told_in_one_line(run, tmp_path, port, message):
    run("vectors", "--steps", 1, "--output", "v.npz")
    (tmp_path / "ports.py").write_text(PORTS)
    (tmp_path / "exits.py").write_text("raise SystemExit(0)")
    done = run("check", "v.npz", port)
    assert done.returncode == 2, done.stdout
    assert message in done.stderr
    assert "__getattribute__" not in done.stderr
    assert "Traceback" not in done.stderr
