"""A machine on which no data set is, for tests of how files are found."""

import pytest

from wn_ref.datasets import load, places


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """An empty folder WN_REF_DATA and an empty cache; nothing else is looked into, nothing is remembered."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv(places.VARIABLE, str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(places, "DEBIAN", {})
    for cached in (load._load, load._load_all):
        cached.cache_clear()
    yield tmp_path
    for cached in (load._load, load._load_all):
        cached.cache_clear()
