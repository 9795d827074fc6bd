"""Walk additive noise through a small ResNet in plain PyTorch, and print the midpoint noise level of each module.

    python pytorch_resnet.py            made-up images of the shape of CIFAR-10: less than a minute on two cores
    python pytorch_resnet.py cifar10    5,000 of the real ones, which wn_ref downloads if they are not there

Networks are trained without noise and meet it in evaluation only. Started again, it goes on where it stopped.
"""

import sys
from functools import cache

import numpy as np
import torch
from torch import nn

import wn_ref as wn

torch.set_num_threads(1)  # this network is too small for more
POINTS = ["stem", "block1", "block2", "pool", "head"]  # modules of the network: noise is added to what they return
DATA = "cifar10" if "cifar10" in sys.argv[1:] else "made up"
TRAIN, TEST, EPOCHS = (5000, 1000, 5) if DATA == "cifar10" else (1000, 250, 3)


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(inputs, outputs, 3, 2, 1), nn.BatchNorm2d(outputs), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1), nn.BatchNorm2d(outputs))
        self.skip = nn.Conv2d(inputs, outputs, 1, 2)

    def forward(self, x):
        return torch.relu(self.second(self.first(x)) + self.skip(x))


class ResNet(nn.Sequential):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU())
        self.block1, self.block2 = Block(8, 16), Block(16, 32)
        self.pool, self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), nn.Linear(32, 10)


@cache
def data():
    if DATA == "cifar10":
        real = wn.load_dataset(DATA, train_size=TRAIN, test_size=TEST)
        parts = (real.train_images / 255 - 0.5, real.train_labels, real.test_images / 255 - 0.5, real.test_labels)
    else:  # ten patterns, one for each class, each time with other noise
        rng = np.random.default_rng(0)
        patterns, labels = rng.standard_normal((10, 3, 32, 32)), rng.integers(0, 10, TRAIN + TEST)
        images = patterns[labels] + 2 * rng.standard_normal((TRAIN + TEST, 3, 32, 32))
        parts = (images[:TRAIN], labels[:TRAIN], images[TRAIN:], labels[TRAIN:])
    return [torch.tensor(part, dtype=torch.float32 if part.ndim == 4 else torch.int64) for part in parts]


@cache  # one network for each seed, whatever the point and the noise
def trained(seed):
    torch.manual_seed(seed)
    x, y, *_ = data()
    net = ResNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x)).split(50):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
            optimizer.step()
    return net.eval()


def measure(point, sigma, seed):
    """All that wn_ref asks for: the accuracy of this seed's network with noise at this point."""
    net, (*_, x, y) = trained(seed), data()
    generator = torch.Generator().manual_seed(seed)

    def add_noise(_module, _inputs, output):
        return output + sigma * torch.randn(output.shape, generator=generator)

    hook = net.get_submodule(point).register_forward_hook(add_noise)
    with torch.no_grad():
        accuracy = (net(x).argmax(1) == y).float().mean()
    hook.remove()
    return accuracy


if __name__ == "__main__":
    settings = {"phase": "inference", "classes": 10, "low": 1e-2, "high": 1e4, "width": 0.3}
    table = wn.walk(measure, POINTS, **settings, name=f"resnet, {DATA}", store="pytorch_resnet.sqlite", progress=True)
    print(table.to_string(index=False))
