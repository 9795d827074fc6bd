"""Which loops run: the setting, Numba switched off, Numba changed, another processor."""

import os
import subprocess
import sys

import numpy as np
import pytest

from wn_ref import InputError, build_model, kernels
from wn_ref.kernels import vector

LOGITS = """
import numpy as np, wn_ref as wn
from wn_ref import kernels
net = wn.build_model("lenet5", (1, 16, 16), 3, batchnorm=True, seed=1)
x = np.random.default_rng(0).standard_normal((1, 16, 16, 5)).astype("f4")
logits = net.forward(x, True, wn.additive(0.1))
net.backward(logits)
print(kernels.in_use(), *np.round(np.append(logits.ravel(), net.gradients["conv1.weight"].ravel()[:5]), 3) + 0.0)
"""

CONVOLUTIONS = """
import numpy as np
from wn_ref import Network
from wn_ref.kernels import vector
from wn_ref.layers import Conv
net = Network([Conv(2, 3, (3, 3)), Conv(3, 2, (3, 3), index=1)])
logits = net.forward(np.random.default_rng(0).standard_normal((2, 8, 8, 5)).astype("f4"), True)
net.backward(logits)
print(vector.LANES, *np.round(np.append(logits.ravel(), net.dtheta), 3) + 0.0)
"""
"""All code that depends on the width of a register, and nothing else that has to be compiled."""


def run(code: str, **environment: str) -> subprocess.CompletedProcess:
    given = {name: value for name, value in os.environ.items() if name != kernels.VARIABLE} | environment
    return subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True, timeout=300)


@pytest.fixture
def form():
    """What is chosen in a test is undone after it."""
    before = os.environ.get(kernels.VARIABLE)
    yield kernels.choose
    if before is None:
        os.environ.pop(kernels.VARIABLE, None)
    else:
        os.environ[kernels.VARIABLE] = before
    kernels._fast_file.cache_clear()


def test_both_forms_train_the_same_network_up_to_rounding(form, rng):
    results = []
    x = rng.standard_normal((1, 16, 16, 5)).astype(np.float32)
    for which in kernels.FORMS:
        form(which)
        assert kernels.in_use() == which
        net = build_model("lenet5", (1, 16, 16), 3, batchnorm=True, seed=1)
        logits = net.forward(x, training=True)
        net.backward(logits)
        results.append(np.append(logits.ravel(), net.dtheta))
    assert not np.array_equal(*results)  # they do run different code
    np.testing.assert_allclose(*results, atol=2e-4)


def test_the_setting_is_checked(form):
    with pytest.raises(InputError, match=r"kernels: expected one of fast, plain, got 'slow'"):
        form("slow")
    done = run(LOGITS, WN_REF_KERNELS="slow")
    assert "WN_REF_KERNELS: expected one of fast, plain, got 'slow'" in done.stderr
    assert run("import wn_ref", WN_REF_KERNELS="slow").returncode == 0  # the command line says it in one line
    assert run("from wn_ref import kernels; print(kernels.in_use())", WN_REF_KERNELS="").stdout == "fast\n"


def test_without_numba_the_same_numbers_in_plain_python(form, capsys):
    form("fast")
    exec(LOGITS, {})
    compiled, python = capsys.readouterr().out, run(LOGITS, NUMBA_DISABLE_JIT="1")
    assert compiled.startswith("fast ")
    assert python.stdout.startswith("plain "), python.stderr
    numbers = [np.array(said.split()[1:], float) for said in (compiled, python.stdout)]
    np.testing.assert_allclose(*numbers, atol=2e-3)


def test_a_numba_whose_inside_has_changed_costs_one_line_of_warning():
    broken = "import numba.extending as e; del e.intrinsic\n"
    done = run(broken + LOGITS)
    assert done.stdout.startswith("plain ")
    assert done.stderr.count("the plain loops are used") == 1
    assert "ImportError" in done.stderr


def test_a_cache_shared_with_another_processor_never_mixes_widths(tmp_path):
    """The same folder of machine code, used by this processor, by one without AVX-512, and by a generic one."""
    patched = """
import llvmlite.binding as llvm
features = llvm.get_host_cpu_features()
for name in list(features):
    if name.startswith("avx512"):
        features[name] = False
llvm.get_host_cpu_features = lambda: features
"""
    assert vector.LANES in (8, 32)
    generic, numbers = {"NUMBA_CPU_NAME": "generic"}, []
    for code, environment, lanes in (
        (CONVOLUTIONS, {}, vector.LANES),
        (patched + CONVOLUTIONS, {}, 8),
        (CONVOLUTIONS, generic, 8),
        (patched + CONVOLUTIONS, generic, 8),
        (CONVOLUTIONS, generic, 8),
        (CONVOLUTIONS, {}, vector.LANES),
    ):
        done = run(code, NUMBA_CACHE_DIR=str(tmp_path), **environment)
        assert done.returncode == 0, done.stderr
        width, *values = done.stdout.split()
        assert int(width) == lanes
        numbers.append(np.array(values, float))
        np.testing.assert_allclose(numbers[0], numbers[-1], atol=2e-3)
