"""The table of midpoints, as text."""

import pandas

from wn_ref.cli.walk_table import reasons, table


def test_a_table_says_where_multiplicative_noise_leaves_the_accuracy():
    row = {"phase": "training", "point": 1, "name": "dense1", "midpoint": 2.0, "low": 1.8, "high": 2.3}
    fits = pandas.DataFrame([row | {"kind": "measured", "a_min": 0.66, "highest": 0.95}])
    words = ["1", "dense1", "2", "(1.8", "to", "2.3),", "ends", "at", "66%", "95.0%"]
    assert table(fits, show_floor=True)[1].split() == words
    assert reasons(fits.assign(reason="")) == []
    why = "equation 1 misses the accuracies by 0.1 on average"
    assert reasons(fits.assign(reason=why)) == [f"dense1, noise in training: {why}"]
    assert "ends at" not in table(fits)[1]
    assert table(fits.assign(kind="open"))[1].split() == ["1", "dense1", "unknown", "95.0%"]
