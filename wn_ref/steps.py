"""Which images a training step has, and which step of the generator an evaluation has.

Whoever trains a port for longer than a case needs these two; `wn_ref.train` goes by them as well. Batches are
consecutive pieces of the order; training steps are numbered from 0 on, through all epochs.
"""

from __future__ import annotations

import numpy as np

from wn_ref.errors import InputError, require_whole
from wn_ref.random import EVALUATION, SHUFFLE, permutation

LAST = 2**32 - 1
"""The last step of the generator."""


def image_order(images: int, seed: int, epoch: int) -> np.ndarray:
    """Return the order of the training images in an epoch, int64 (images,).

    Raises
    ------
    InputError
        If an argument is no whole number, or is out of its range.

    Examples
    --------
    >>> sorted(image_order(5, seed=0, epoch=1).tolist())
    [0, 1, 2, 3, 4]
    """
    seed, epoch = (
        require_whole("seed", seed, least=0, most=2**64 - 1),
        require_whole("epoch", epoch, least=0, most=LAST),
    )
    return permutation(require_whole("images", images, least=0), seed, SHUFFLE, epoch)


def evaluation_step(batch: int, batches: int = 0, repetition: int = 0) -> int:
    """Return the step of the generator at which batch number `batch` of an evaluation draws its noise.

    Parameters
    ----------
    batch : int
        Number of the batch, from 0 on.
    batches : int
        How many batches an evaluation has; needed if it is repeated.
    repetition : int
        The number of the repetition. The evaluation at the end of epoch 0, 1, ... of a training is repetition 0, 1, ...

    Examples
    --------
    >>> hex(evaluation_step(batch=3, batches=8, repetition=2))
    '0x80000013'

    Raises
    ------
    InputError
        If an argument is no whole number >= 0, a repetition would have the noise of another one (there are not more
        batches than `batch`), or steps end before it.
    """
    batch, batches, repetition = (
        require_whole(name, number, least=0)
        for name, number in (("batch", batch), ("batches", batches), ("repetition", repetition))
    )
    if (batches or repetition) and batches <= batch:
        raise InputError(f"batches: expected more than the batch {batch}, got {batches}; say how many there are")
    step = EVALUATION + repetition * batches + batch
    if step > LAST:
        got = f"batch {batch} of {batches} in repetition {repetition}"
        raise InputError(f"repetition: expected a step below 2^32, got {got}; repeat the evaluation less often")
    return step
