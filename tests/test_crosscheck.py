"""Another framework: PyTorch with the same weights and the same noise draws gives the same logits and gradients.

In float64: in float32 the sums of both differ by 1e-5, and those of PyTorch depend on its threads.
"""

import numpy as np
import pytest

from wn_ref import additive, build_model, mixed, multiplicative, normal
from wn_ref.loss import cross_entropy

torch = pytest.importorskip("torch", reason="pip install -e '.[crosscheck]' brings PyTorch")
from wn_ref.ports.torch_twin import twin  # noqa: E402 (needs torch)

pytestmark = pytest.mark.crosscheck

NETWORKS = [
    ("mlp", (1, 28, 28), 10),
    ("lenet5", (1, 28, 28), 10),
    ("lenet5", (3, 32, 32), 10),
    ("cnn_s", (1, 10, 49), 12),
]
BATCH, SEED, STEP = 64, 5, 9


class Noisy(torch.nn.Module):
    """The noise of a point, drawn by wn_ref: exact multiplies inside autograd, straight-through hides it from there."""

    def __init__(self, noise, point):
        super().__init__()
        self.noise, self.point = noise, point

    def draw(self, x, draw):
        """Normals for x (batch first) of wn_ref's array (batch last)."""
        n = normal((*x.shape[1:], x.shape[0]), SEED, self.point, STEP, draw)
        return torch.from_numpy(np.ascontiguousarray(np.moveaxis(n, -1, 0))).double()

    def forward(self, x):
        y, draw = x, 0
        order = ("mul", "add") if self.noise.first == "multiplicative" else ("add", "mul")
        for kind in order:
            sigma = self.noise.sigma_mul if kind == "mul" else self.noise.sigma_add
            if sigma:
                n = sigma * self.draw(x, draw)
                y = y * (1 + n) if kind == "mul" else y + n
                draw += 1
        return y if self.noise.gradient == "exact" else x + (y - x).detach()


@pytest.mark.parametrize("batchnorm", [False, True])
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: f"{network[0]}-{network[1][0]}")
@pytest.mark.parametrize(
    "noise",
    [
        None,
        additive(0.3),
        multiplicative(0.3),
        multiplicative(0.3, "exact"),
        mixed(0.3, 0.2, "multiplicative", "exact"),
        mixed(0.3, 0.2, "additive"),
    ],
    ids=["none", "additive", "multiplicative", "multiplicative exact", "multiplicative first exact", "additive first"],
)
def test_logits_and_gradients(network, batchnorm, noise, rng):
    name, shape, classes = network
    net = build_model(name, shape, classes, batchnorm, seed=3, dtype="float64")
    theirs = twin(net, noise, Noisy)
    x = rng.random((*shape, BATCH))
    labels = rng.integers(0, classes, BATCH)

    logits = net.forward(x, True, noise, "global", SEED, STEP)
    loss, dlogits = cross_entropy(logits, labels)
    net.backward(dlogits)
    expected = theirs(torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 0))))
    their_loss = torch.nn.functional.cross_entropy(expected, torch.from_numpy(labels))
    their_loss.backward()

    def assert_equal(what, ours, reference, scale=0.0):
        error = np.abs(ours - reference).max() / max(np.abs(reference).max(), scale)
        assert error < 1e-9, f"{what}: relative error {error:.2g}"

    assert_equal("logits", logits, expected.detach().numpy().T)
    assert loss == pytest.approx(their_loss.item(), rel=1e-9)
    for (key, gradient), parameter in zip(net.gradients.items(), theirs.parameters(), strict=True):
        if key.endswith(("weight", "gamma")):
            scale = abs(gradient).max()  # of its bias, too: in front of batch norm that one is 0 but for rounding
        assert_equal(key, gradient, parameter.grad.numpy(), scale)
    theirs.eval()
    quiet = twin(net, None) if noise else theirs
    if noise:  # the running averages, too
        quiet.load_state_dict(dict(zip(quiet.state_dict(), theirs.state_dict().values(), strict=True)))
        quiet.eval()
    with torch.no_grad():
        expected = quiet(torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 0)))).numpy().T
    assert_equal("evaluation", net.forward(x), expected)
