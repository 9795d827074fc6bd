"""Throw random networks at the package: python -m tests.random_stacks COUNT prints how many agreed and were refused.

Each stack of layers is built with right sizes, and then, in about half of the cases, spoiled in one way. Whatever a
network does not refuse in one line has to agree with central differences along a random direction, in float64.
"""

import sys

import numpy as np

from wn_ref import Network, additive, multiplicative
from wn_ref.errors import WnRefError
from wn_ref.layers import BatchNorm, Conv, Dense, Flatten, Layer, MaxPool, ReLU

FORMS = ("shape", "layout", "type", "shared", "batch", "gradient")


def stack(rng: np.random.Generator, wrong: bool) -> tuple[list[Layer], tuple[int, ...]]:
    """Up to six random layers and the shape of an image that suits them; one size is off by some if `wrong`."""
    shape = tuple(map(int, rng.integers(1, 9, 3)))
    image, layers, length = shape, [], int(rng.integers(1, 7))
    spoiled = int(rng.integers(length)) if wrong else -1
    for number in range(length):
        off = int(rng.integers(1, 40)) if number == spoiled else 0
        flat, kind = len(shape) == 1, rng.choice(["weights", "bn", "relu", "pool", "flatten"])
        if kind == "bn":
            layers.append(BatchNorm(shape[0] + off, np.float64))
        elif kind == "relu":
            layers.append(ReLU())
        elif kind == "flatten" or (flat and kind == "pool"):
            layers.append(Flatten())
            shape = (int(np.prod(shape)),)
        elif kind == "pool":
            size = int(rng.integers(1, min(shape[1:]) + 1))
            layers.append(MaxPool(size + off, int(rng.integers(1, 4))))
            shape = (shape[0], *((n - size) // layers[-1].stride + 1 for n in shape[1:]))
        elif flat:
            outputs = int(rng.integers(1, 9))
            layers.append(Dense(shape[0] + off, outputs, number, dtype=np.float64))
            shape = (outputs,)
        else:
            size, outputs = tuple(int(rng.integers(1, n + 1)) for n in shape[1:]), int(rng.integers(1, 9))
            layers.append(Conv(shape[0] + off, outputs, size, (1, 2), number, dtype=np.float64))
            shape = (outputs, shape[1] - size[0] + 1, (shape[2] - size[1]) // 2 + 1)
    return layers, image


def spoil(rng: np.random.Generator, how: str, x: np.ndarray, layers: list[Layer]) -> np.ndarray:
    """Change an input, or the list of layers, in one way."""
    if how == "layout":
        return np.asfortranarray(x) if rng.integers(2) else np.repeat(x, 2, axis=-1)[..., ::2]
    if how == "type":
        return x.astype(rng.choice(["int64", "float32", "complex128", "uint8"]))
    if how == "shared":
        layers.append(layers[int(rng.integers(len(layers)))])
    if how == "batch":
        return x[..., : int(rng.integers(2))]
    return x


def agrees(rng: np.random.Generator, net: Network, x: np.ndarray, injection: dict, dy_off: bool) -> bool:
    """Whether the derivative along a random direction in x and theta is that of central differences."""
    y = net.forward(x, **injection)
    dy = rng.standard_normal(y.shape)
    dx = net.backward(dy[:, :-1] if dy_off else dy, input_gradient=True)
    u, v, h = rng.standard_normal(x.shape), rng.standard_normal(net.theta.size), 1e-6
    received = float(np.sum(dx * u) + net.dtheta @ v)
    theta, statistics = net.theta.copy(), {name: array.copy() for name, array in net.statistics.items()}

    def loss(step: float) -> float:
        net.theta[:] = theta + step * v
        net.statistics.update(statistics)
        return float(np.sum(dy * net.forward(x + step * u, **injection)))

    for step in (h, h / 16, h / 256):  # smaller ones too, should a kink of ReLU or of pooling lie in between
        expected = (loss(step) - loss(-step)) / (2 * step)
        if abs(received - expected) <= 1e-4 * max(abs(expected), abs(dx * u).sum(), 1e-3):
            return True
    return False


def trial(seed: int) -> str:
    """One stack: "agreed" or "refused"; anything else is an error."""
    rng = np.random.default_rng(seed)
    how = rng.choice(FORMS) if rng.random() < 0.6 else ""
    layers, shape = stack(rng, how == "shape")
    x = rng.standard_normal((*shape, int(rng.integers(2, 40))))
    x = spoil(rng, how, x, layers)
    noise = (None, additive(0.5), multiplicative(0.5, "exact"))[rng.integers(3)]
    injection = {"training": bool(rng.integers(2)), "noise": noise, "point": "all", "seed": seed}
    try:
        net = Network(layers, "float64", shape if rng.random() < 0.5 else None)
        net.theta += 0.1 * rng.standard_normal(net.theta.size)  # off ReLU's kink, on which a beta of 0 would sit
        good = agrees(rng, net, x, injection, how == "gradient")
    except WnRefError as error:
        if "\n" in str(error) or not (how or "two samples or more" in str(error)):
            raise RuntimeError(f"refused without a reason, or not in one line: {error}") from None
        return "refused"
    assert how not in ("shared", "gradient"), f"not refused: {how}"  # a pooling window that is off may fit all the same
    assert good, f"wrong gradient: {how} {layers}"
    return "agreed"


def main(count: int) -> None:
    outcomes = []
    for seed in range(count):
        try:
            outcomes.append(trial(seed))
        except Exception as error:
            print(f"stack {seed}: {type(error).__name__}: {error}")
            sys.exit(1)
    print(outcomes.count("agreed"), outcomes.count("refused"))


if __name__ == "__main__":
    main(int(sys.argv[1]))
