"""Bad input to build_model; what it builds is tested with the network."""

import pytest

from wn_ref import InputError, build_model


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "mpl"}, "model: expected one of mlp.* got 'mpl'; did you mean 'mlp'"),
        (
            {"name": "mlp", "input_shape": (28, 28)},
            r"input_shape: expected \(channels, height, width\), got \(28, 28\)",
        ),
        ({"name": "mlp", "classes": 1}, "classes: expected a whole number of at least 2, got 1"),
        ({"name": "mlp", "dtype": "int8"}, "dtype: expected one of float32, float64"),
        ({"name": "mlp", "seed": -1}, "seed: expected 0 <= seed"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(InputError, match=message):
        build_model(**arguments)
