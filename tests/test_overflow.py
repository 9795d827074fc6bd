"""Which failures are overflows: those that `wn_ref.overflow` words, and no others."""

import math

import numpy as np
import pytest

from wn_ref.errors import InputError
from wn_ref.overflow import in_backward, in_forward, is_overflow
from wn_ref.sweeps.tasks import error_message


def test_every_overflow_is_recognised_by_the_message_that_a_store_keeps():
    bad, good = np.array([1.0, math.inf]), np.ones(2)
    with np.errstate(over="ignore"):
        square = in_backward("epoch 2, step 7", {"dense1.weight": np.array([1e200])}, noisy=True)
    stops = [
        square,
        in_forward("epoch 1, step 0", [("dense1", good), ("relu1", bad)], noisy=True),
        in_forward("evaluation, batch 3", [("dense1", good)], noisy=False),
        in_backward("epoch 2, step 7", {"dense1.weight": bad}, noisy=False),
        in_backward("epoch 2, step 7", {"dense1.weight": good}, noisy=True),
    ]
    assert all(is_overflow(error_message(stop)) for stop in stops)
    assert ["noise" in str(stop) for stop in stops] == [True, True, False, False, False]  # only where there was some


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("overflow in the heap"),
        OverflowError("overflow in multiply"),
        FloatingPointError("overflow encountered in matmul"),
        InputError("sigma_add: expected a finite standard deviation >= 0, got inf; correct it"),
        EOFError("Ran out of input"),
    ],
)
def test_other_failures_are_none(error):
    with pytest.raises(type(error)) as caught:
        raise error
    assert not is_overflow(error_message(caught.value))
    assert not is_overflow("")
    assert not is_overflow("its worker was killed 3 times; is there enough memory?")
