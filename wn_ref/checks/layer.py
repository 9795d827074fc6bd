"""The check of a layer: all promises, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from wn_ref.checks.promises import PROMISES
from wn_ref.checks.trial import Found, Trial
from wn_ref.errors import LayerError
from wn_ref.layers import Layer


def check_layer(
    layer: Layer, shape: Sequence[int], training: bool = True, seed: int = 0, batches: Sequence[int] = (2, 5)
) -> None:
    """Check that a layer keeps what every layer promises; return if it does.

    - Every gradient is that of central differences in float64, at a random upstream gradient dy.
    - `output_shape` tells the shape that `forward` returns, and dx has the shape of x.
    - x and dy, which belong to others, are not written to, and may lie in memory in any way.
    - `backward` does not need the output of `forward`, which noise may have overwritten.
    - The same x gives the same bits, whatever the layer was given before. A layer that draws random numbers draws them
      from a `Stream` with its own `step`, which the network sets.
    - Gradients are written into the arrays that are there, which are a network's, and are not added up.
    - Copies and pickles do the same as the layer. A layer of float32 returns float32.
    - `backward` in front of any `forward` raises `CallOrderError`.
    - Finite x gives finite numbers, and statistics that are finite.
    - With ``training=False``: statistics stay as they are, and y of a sample does not depend on the samples beside it.

    Parameters
    ----------
    layer : Layer
        Any layer, of either type; copies of it are checked in both, and it stays as it is.
    shape : sequence of int
        Shape of x without the batch. Choose a small one: each element of x and of the parameters takes two forward
        passes.
    training : bool
        What `forward` is told. A layer that asks for it is checked twice, with True and with False.
    seed : int
        Of x and dy, which are normal.
    batches : sequence of int
        Batch sizes; two or more, all different.

    Raises
    ------
    LayerError
        If a promise is broken: which one, where, what was expected and what came.
    InputError
        If an argument cannot be used, or the layer refuses an x of this shape.

    Examples
    --------
    >>> import wn_ref as wn
    >>> from wn_ref.layers import Dense
    >>> wn.check_layer(Dense(4, 3), shape=(4,))
    >>> class Half(Dense):
    ...     def backward(self, dy, input_gradient=True):
    ...         return 0.5 * super().backward(dy)
    >>> wn.check_layer(Half(4, 3), shape=(4,))
    Traceback (most recent call last):
    ...
    wn_ref.errors.LayerError: Half breaks "gradients are those of central differences": dx[3, 0]: expected 1.11...
    """
    trial = Trial(layer, shape, training, seed, batches)
    for promise in PROMISES:
        broken = f'{type(layer).__name__} breaks "{promise.text}"'
        try:
            promise.test(trial)
        except Found as found:
            raise LayerError(f"{broken}: {found}; {promise.hint}") from None
        except Exception as error:
            got = f"{type(error).__name__}: {error}"
            raise LayerError(f"{broken}: expected no exception, got {got}; {promise.hint}") from error
