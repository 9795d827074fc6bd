"""Where files are found, what is said of them, and downloads from a server that fails in every way it can."""

import gc
import gzip
import hashlib
import resource
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from tests.datasets import files
from wn_ref import InputError
from wn_ref.datasets import sources
from wn_ref.datasets.catalog import CATALOG, PublishedFile
from wn_ref.datasets.sources import DIFFERENT, PUBLISHED, RECOMPRESSED, UNPACKED, DataWarning, cache, find, locate

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

CONTENT = b"0123456789abcdef" * 10_000


class Server(BaseHTTPRequestHandler):
    """Answers as the path says."""

    asked: list[str]

    def do_GET(self):
        self.asked.append(self.path)
        how = self.path.strip("/")
        if how == "missing":
            self.send_error(404)
            return
        if how == "dropped":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if how == "truncated":
            self.wfile.write(CONTENT[:5000])
        elif how == "stalled":
            self.wfile.write(CONTENT[:5000])
            self.wfile.flush()
            time.sleep(1)
        elif how == "changed" or (how == "changed-once" and len(self.asked) == 1):
            self.wfile.write(CONTENT[::-1])
        else:
            self.wfile.write(CONTENT)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(bare, monkeypatch):
    """A server on this machine, and patience of a quarter of a second."""
    handler = type("Asked", (Server,), {"asked": []})
    monkeypatch.setattr(sources, "TIMEOUT", 0.25)
    monkeypatch.setattr(sources, "RETRIES", 0)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()
    gc.collect()  # the sockets of broken connections, which requests leaves to the collector


def published(server, how):
    digest = hashlib.sha256(CONTENT).hexdigest()
    return PublishedFile("file.bin", len(CONTENT), f"sha256:{digest}", f"http://127.0.0.1:{server.server_port}/{how}")


def test_a_download_is_verified_and_kept(server):
    found = sources.fetch("name", "folder", published(server, "good"))
    assert found == sources.Found(cache() / "folder" / "file.bin", PUBLISHED)
    assert found.path.read_bytes() == CONTENT
    assert find("folder", published(server, "good")) == found.path


def test_a_download_is_tried_again(server, monkeypatch):
    monkeypatch.setattr(sources, "RETRIES", 1)
    found = sources.fetch("name", "folder", published(server, "changed-once"))
    assert found.path.read_bytes() == CONTENT
    assert len(server.RequestHandlerClass.asked) == 2


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("missing", "got HTTP status 404;"),
        ("truncated", "got less than was announced;"),
        ("changed", "got a file with another checksum;"),
        ("stalled", "got nothing for 0.25 s;"),
        ("dropped", "got no connection;"),
    ],
)
def test_a_download_that_fails_leaves_nothing(how, reason, server):
    with pytest.raises(
        InputError, match=f"^name: expected to download http.*{how} to .*, {reason} check the"
    ) as caught:
        sources.fetch("name", "folder", published(server, how))
    assert "\n" not in str(caught.value)
    assert "or put the file into a folder folder of the one that WN_REF_DATA names" in str(caught.value)
    assert list((cache() / "folder").iterdir()) == []


def test_no_network(bare, monkeypatch):
    monkeypatch.setattr(sources, "RETRIES", 0)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/file"
    with pytest.raises(InputError, match="got no connection; check the network"):
        sources.fetch("name", "folder", PublishedFile("file.bin", 1, "md5:00", url))


@contextmanager
def files_no_larger_than(size):
    """What a full disk does: writing fails in the middle of a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk(server):
    with (
        files_no_larger_than(50_000),
        pytest.raises(InputError, match=r"got File too large; make room or set XDG_"),
    ):
        sources.fetch("name", "folder", published(server, "good"))
    assert list((cache() / "folder").iterdir()) == []


def test_a_cache_that_cannot_be_written(server, bare, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(bare / "file"))
    (bare / "file").write_text("no folder")
    with pytest.raises(InputError, match=r"got .*(Not a directory|permission).*; make room or set XDG_CACHE_HOME"):
        sources.fetch("name", "folder", published(server, "good"))


def test_order_of_places(bare, monkeypatch):
    file = CATALOG["fashion_mnist"].files[0]
    monkeypatch.setattr(sources, "DEBIAN", {"fashion_mnist": bare / "debian"})
    places = sources.places("fashion_mnist")
    assert places == [
        bare / "data" / "fashion_mnist",
        bare / "repository" / "fashion_mnist",
        bare / "debian",
        bare / "cache" / "wn_ref" / "fashion_mnist",
    ]
    assert find("fashion_mnist", file) is None
    for place in reversed(places):
        place.mkdir(parents=True)
        (place / file.name).write_bytes(b"x")
        assert find("fashion_mnist", file) == place / file.name
    assert len(sources.places("mnist")) == 3
    monkeypatch.delenv(sources.VARIABLE)
    assert find("fashion_mnist", file) == places[1] / file.name


def test_states_of_a_file(tmp_path):
    content = files.idx(np.arange(3))
    original = gzip.compress(content, 9, mtime=0)
    digests = hashlib.md5(original).hexdigest(), hashlib.md5(content).hexdigest()
    file = PublishedFile("a.gz", 1, f"md5:{digests[0]}", "", unpacked="a", content_md5=digests[1])
    path = tmp_path / "a.gz"
    for written, state in (
        (original, PUBLISHED),
        (gzip.compress(content, 1, mtime=5), RECOMPRESSED),
        (gzip.compress(content + b"x"), DIFFERENT),
        (b"no gzip", DIFFERENT),
    ):
        path.write_bytes(written)
        assert sources.examine(path, file).state == state
    (tmp_path / "a").write_bytes(content)
    assert sources.examine(tmp_path / "a", file).state == RECOMPRESSED
    archive = PublishedFile("b.tar.gz", 1, "sha256:00", "", unpacked="b")
    (tmp_path / "b").mkdir()
    assert sources.examine(tmp_path / "b", archive).state == UNPACKED
    members = replace(archive, members=(("m", hashlib.sha256(b"x").hexdigest()),))
    for content, state in ((b"x", PUBLISHED), (b"y", DIFFERENT)):
        (tmp_path / "b" / "m").write_bytes(content)
        assert sources.examine(tmp_path / "b", members).state == state
    (tmp_path / "b" / "m").unlink()
    with pytest.raises(InputError, match="m: expected a file that can be read, got No such file"):
        sources.examine(tmp_path / "b", members)
    (tmp_path / "b.tar.gz").write_bytes(b"x")
    assert sources.examine(tmp_path / "b.tar.gz", archive).state == DIFFERENT


def test_a_file_that_is_not_the_publishers_is_used_with_one_line_of_warning(bare, rng):
    files.mnist(bare / "data" / "mnist", rng)
    with pytest.warns(DataWarning) as warned:
        paths = locate("mnist", CATALOG["mnist"])
    assert [path.parent for path in paths] == [bare / "data" / "mnist"] * 4
    assert all("is used, but is not the publisher's" in str(w.message) for w in warned)
    assert all("\n" not in str(w.message) for w in warned)


def test_every_published_file_can_be_verified():
    """Checksums and sizes have the form that they should; the URL ends in the file's name."""
    for entry in CATALOG.values():
        for file in entry.files:
            algorithm, _, digest = file.checksum.partition(":")
            assert len(digest) == {"md5": 32, "sha256": 64}[algorithm]
            assert int(digest, 16) > 0
            assert all(len(member) == 64 and int(member, 16) > 0 for _, member in file.members)
            assert file.size > 1000
            assert file.url.rpartition("/")[2] == file.name
