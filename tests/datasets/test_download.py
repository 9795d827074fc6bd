"""Downloads from a server that fails in every way it can."""

import gc
import hashlib
import resource
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from wn_ref import InputError
from wn_ref.datasets import download
from wn_ref.datasets.download import fetch
from wn_ref.datasets.entry import PublishedFile
from wn_ref.errors import StorageError

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

CONTENT = b"0123456789abcdef" * 10_000


class Server(BaseHTTPRequestHandler):
    """Answers as the path says."""

    asked: list[str]
    ranges: list[str | None]

    def do_GET(self):
        self.asked.append(self.path)
        self.ranges.append(self.headers.get("Range"))
        how = self.path.strip("/")
        if how == "missing":
            self.send_error(404)
            return
        if how == "dropped":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if how.startswith("resume") and self.headers.get("Range"):
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            if start >= len(CONTENT):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Length", str(len(CONTENT) - start))
            self.end_headers()
            self.wfile.write(CONTENT[start:])
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if how in ("truncated", "resumed"):
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
def folder(tmp_path):
    """The folder to download into, which does not exist yet."""
    return tmp_path / "folder"


@pytest.fixture
def server(monkeypatch):
    """A server on this machine, and patience of a quarter of a second."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    handler = type("Asked", (Server,), {"asked": [], "ranges": []})
    monkeypatch.setattr(download, "TIMEOUT", 0.25)
    monkeypatch.setattr(download, "RETRIES", 0)
    monkeypatch.setattr(download, "CHUNK", 1000)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()
    gc.collect()  # the sockets of broken connections, which requests leaves to the collector


def published(server, how):
    digest = hashlib.sha256(CONTENT).hexdigest()
    return PublishedFile("file.bin", len(CONTENT), f"sha256:{digest}", f"http://127.0.0.1:{server.server_port}/{how}")


def test_a_download_is_verified_and_kept(server, folder):
    path = fetch("name", published(server, "good"), folder)
    assert path == folder / "file.bin"
    assert path.read_bytes() == CONTENT


def test_a_download_is_tried_again(server, folder, monkeypatch):
    monkeypatch.setattr(download, "RETRIES", 1)
    assert fetch("name", published(server, "changed-once"), folder).read_bytes() == CONTENT
    assert len(server.RequestHandlerClass.asked) == 2


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("missing", "got HTTP status 404;"),
        ("truncated", "got less data than was announced;"),
        ("changed", "got a file with another checksum;"),
        ("stalled", "got no data for 0.25 s;"),
        ("dropped", "got no connection;"),
    ],
)
def test_a_download_that_fails_leaves_nothing_that_is_taken_for_it(how, reason, server, folder):
    with pytest.raises(
        InputError, match=f"^name: expected to download http.*{how} to .*, {reason} check the"
    ) as caught:
        fetch("name", published(server, how), folder)
    assert "\n" not in str(caught.value)
    assert "or put the file into the folder folder inside of the folder that WN_REF_DATA names" in str(caught.value)
    assert {path.name for path in folder.iterdir()} <= {".file.bin.download"}


def part_of(folder, content):
    folder.mkdir(exist_ok=True)
    (folder / ".file.bin.download").write_bytes(content)
    return folder


def test_a_download_goes_on_where_it_was_interrupted(server, folder, monkeypatch):
    with pytest.raises(InputError, match="less data than was announced"):
        fetch("name", published(server, "resumed"), folder)
    assert fetch("name", published(server, "resumed"), folder).read_bytes() == CONTENT
    assert server.RequestHandlerClass.ranges == [None, "bytes=5000-"]
    assert [path.name for path in folder.iterdir()] == ["file.bin"]


@pytest.mark.parametrize(
    ("how", "left"),
    [
        ("good", CONTENT[:5000]),  # a server that begins anew
        ("resume", CONTENT),  # killed before the file got its name
        ("resume", b""),
    ],
)
def test_whatever_an_earlier_attempt_left(server, folder, how, left):
    assert fetch("name", published(server, how), part_of(folder, left)).read_bytes() == CONTENT


@pytest.mark.parametrize("left", [b"another file"[:5000], CONTENT + b"more than there is"])
def test_what_is_no_part_of_the_file_is_thrown_away(server, folder, left, monkeypatch):
    with pytest.raises(InputError, match="got a file with another checksum"):
        fetch("name", published(server, "resume"), part_of(folder, left))
    assert list(folder.iterdir()) == []
    assert fetch("name", published(server, "resume"), folder).read_bytes() == CONTENT


def test_a_second_attempt_goes_on_by_itself(server, folder, monkeypatch):
    monkeypatch.setattr(download, "RETRIES", 1)
    assert fetch("name", published(server, "resumed"), folder).read_bytes() == CONTENT
    assert server.RequestHandlerClass.ranges == [None, "bytes=5000-"]


def test_no_network(folder, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "RETRIES", 0)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/file"
    with pytest.raises(InputError, match="got no connection; check the network"):
        fetch("name", PublishedFile("file.bin", 1, "md5:00", url), folder)


@contextmanager
def files_no_larger_than(size):
    """What a full disk does: writing fails in the middle of a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk(server, folder):
    with (
        files_no_larger_than(50_000),
        pytest.raises(StorageError, match=r"got File too large; make room or set XDG_CACHE_HOME"),
    ):
        fetch("name", published(server, "good"), folder)
    assert {path.name for path in folder.iterdir()} <= {".file.bin.download"}


def test_a_folder_that_cannot_be_made(server, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match=r"got .*(Not a directory|permission).*; set XDG_CACHE_HOME to a folder"):
        fetch("name", published(server, "good"), tmp_path / "file" / "folder")
