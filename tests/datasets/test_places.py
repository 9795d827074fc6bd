"""Where files are looked for, and in which order."""

from wn_ref.datasets import CATALOG, places
from wn_ref.datasets.places import find


def test_order_of_places(bare, monkeypatch):
    file = CATALOG["fashion_mnist"].files[0]
    monkeypatch.setattr(places, "DEBIAN", {"fashion_mnist": bare / "debian"})
    order = places.places("fashion_mnist")
    assert order == [
        bare / "data" / "fashion_mnist",
        bare / "debian",
        bare / "cache" / "wn_ref" / "fashion_mnist",
    ]
    assert find("fashion_mnist", file) is None
    for place in reversed(order):
        place.mkdir(parents=True)
        (place / file.name).write_bytes(b"x")
        assert find("fashion_mnist", file) == place / file.name
    assert len(places.places("mnist")) == 2
    monkeypatch.delenv(places.VARIABLE)
    assert find("fashion_mnist", file) == order[1] / file.name
