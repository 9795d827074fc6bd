"""A network comes back from its file bit for bit, and every other file is refused in one line."""

import functools
import json
import warnings
import zipfile

import numpy as np
import pytest

import wn_ref as wn
from tests.own import bars, small_cnn
from tests.test_npz import archive, npy
from wn_ref import InputError
from wn_ref.layers import Dense, Flatten, ReLU
from wn_ref.npz import open_npz, write_npz
from wn_ref.ports.network_facts import LARGEST_IMAGE, WEIGHTS_PER_PIXEL
from wn_ref.ports.network_file import NetworkWarning, network_facts, warn_of_other_images
from wn_ref.store.canonical import canonical
from wn_ref.weights import own_arrays

DIGITS = wn.Experiment(dataset="digits", epochs=1, seed=3)


def trained(model="mlp", data=None, batchnorm=True, dtype="float32"):
    data = data or wn.load_dataset("digits")
    net = wn.build_model(model, data.shape, len(data.classes), batchnorm, 5, dtype)
    wn.train(net, data, epochs=1)
    return net, data


def logits(net, data):
    return net.forward(data.batch(data.test_images, np.arange(len(data.test_labels)), net.dtype))


def with_meta(path, **changed):
    """Write the file again with other facts; a fact that is ... is left out."""
    with open_npz(path, "") as file:
        meta, arrays = file.meta() | changed, {name: file.array(name) for name in file.headers}
    write_npz(path, arrays, {name: value for name, value in meta.items() if value is not ...})


def with_arrays(path, change):
    with open_npz(path, "") as file:
        meta, arrays = file.meta(), {name: file.array(name) for name in file.headers}
    write_npz(path, arrays | change if isinstance(change, dict) else change(arrays), meta)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batchnorm", [True, False])
@pytest.mark.parametrize(("model", "shape"), [("mlp", (1, 8, 8)), ("lenet5", (2, 17, 20)), ("cnn_s", (1, 10, 49))])
def test_every_network_comes_back(model, shape, batchnorm, dtype, tmp_path, rng):
    net = wn.build_model(model, shape, 7, batchnorm, 2, dtype)
    net.forward(rng.normal(size=(*shape, 5)), training=True)  # moves the running averages
    x = rng.normal(size=(*shape, 4))
    expected = net.forward(x)
    path = wn.save_network(net, tmp_path / "a.npz")
    again = wn.load_network(str(path))
    assert (again.forward(x) == expected).all()
    assert again.dtype == net.dtype
    for name, array in own_arrays(net).items():
        assert own_arrays(again)[name].tobytes() == array.tobytes()
    facts = network_facts(path)
    assert (facts.model, facts.batchnorm, facts.input_shape, facts.classes) == (model, batchnorm, shape, 7)
    assert (facts.data, facts.seed, facts.experiment) == (None, None, None)


def test_an_experiment_tells_everything(tmp_path):
    from wn_ref.running import learn

    net, history = learn(DIGITS)
    facts = network_facts(wn.save_network(net, tmp_path / "a.npz", experiment=DIGITS))
    assert facts.experiment == canonical(DIGITS) == '{"dataset":"digits","epochs":1,"seed":3}'
    assert facts.seed == 3
    assert (facts.data["name"], facts.data["mean"], facts.data["std"]) == ("digits", [0.0], [1.0])
    assert wn.evaluate(wn.load_network(tmp_path / "a.npz"), DIGITS.data()) == history[-1].accuracy
    assert (facts.wn_ref, facts.algorithm) == (wn.__version__, wn.version.ALGORITHM)


def test_the_file_can_be_read_without_this_package(tmp_path):
    net, _ = trained()
    with np.load(wn.save_network(net, tmp_path / "a.npz"), allow_pickle=False) as file:
        assert json.loads(file["meta"].tobytes().decode("utf-8"))["schema"] == "wn-network/1"
        assert set(file.files) == {"meta", *net.parameters, *net.statistics}
        assert (file["dense2.weight"] == net.parameters["dense2.weight"]).all()


