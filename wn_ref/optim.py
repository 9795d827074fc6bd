"""How weights move: SGD with momentum, Adam, the cosine schedule, and the weight clamp of section 5.

Both optimisers work on one long vector of all parameters, theta, and on that of their gradients, g.
"""

from __future__ import annotations

import math

import numpy as np

from wn_ref.arrays import REAL
from wn_ref.compiled import kernel
from wn_ref.errors import InputError, require_number, require_whole
from wn_ref.network import Network


class SGD:
    """Stochastic gradient descent with momentum.

        v <- momentum v + g
        theta <- theta - learning_rate v

    Parameters
    ----------
    theta : np.ndarray
        The parameters, float32 or float64, (parameters,); changed in place by `step`.
    momentum : float
        0 (the default, plain descent) <= momentum < 1.

    Raises
    ------
    InputError
        If an argument cannot be used.
    """

    def __init__(self, theta: np.ndarray, momentum: float = 0.0) -> None:
        _require_vector(theta)
        require_number("momentum", momentum, "0 <= momentum < 1", least=0, below=1)
        self.theta, self.momentum = theta, theta.dtype.type(momentum)
        self.v = np.zeros_like(theta)

    def step(self, g: np.ndarray, learning_rate: float) -> bool:
        """Move theta once; return whether theta and v are still finite.

        Raises
        ------
        InputError
            If `g` is not like theta, or the rate is no finite number >= 0.
        """
        _require_step(self.theta, g, learning_rate)
        return bool(_sgd(self.theta, g, self.v, self.momentum, self.theta.dtype.type(learning_rate)))


class Adam:
    """Adam (Kingma and Ba, 2015), with the constants of the paper's runs.

        m <- beta1 m + (1 - beta1) g
        v <- beta2 v + (1 - beta2) g^2
        theta <- theta - learning_rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)    at step t = 1, 2, ...

    Parameters
    ----------
    theta : np.ndarray
        The parameters, float32 or float64, (parameters,); changed in place by `step`.

    Raises
    ------
    InputError
        If theta is no such array.
    """

    beta1, beta2, epsilon = 0.9, 0.999, 1e-8

    def __init__(self, theta: np.ndarray) -> None:
        _require_vector(theta)
        self.theta, self.t = theta, 0
        self.m, self.v = np.zeros_like(theta), np.zeros_like(theta)
        # 1 - beta is rounded once, from double precision: 1 - beta2 in float32 would be off by 1.3e-5
        constants = self.beta1, 1 - self.beta1, self.beta2, 1 - self.beta2, self.epsilon
        self._real = theta.dtype.type
        self._constants = tuple(self._real(constant) for constant in constants)

    def step(self, g: np.ndarray, learning_rate: float) -> bool:
        """Move theta once; return whether theta and v are still finite.

        Raises
        ------
        InputError
            If `g` is not like theta, or the rate is no finite number >= 0.
        """
        _require_step(self.theta, g, learning_rate)
        self.t += 1
        rate = self._real(learning_rate / (1 - self.beta1**self.t))
        root = self._real(1 / math.sqrt(1 - self.beta2**self.t))
        return bool(_adam(self.theta, g, self.m, self.v, self._constants, rate, root))


def cosine(learning_rate: float, epoch: int, epochs: int) -> float:
    """Return the rate in epoch 0, 1, ... epochs - 1 of a cosine schedule from `learning_rate` down to (nearly) 0.

    Raises
    ------
    InputError
        If the rate is no positive number, there are no epochs, or `epoch` is not one of them; `epochs` itself is
        allowed, where the rate is 0.
    """
    require_number("learning_rate", learning_rate, "a positive number", least=math.ulp(0))
    require_whole("epoch", epoch, least=0, most=require_whole("epochs", epochs, least=1))
    return learning_rate * (1 + math.cos(math.pi * epoch / epochs)) / 2


def clamp_weights(network: Network, limit: float = 1.0) -> None:
    """Clip the weights of dense and convolutional layers, not biases and not batch norm, to [-limit, limit].

    Raises
    ------
    InputError
        If the limit is not a positive number.
    """
    limit = require_number("limit", limit, "a positive number", least=math.ulp(0))
    for name, array in network.parameters.items():
        if name.endswith(".weight"):
            np.clip(array, -limit, limit, out=array)


def _require_vector(theta: np.ndarray) -> None:
    if not isinstance(theta, np.ndarray) or theta.ndim != 1 or theta.dtype not in REAL or not theta.flags.writeable:
        got = f"{theta.dtype} {theta.shape}" if isinstance(theta, np.ndarray) else repr(theta)
        got += " that is read-only" if isinstance(theta, np.ndarray) and not theta.flags.writeable else ""
        raise InputError(f"theta: expected one vector of float32 or float64, got {got}; see Network.theta")


def _require_step(theta: np.ndarray, g: np.ndarray, learning_rate: float) -> None:
    require_number("learning_rate", learning_rate, "a number >= 0", least=0, below=float(np.finfo(theta.dtype).max))
    if type(g) is not np.ndarray or g.shape != theta.shape or g.dtype != theta.dtype:
        got = f"{g.dtype} {g.shape}" if type(g) is np.ndarray else type(g).__name__
        raise InputError(f"g: expected {theta.dtype} {theta.shape} as theta, got {got}; see Network.dtheta")


# A unit that never fires has no gradient, and SGD's v, or Adam's m, halves every few steps until it is below the
# smallest normal number. Processors take a hundred times as long for such numbers, so they count as 0. Adam's v halves
# in 693 steps: from the square of a gradient of 1e-4 it takes 70,000 to get there, more than most trainings have.


@kernel
def _sgd(theta, g, v, momentum, rate):
    zero = test = theta.dtype.type(0)  # 0 * number is NaN if the number is infinite or NaN
    tiny = np.finfo(theta.dtype).tiny
    for i in range(theta.size):
        speed = momentum * v[i] + g[i]
        v[i] = speed = zero if abs(speed) < tiny else speed
        theta[i] -= rate * speed
        test += zero * theta[i] + zero * v[i]
    return test == 0


@kernel
def _adam(theta, g, m, v, constants, rate, root):
    beta1, rest1, beta2, rest2, epsilon = constants
    zero = test = theta.dtype.type(0)  # 0 * number is NaN if the number is infinite or NaN
    tiny = np.finfo(theta.dtype).tiny
    for i in range(theta.size):
        mean = beta1 * m[i] + rest1 * g[i]
        m[i] = mean = zero if abs(mean) < tiny else mean
        v[i] = beta2 * v[i] + rest2 * g[i] * g[i]
        theta[i] -= rate * mean / (np.sqrt(v[i]) * root + epsilon)
        test += zero * theta[i] + zero * v[i]
    return test == 0
