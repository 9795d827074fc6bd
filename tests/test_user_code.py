"""Functions by name: of a file or of a module, as the command line takes them."""

import os
import pickle

import pytest

from wn_ref import Experiment, InputError, sweep
from wn_ref.own_model import describe_own_model, place_of
from wn_ref.user_code import function_of

FILE = """
from dataclasses import dataclass
import wn_ref as wn
from wn_ref.layers import Dense, Flatten

WIDTH = 5

@dataclass(frozen=True)
class Options:
    width: "int" = WIDTH

def tiny(input_shape, classes, batchnorm, seed, dtype):
    pixels = input_shape[0] * input_shape[1] * input_shape[2]
    layers = [Flatten(), Dense(pixels, Options().width, seed, 0, dtype), Dense(WIDTH, classes, seed, 1, dtype)]
    return wn.Network(layers, dtype, input_shape)
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "nets.py").write_text(FILE)
    return tmp_path / "nets.py"


def test_a_file_runs_in_workers_that_have_never_seen_it(file):
    plan = [Experiment(model=f"{file}:tiny", dataset="digits", epochs=1, seed=seed) for seed in range(3)]
    assert plan[0].points == ("input", "dense1", "dense2")
    together = sweep(plan, jobs=2)
    file.unlink()
    assert sweep(plan)["accuracy"].equals(together["accuracy"])
    assert set(together["error"]) == {""}


def test_it_travels_with_its_code(file):
    cloudpickle = pytest.importorskip("cloudpickle")
    function = function_of("model", f"{file}:tiny")
    file.unlink()
    assert cloudpickle.loads(cloudpickle.dumps(function))((1, 2, 2), 3, True, 0, "float32").theta.size == 5 * 5 + 6 * 3
    assert place_of(describe_own_model(function)) == "nets.py:tiny"
    with pytest.raises(Exception):  # noqa: B017, PT011  # by its name alone nobody finds it
        pickle.dumps(function)


def test_an_edited_file_is_read_again_and_is_other_code(file):
    before = Experiment(model=f"{file}:tiny", dataset="digits")
    file.write_text(FILE.replace("WIDTH = 5", "WIDTH = 6"))
    os.utime(file, ns=(1, 1))
    after = Experiment(model=f"{file}:tiny", dataset="digits")
    assert before.own_model != after.own_model
    file.write_text("# a comment\n" + FILE)
    os.utime(file, ns=(2, 2))
    assert Experiment(model=f"{file}:tiny", dataset="digits").own_model == before.own_model


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{file}:tin", r"model: expected a function of .*nets.py, got 'tin'; it has Options, tiny"),
        ("{file}:WIDTH", "model: expected a function of .*, got 'WIDTH'"),
        ("absent.py:tiny", "model: expected a function of a file, got 'absent.py:tiny', but no such file"),
        ("absent_package.nets:tiny", "model: expected package.module:name, got .*No module named 'absent_package'"),
        (":tiny", "model: expected package.module:name, got ':tiny'"),
        ("tests.own:", "model: expected a function of tests.own, got ''; it has "),
        ("{broken}:tiny", "model: expected .*broken.py to run, got ZeroDivisionError: division by zero; correct it"),
        ("{wrong}:tiny", "model: expected .*wrong.py to run, got SyntaxError"),
        ("{script}:tiny", "model: expected .*script.py to run, got SystemExit: 0; correct it"),
        ("a_script:tiny", r"model: expected package.module:name, got 'a_script:tiny' \(SystemExit: 0\); correct it"),
    ],
)
def test_bad_input(file, text, message, monkeypatch):
    places = {"file": file, "broken": file.with_name("broken.py"), "wrong": file.with_name("wrong.py")}
    places["broken"].write_text("1 / 0")
    places["wrong"].write_text("def tiny(:")
    for name in ("script", "a_script"):  # which ends without a guard around what it does
        places[name] = file.with_name(f"{name}.py")
        places[name].write_text("raise SystemExit(0)")
    monkeypatch.syspath_prepend(file.parent)
    with pytest.raises(InputError, match=message) as caught:
        Experiment(model=text.format(**places))
    assert "\n" not in str(caught.value)
