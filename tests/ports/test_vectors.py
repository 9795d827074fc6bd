"""Test vectors are what an implementation from scratch, in plain NumPy, finds as well."""

import numpy as np
import pytest

from wn_ref import InputError, additive, mixed, multiplicative
from wn_ref.injection import Injection
from wn_ref.ports.vectors import LEARNING_RATE, vectors


def plain_mlp(v, sigma):
    """Three hidden layers without batch norm, additive noise at every point, mean cross-entropy, straight-through."""
    y = {0: v["x"].reshape(784, -1) + sigma * v["normal/0/0"].reshape(784, -1)}
    inputs, number = [], 0
    for layer in range(1, 5):
        inputs.append(y[number])
        weight, bias = v[f"parameter/dense{layer}.weight"], v[f"parameter/dense{layer}.bias"]
        y[number + 1] = weight @ y[number] + bias.reshape(-1, 1) + sigma * v[f"normal/{number + 1}/0"]
        if layer < 4:
            y[number + 2] = np.maximum(y[number + 1], 0) + sigma * v[f"normal/{number + 2}/0"]
        number += 2
    z, batch = y[number - 1], len(v["labels"])
    p = np.exp(z - z.max(axis=0)) / np.exp(z - z.max(axis=0)).sum(axis=0)
    hits = p[v["labels"], np.arange(batch)]
    dz, gradients = (p - np.eye(10)[v["labels"]].T) / batch, {}
    for layer in range(4, 0, -1):
        x = inputs[layer - 1]
        gradients[f"dense{layer}.weight"], gradients[f"dense{layer}.bias"] = dz @ x.T, dz.sum(axis=1)
        if layer > 1:
            dz = (v[f"parameter/dense{layer}.weight"].T @ dz) * (y[2 * layer - 3] > 0)
    return z, -np.log(hits).mean(), gradients


def test_an_mlp_in_plain_numpy():
    v = vectors(batchnorm=False, injection=Injection(additive(0.3), step=5))
    z, loss, gradients = plain_mlp(v, 0.3)
    np.testing.assert_allclose(v["logits"], z, rtol=1e-6, atol=1e-7)  # float32 normals, scaled in another order
    np.testing.assert_allclose(v["loss"], loss, rtol=1e-6)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(v[f"gradient/{name}"].ravel(), gradient.ravel(), rtol=1e-5, atol=1e-9)
        step = v[f"updated/{name}"] - v[f"parameter/{name}"]
        g = v[f"gradient/{name}"]
        np.testing.assert_allclose(step, -LEARNING_RATE * g / (np.abs(g) + 1e-8), rtol=1e-6, atol=1e-12)


def test_a_planted_mistake_is_seen():
    v = vectors(batchnorm=False, injection=Injection(additive(0.3), step=5))
    z, _, _ = plain_mlp(v, 0.31)
    assert np.abs(v["logits"] - z).max() > 1e-4


@pytest.mark.parametrize("model", ["mlp", "lenet5", "cnn_s"])
@pytest.mark.parametrize("noise", [None, multiplicative(0.5, "exact"), mixed(0.5, 0.2)])
def test_everything_is_there(model, noise):
    v = vectors(model, (1, 10, 49) if model == "cnn_s" else (1, 28, 28), injection=Injection(noise), batch=3)
    names = [key.partition("/")[2] for key in v if key.startswith("parameter/")]
    assert all(f"{kind}/{name}" in v for name in names for kind in ("gradient", "updated"))
    assert sum(key.startswith("statistic/") for key in v) == sum(name.endswith("gamma") for name in names) * 2
    draws = 0 if noise is None else 1 + (noise.sigma_add > 0)
    points = [key for key in v if key.startswith("activation/")]
    assert sum(key.startswith("normal/") for key in v) == draws * sum("bn" not in key for key in points)
    assert all(np.isfinite(array).all() for array in v.values())


def test_several_executions_have_draws_of_their_own_and_are_averaged():
    v = vectors(injection=Injection(additive(0.3), point=0, seed=2, executions=(3,)))
    normals = [v[f"normal/0/{draw}"] for draw in (0, 2, 4)]
    assert sum(key.startswith("normal/") for key in v) == 3
    np.testing.assert_allclose(v["activation/input"], v["x"] + 0.3 * np.mean(normals, axis=0), rtol=1e-6, atol=1e-7)


def test_bad_input():
    with pytest.raises(InputError, match="model: expected one of"):
        vectors("resnet")
