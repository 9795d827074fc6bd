"""Downloads that appear in their folder only if they are complete and have the right checksum.

One that is interrupted goes on where it stopped, also days later.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from wn_ref.datasets.entry import PublishedFile
from wn_ref.datasets.places import VARIABLE
from wn_ref.errors import InputError, StorageError

TIMEOUT = 30
"""A download fails after so many seconds without a byte."""
CHUNK = 1 << 18
"""A download is written in pieces of so many bytes; the last one is lost if it is interrupted."""
RETRIES = 2
"""How many times a failed download is tried again."""

_BAD_FOLDER = (FileExistsError, NotADirectoryError, PermissionError)


def fetch(name: str, file: PublishedFile, folder: Path) -> Path:
    """Download a file into a folder, with a progress bar.

    Parameters
    ----------
    name : str
        Name of the data set, for messages.
    file : PublishedFile
        What to download.
    folder : Path
        Where to put it; it is made if it does not exist.

    Returns
    -------
    Path
        The downloaded file.

    Raises
    ------
    InputError
        If the file cannot be downloaded, if it is not what was published, or if `folder` cannot be used.
    StorageError
        If the disk is full or fails.
    """
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    registry = {"registry": {file.name: file.checksum}, "urls": {file.name: file.url}}
    expected = f"{name}: expected to download {file.url} to {folder}"
    otherwise = f"or put the file into the folder {folder.name} inside of the folder that {VARIABLE} names"
    try:
        store = pooch.create(folder, base_url="", retry_if_failed=RETRIES, **registry)
        store.fetch(file.name, downloader=_Resuming(folder / f".{file.name}.download"))
    except (requests.exceptions.RequestException, ConnectionError, TimeoutError, ValueError) as error:
        raise InputError(f"{expected}, got {_reason(error)}; check the network, {otherwise}") from None
    except OSError as error:
        got = f"{expected}, got {error.strerror or error}"
        if isinstance(error, _BAD_FOLDER) or error.errno == errno.EROFS:
            raise InputError(f"{got}; set XDG_CACHE_HOME to a folder that can be written, {otherwise}") from None
        raise StorageError(f"{got}; make room or set XDG_CACHE_HOME to another disk, {otherwise}") from None
    return folder / file.name


class _Resuming:
    """What pooch calls to download a file: it goes on after the bytes that an earlier attempt left.

    Parameters
    ----------
    part : Path
        The file with these bytes. It is complete when pooch gets it, and if its checksum then is another one, pooch
        deletes it.
    """

    def __init__(self, part: Path) -> None:
        self.part = part

    def __call__(self, url: str, output: str, _: object) -> None:
        import requests
        from tqdm import tqdm

        here = self.part.stat().st_size if self.part.exists() else 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={here}-"} if here else {})
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            if not (here and response.status_code == requests.codes.requested_range_not_satisfiable):  # all is here
                response.raise_for_status()
                here = here if response.status_code == requests.codes.partial_content else 0
                left = int(response.headers.get("content-length", 0))
                bar = tqdm(total=here + left or None, initial=here, unit="B", unit_scale=True, desc=self.part.stem[1:])
                with self.part.open("ab" if here else "wb") as file, bar:
                    for chunk in response.iter_content(CHUNK):
                        file.write(chunk)
                        bar.update(len(chunk))
        os.replace(self.part, output)


def _reason(error: Exception) -> str:
    """Say in a few words why a download failed."""
    import requests

    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP status {response.status_code}"
    if isinstance(error, (requests.exceptions.Timeout, TimeoutError)) or "timed out" in str(error):
        return f"no data for {TIMEOUT} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "less data than was announced"
    if isinstance(error, (requests.exceptions.ConnectionError, ConnectionError)):
        return "no connection"
    return "a file with another checksum" if "hash" in str(error).lower() else str(error).partition("\n")[0]
