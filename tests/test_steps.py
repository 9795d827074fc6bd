"""Whoever trains a port asks here for orders and steps; a wrong question gets no answer that looks like one."""

import numpy as np
import pytest

from wn_ref import InputError
from wn_ref.random import EVALUATION
from wn_ref.steps import evaluation_step, image_order


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 3), "batch: expected a whole number of at least 0, got -1"),
        ((0.5, 3), "batch: expected a whole number of at least 0, got 0.5"),
        ((0, -3), "batches: expected a whole number of at least 0, got -3"),
        ((0, 3, -1), "repetition: expected a whole number of at least 0, got -1"),
        ((1, 3, 2**40), r"repetition: expected a step below 2\^32, got batch 1 of 3 in repetition 1099511627776"),
    ],
)
def test_no_evaluation_has_the_step_of_a_training_or_none(arguments, message):
    with pytest.raises(InputError, match=f"^{message}"):
        evaluation_step(*arguments)


def test_the_last_step_is_the_last_of_the_generator():
    assert evaluation_step(0, 1, 2**31 - 1) == 2**32 - 1
    assert evaluation_step(np.int64(2), np.uint8(3)) == EVALUATION + 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-5, 0, 0), "images: expected a whole number of at least 0, got -5"),
        ((5, 0, -1), "epoch: expected a whole number of at least 0, got -1"),
        ((5, 0.5, 0), "seed: expected a whole number of at least 0, got 0.5"),
        ((5, 0, 2**32), "epoch: expected a whole number of at most 4294967295, got 4294967296"),
    ],
)
def test_orders_name_what_is_wrong(arguments, message):
    with pytest.raises(InputError, match=f"^{message}"):
        image_order(*arguments)
