"""A network trained here runs in PyTorch with the same answer to every test image, and the other way round."""

from itertools import chain

import numpy as np
import pytest

import wn_ref as wn
from wn_ref.ports.torch_state import load_state_dict, to_state_dict

torch = pytest.importorskip("torch", reason="pip install -e '.[crosscheck]' brings PyTorch")
from torch import nn  # noqa: E402 (needs torch)

pytestmark = pytest.mark.crosscheck

LENET = {"conv1": "features.0", "bn1": "features.1", "conv2": "features.4", "bn2": "features.5"} | {
    "dense1": "classifier.0", "bn3": "classifier.1", "dense2": "classifier.3", "bn4": "classifier.4",
    "dense3": "classifier.6",
}  # fmt: skip


class LeNet5(nn.Module):
    """As people write it: with features and a classifier."""

    def __init__(self):
        super().__init__()
        features = [[nn.Conv2d(c, d, 5), nn.BatchNorm2d(d), nn.ReLU(), nn.MaxPool2d(2)] for c, d in ((1, 6), (6, 16))]
        dense = [[nn.Linear(c, d), nn.BatchNorm1d(d), nn.ReLU()] for c, d in ((256, 120), (120, 84))]
        self.features = nn.Sequential(*chain(*features))
        self.classifier = nn.Sequential(*chain(*dense), nn.Linear(84, 10))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def mlp(batchnorm):
    layers = [nn.Flatten()]
    for inputs in (64, 64, 64):
        layers += [nn.Linear(inputs, 64), *([nn.BatchNorm1d(64)] if batchnorm else []), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(64, 10))


CASES = {
    "mlp": ("digits", "mlp", False, lambda: mlp(False), "sequential"),
    "mlp with batch norm": ("digits", "mlp", True, lambda: mlp(True), "sequential"),
    "lenet5 with batch norm": ("mnist_sample", "lenet5", True, LeNet5, LENET),
}
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def images(data, part="test"):
    """The images as PyTorch has them: (n, channels, height, width), normalised."""
    pixels = getattr(data, f"{part}_images").astype(np.float64) / 255
    mean, std = (np.array(one)[:, None, None] for one in (data.mean, data.std))
    return torch.from_numpy((pixels - mean) / std)


def answers_here(net, data):
    batch = data.batch(data.test_images, np.arange(len(data.test_labels)), net.dtype)
    return net.forward(batch).argmax(axis=0)


def answers_there(module, data, dtype):
    module.eval()
    with torch.no_grad():
        return module(images(data).to(dtype)).argmax(dim=1).numpy()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_from_here_to_there(case, dtype, tmp_path):
    dataset, model, batchnorm, make, names = CASES[case]
    data = wn.load_dataset(dataset, train_size=1024)
    net = wn.build_model(model, data.shape, 10, batchnorm, seed=1, dtype=dtype)
    wn.train(net, data, epochs=4, learning_rate=3e-3)
    net = wn.load_network(wn.save_network(net, tmp_path / "a.npz", data=data))
    module = make().to(DTYPES[dtype])
    assert module.load_state_dict(to_state_dict(net, names), strict=True).missing_keys == []
    here, there = answers_here(net, data), answers_there(module, data, DTYPES[dtype])
    assert (here == there).all()
    assert wn.evaluate(net, data) == np.mean(there == data.test_labels) > 0.5


@pytest.mark.parametrize("case", CASES)
def test_from_there_to_here(case):
    dataset, model, batchnorm, make, names = CASES[case]
    data = wn.load_dataset(dataset, train_size=1024)
    torch.manual_seed(0)
    module = make()
    x, labels = images(data, "train").float(), torch.from_numpy(data.train_labels.copy())
    optimizer = torch.optim.Adam(module.parameters(), 3e-3)
    for _ in range(4):
        for indices in torch.randperm(len(labels)).split(128):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(x[indices]), labels[indices]).backward()
            optimizer.step()
    net = wn.build_model(model, data.shape, 10, batchnorm, seed=2)
    load_state_dict(net, module.state_dict(), names)
    there = answers_there(module, data, torch.float32)
    assert (answers_here(net, data) == there).all()
    assert wn.evaluate(net, data) == np.mean(there == data.test_labels) > 0.5
    again = to_state_dict(net, names)
    assert list(again) == list(module.state_dict())
    for name, value in module.state_dict().items():
        assert name.endswith("num_batches_tracked") or torch.equal(again[name], value), name


FLOATS = ("float64", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2")


@pytest.mark.parametrize("dtype", [name for name in FLOATS if hasattr(torch, name)])
def test_tensors_of_all_types_of_floats(dtype):
    net = wn.build_model("mlp", (1, 8, 8), batchnorm=False)
    state = {name: value.requires_grad_() for name, value in to_state_dict(net).items()}
    load_state_dict(net, state)
    rounded = {name: value.to(getattr(torch, dtype)) for name, value in state.items()}
    load_state_dict(net, rounded)
    for name, value in rounded.items():
        assert (net.parameters[name] == value.detach().float().numpy()).all(), name


OTHERS = {
    "whole": (lambda w: w.long(), "floats for dense1.weight, got torch.int64"),
    "complex": (lambda w: w + 1j, "floats for dense1.weight, got torch.complex64"),
    "sparse": (lambda w: w.to_sparse(), r"a dense tensor for dense1.weight, got .* torch.sparse_coo; pass its to"),
    "meta": (lambda w: w.to("meta"), "values for dense1.weight, got a tensor of the device meta"),
    "lazy": (lambda _: nn.LazyLinear(3).weight, "numbers for dense1.weight, got a UninitializedParameter that"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_other_tensors_are_refused(kind):
    change, message = OTHERS[kind]
    net = wn.build_model("mlp", (1, 8, 8), batchnorm=False)
    state = to_state_dict(net)
    with pytest.raises(wn.InputError, match=f"^state: expected {message}"):
        load_state_dict(net, state | {"dense1.weight": change(state["dense1.weight"])})


def test_wrapped_modules_say_how_to_unwrap_them():
    module = nn.DataParallel(mlp(True))
    net, state = wn.build_model("mlp", (1, 8, 8)), module.state_dict()
    with pytest.raises(wn.InputError) as caught:
        load_state_dict(net, {"epoch": 3, "model": state}, "sequential")
    assert "pass state['model']" in str(caught.value)
    with pytest.raises(wn.InputError) as caught:
        load_state_dict(net, state, "sequential")
    _, _, told = str(caught.value).partition("; the names have the prefix 'module.', so pass ")
    load_state_dict(net, eval(told), "sequential")
    assert (net.parameters["dense1.weight"] == module.module[1].weight.detach().numpy()).all()
