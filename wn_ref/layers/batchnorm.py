"""Batch normalisation (Ioffe and Szegedy, 2015), over a feature's batch or a channel's batch and pixels.

    m = mean(x),  v = mean((x - m)^2),  h = (x - m) / sqrt(v + eps)
    y = gamma h + beta

    dgamma = sum(dy h),    dbeta = sum(dy)
    dx = gamma / sqrt(v + eps) (dy - dbeta / N - h dgamma / N)        with N values a row

Evaluation uses running averages in place of m and v. Each training step moves them,

    m_run <- 0.9 m_run + 0.1 m,    v_run <- 0.9 v_run + 0.1 v N / (N - 1)

In evaluation they are constants, and dx = gamma / sqrt(v_run + eps) dy.

A single value a row has no variance, so training needs N >= 2; PyTorch, with which the paper's networks were trained,
refuses it as well.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wn_ref.arrays import real_type
from wn_ref.compiled import kernel
from wn_ref.errors import InputError, require_whole
from wn_ref.layers.layer import Layer

EPSILON = 1e-5
MOMENTUM = 0.1


class BatchNorm(Layer):
    """y = gamma (x - m) / sqrt(v + eps) + beta, for each of `features` rows: (features, [height, width,] batch).

    Sums and running averages are float64 in a float32 layer, too: noise of 1e16, squared and added up over a batch,
    leaves the range of float32.

    Parameters
    ----------
    features : int
        Number of features or channels of x.
    dtype : np.dtype
        float32 or float64.
    """

    kind = "bn"
    globally_noisy = False

    def __init__(self, features: int, dtype: npt.DTypeLike = np.float32) -> None:
        super().__init__()
        require_whole("features", features, least=1)
        self.add_parameter("gamma", np.ones(features, real_type(dtype)))
        self.add_parameter("beta", np.zeros(features, real_type(dtype)))
        self.statistics.update(running_mean=np.zeros(features), running_var=np.ones(features))
        self._mean = np.empty(features)
        self._scale = np.empty(features)  # 1 / sqrt(v + eps)

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of x."""
        features = len(self.parameters["gamma"])
        if shape[0] != features:
            expected = f"({features}, [height, width,] batch)"
            raise InputError(f"x: expected {expected} for this batch norm, got {(*shape, 'batch')}; match them")
        return shape

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return y = gamma h + beta, with the batch's own m and v in training, else with the running averages.

        Raises
        ------
        InputError
            If there is only one value a row in training, which has no variance.
        """
        x, self.training = self.take_input(x), training
        y = self.memory("y", x.shape, x.dtype)
        rows = x.reshape(len(x), -1)
        running_mean, running_var = self.statistics["running_mean"], self.statistics["running_var"]
        if not training:
            self._mean[:] = running_mean
            self._scale[:] = 1 / np.sqrt(running_var + EPSILON)
        elif rows.shape[1] > 1:
            _batch_statistics(rows, self._mean, self._scale, running_mean, running_var)
        else:
            self.x = None
            raise InputError("x: expected two samples or more to train batch norm, got one; choose another batch size")
        gamma, beta = self.parameters["gamma"], self.parameters["beta"]
        _normalise(rows, y.reshape(rows.shape), self._mean, self._scale, gamma, beta)
        return y

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray:
        """Fill dgamma = sum(dy h) and dbeta = sum(dy); return dx."""
        x, dy = self.take_gradient(dy)
        dx = self.memory("dx", x.shape, x.dtype)
        rows = x.reshape(len(x), -1)
        gamma, dgamma, dbeta = self.parameters["gamma"], self.gradients["gamma"], self.gradients["beta"]
        _backward(
            rows, dy.reshape(rows.shape), dx.reshape(rows.shape), self._mean, self._scale, gamma, dgamma, dbeta,
            self.training,
        )  # fmt: skip
        return dx


@kernel
def _batch_statistics(x, mean, scale, running_mean, running_var):
    """Compute m and 1 / sqrt(v + eps) of each row, and do one step of the running averages."""
    rows, size = x.shape
    for i in range(rows):
        total = 0.0
        for n in range(size):
            total += np.float64(x[i, n])
        m = total / size
        squares = 0.0
        for n in range(size):
            difference = np.float64(x[i, n]) - m
            squares += difference * difference
        mean[i] = m
        if squares == np.inf:  # 1 / inf would make y beta, and nobody would see the overflow
            squares = np.nan
        scale[i] = 1 / np.sqrt(squares / size + EPSILON)
        running_mean[i] += MOMENTUM * (m - running_mean[i])
        running_var[i] += MOMENTUM * (squares / (size - 1) - running_var[i])


@kernel
def _normalise(x, y, mean, scale, gamma, beta):
    rows, size = x.shape
    dtype = x.dtype.type
    for i in range(rows):
        m, factor, shift = dtype(mean[i]), dtype(scale[i]) * gamma[i], beta[i]
        for n in range(size):
            y[i, n] = (x[i, n] - m) * factor + shift


@kernel
def _backward(x, dy, dx, mean, scale, gamma, dgamma, dbeta, training):
    rows, size = x.shape
    dtype = x.dtype.type
    for i in range(rows):
        m, s = dtype(mean[i]), dtype(scale[i])
        sum_dy = sum_dy_h = 0.0
        for n in range(size):
            sum_dy += np.float64(dy[i, n])
            sum_dy_h += np.float64(dy[i, n]) * np.float64((x[i, n] - m) * s)
        dbeta[i] = dtype(sum_dy)
        dgamma[i] = dtype(sum_dy_h)
        factor = gamma[i] * s
        a = dtype(sum_dy / size) if training else dtype(0)
        b = dtype(sum_dy_h / size) if training else dtype(0)
        for n in range(size):
            dx[i, n] = factor * (dy[i, n] - a - (x[i, n] - m) * s * b)