def test_training_goes_on_where_it_stopped_and_a_backward_pass_is_not_disturbed(tmp_path):
    net, data = trained()
    x = data.batch(data.test_images, np.arange(6))
    net.forward(x, training=True)
    with_file = wn.load_network(wn.save_network(net, tmp_path / "a.npz"))
    dlogits = np.ones((10, 6), np.float32)
    net.backward(dlogits)
    assert np.abs(net.dtheta).max() > 0
    wn.train(net, data, epochs=1, seed=1)
    wn.train(with_file, data, epochs=1, seed=1)
    assert (net.theta == with_file.theta).all()


def test_a_network_of_ones_own(tmp_path):
    net, data = trained(small_cnn, bars(), batchnorm=False)
    path = wn.save_network(net, tmp_path / "a.npz", model=small_cnn, data=data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for model in (small_cnn, "tests.own:small_cnn"):
            assert (logits(wn.load_network(path, model), data) == logits(net, data)).all()
    assert network_facts(path).model == "tests.own:small_cnn"
    assert not network_facts(path).batchnorm
    for model, message in (
        (None, "model: expected the function that builds the network, which was tests.own:small_cnn, got none"),
        ("mlp", "model: expected tests.own:small_cnn, of which the file is, got mlp"),
    ):
        with pytest.raises(InputError, match=message):
            wn.load_network(path, model)
    wider = functools.partial(small_cnn, width=4)
    with pytest.raises(InputError, match="shape"), pytest.warns(NetworkWarning, match="other code"):
        wn.load_network(path, wider)
    with pytest.raises(InputError, match="model: expected the one that built Network"):
        wn.save_network(net, tmp_path / "b.npz", model=wider)
    with pytest.raises(InputError, match="model: expected a network of mlp, lenet5, cnn_s, or the function"):
        wn.save_network(net, tmp_path / "b.npz")
    assert not (tmp_path / "b.npz").exists()


class Leaky(ReLU):
    """A layer of the user's that is called as one of the package's."""

    def __init__(self, slope):
        super().__init__()
        self.slope = slope

    def forward(self, x, training=False):
        x = self.take_input(x)
        return np.where(x > 0, x, x.dtype.type(self.slope) * x)


Leaky.__name__ = "ReLU"


def leaky(input_shape, classes, batchnorm, seed, dtype, slope=0.1):
    inputs = int(np.prod(input_shape))
    layers = [Flatten(), Dense(inputs, 8, seed, 0, dtype), Leaky(slope), Dense(8, classes, seed, 1, dtype)]
    return wn.Network(layers, dtype, input_shape)


def test_a_layer_that_is_called_as_another_one_is_not_taken_for_it(tmp_path):
    """Nor one with another number of its own: the file would give another network back."""
    net = leaky((1, 4, 4), 3, False, 0, "float32")
    for model in (None, functools.partial(leaky, slope=0.0), functools.partial(leaky, slope=-1.0)):
        with pytest.raises(InputError, match="model: expected"):
            wn.save_network(net, tmp_path / "a.npz", model=model)
    assert not (tmp_path / "a.npz").exists()
    path = wn.save_network(net, tmp_path / "a.npz", model=leaky)
    x = np.random.default_rng(0).standard_normal((1, 4, 4, 5)).astype(np.float32)
    np.testing.assert_array_equal(wn.load_network(path, leaky).forward(x), net.forward(x))


def test_a_function_in_a_file_is_named_and_not_run(tmp_path, monkeypatch):
    """A file of a network may name any code; only what the user names is run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "from wn_ref import Network\nfrom wn_ref.layers import Dense, Flatten\n"
        "def two(shape, classes, batchnorm, seed, dtype):\n"
        "    open('was_run', 'w').close()\n"
        "    return Network([Flatten(), Dense(64, classes, seed, 0, dtype)], dtype, shape)\n"
    )
    net = wn.build_model("mine.py:two", (1, 8, 8))
    wn.save_network(net, "a.npz", model="mine.py:two")
    (tmp_path / "was_run").unlink()
    assert network_facts("a.npz").model == "mine.py:two"
    with pytest.raises(InputError, match=r"which was mine\.py:two, got none"):
        wn.load_network("a.npz")
    assert not (tmp_path / "was_run").exists()
    assert (wn.load_network("a.npz", "mine.py:two").theta == net.theta).all()


def test_what_cannot_be_saved(tmp_path):
    net, _ = trained()
    path = wn.save_network(net, tmp_path / "a.npz")
    with pytest.raises(InputError, match="expected a new name"):
        wn.save_network(net, path)
    wn.save_network(net, path, force=True)
    with pytest.raises(InputError, match=r"call save_network\(network, path\)"):
        wn.save_network(tmp_path / "b.npz", net)
    with pytest.raises(InputError, match="expected one that knows its input_shape"):
        wn.save_network(wn.Network([Flatten(), Dense(4, 2)]), tmp_path / "b.npz")
    net.parameters["dense2.bias"][3] = np.nan
    with pytest.raises(InputError, match=r"network: expected finite numbers in dense2\.bias, got nan"):
        wn.save_network(net, tmp_path / "b.npz")
    assert not (tmp_path / "b.npz").exists()


NAN = np.full((64,), np.nan, np.float32)
BAD_ARRAYS = {
    "missing": (lambda arrays: {k: v for k, v in arrays.items() if k != "bn1.beta"}, "got nothing for bn1.beta"),
    "surplus": ({"more": np.zeros(2)}, "got more besides"),
    "shape": ({"dense1.bias": np.zeros(63, np.float32)}, r"expected shape \(64,\) of dense1.bias, got \(63,\)"),
    "turned": (lambda a: a | {"dense1.weight": a["dense1.weight"].reshape(64, 8, 8)}, r"got \(64, 8, 8\)"),
    "float64": (lambda a: a | {"dense1.bias": np.zeros(64)}, "expected float32 for dense1.bias, got float64"),
    "whole": ({"bn1.running_mean": np.zeros(64, np.int64)}, "expected float64 for bn1.running_mean, got int64"),
    "nan": ({"dense1.bias": NAN}, "expected finite numbers in dense1.bias, got nan"),
    "variance": ({"bn1.running_var": np.full(64, -1.0)}, "expected variances >= 0 in bn1.running_var, got -1.0"),
}


@pytest.mark.parametrize("name", BAD_ARRAYS)
def test_bad_arrays(name, tmp_path):
    change, message = BAD_ARRAYS[name]
    path = wn.save_network(wn.build_model("mlp", (1, 8, 8)), tmp_path / "a.npz")
    with_arrays(path, change)
    with pytest.raises(InputError, match=message):
        wn.load_network(path)


BAD_META = {
    "newer": ({"schema": "wn-network/2"}, "path: expected schema wn-network/1, got wn-network/2 .*; update wn_ref"),
    "another": ({"schema": "wn-vectors/2"}, "got 'wn-vectors/2' in .*; choose a file of a network"),
    "no schema": ({"schema": ...}, "got 'no schema'"),
    "no model": ({"model": ...}, "expected a usable model in the meta of .*, got none"),
    "unknown model": ({"model": "resnet"}, r"model in .*a\.npz: expected one of mlp, lenet5, cnn_s, got 'resnet'"),
    "code": ({"model": "os:abort"}, "expected one of mlp"),
    "other model": ({"model": "lenet5", "input_shape": [1, 28, 28]}, "lenet5 for images of"),
    "shape": ({"input_shape": [1, 28]}, "expected a usable input_shape"),
    "no images": ({"input_shape": [1, 0, 28]}, "expected a usable input_shape"),
    "large images": ({"input_shape": [1, 4000, 4000]}, "expected a usable input_shape"),
    "larger images": ({"input_shape": [1, 1000, 1000]}, "mlp for images of"),
    "classes": ({"classes": 1e9}, "expected a usable classes"),
    "many classes": ({"classes": 10**9}, "and 1000000000 classes, got 13898"),
    "other classes": ({"classes": 11}, r"expected shape \(11, 64\) of dense4.weight"),
    "no batch norm": ({"batchnorm": False}, "model: expected one with the points of"),
    "dtype": ({"dtype": "float16"}, "expected a usable dtype"),
    "other dtype": ({"dtype": "float64"}, "expected float64 for dense1.weight, got float32"),
    "points": ({"points": ["input"]}, "expected one with the points of"),
    "seed": ({"seed": -1}, "expected a usable seed"),
    "data": ({"data": {"name": 3}}, "expected a usable data"),
    "experiment": ({"experiment": []}, "expected a usable experiment"),
}


@pytest.mark.parametrize("name", BAD_META)
def test_bad_facts(name, tmp_path):
    change, message = BAD_META[name]
    path = wn.save_network(wn.build_model("mlp", (1, 8, 8)), tmp_path / "a.npz")
    with_meta(path, **change)
    with pytest.raises(InputError, match=message) as caught:
        wn.load_network(path)
    assert "\n" not in str(caught.value)


def test_facts_of_later_versions_are_left_out(tmp_path):
    path = wn.save_network(wn.build_model("mlp", (1, 8, 8)), tmp_path / "a.npz")
    with_meta(path, colour="blue")
    assert wn.load_network(path).points[0] == "input"


def test_files_of_something_else(tmp_path):
    np.savez(tmp_path / "arrays.npz", x=np.zeros(3))
    archive(tmp_path / "zip.npz", [("x.npy", npy(np.zeros(1000)))], zipfile.ZIP_DEFLATED)
    (tmp_path / "text.npz").write_text("dense1.weight")
    whole = wn.save_network(wn.build_model("mlp", (1, 8, 8)), tmp_path / "whole.npz").read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    for name in ("arrays", "zip", "text", "half", "absent"):
        with pytest.raises(InputError, match="path: expected") as caught:
            wn.load_network(tmp_path / f"{name}.npz")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "shape"), [("mlp", (1, 1, 1)), ("mlp", (1, 256, 256)), ("lenet5", (1, 16, 16)), ("lenet5", (900, 20, 90)),
    ("lenet5", (1, 200, 16)),
    ("lenet5", (1, 19, 200)), ("lenet5", (3, 19, 64)), ("lenet5", (1, 19, 20_000)),
    ("cnn_s", (1, 7, 28)), ("cnn_s", (1, 7, 400)), ("cnn_s", (3, 100, 28))],
)  # fmt: skip
def test_no_network_has_fewer_weights_than_a_file_needs(model, shape):
    assert wn.build_model(model, shape, 2, batchnorm=False).theta.size >= WEIGHTS_PER_PIXEL * shape[1] * shape[2]


def test_larger_images_than_a_file_may_have_are_not_saved(tmp_path):
    large = wn.Network([Flatten(), Dense(LARGEST_IMAGE + 1, 2)], input_shape=(1, 1, LARGEST_IMAGE + 1))
    with pytest.raises(InputError, match="network: expected images of at most 1048576 values, got 1 x 1 x 1048577"):
        wn.save_network(large, tmp_path / "a.npz", model=lambda *_: large)


def test_images_that_are_normalised_otherwise(tmp_path):
    net, data = trained()
    facts = network_facts(wn.save_network(net, tmp_path / "a.npz", data=data))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_other_images(facts, data)
    with pytest.warns(
        NetworkWarning, match=r"mean \[0.0\] and std \[1.0\], as the network has learned, got mean \[0.3"
    ):
        warn_of_other_images(facts, bars())
