"""Look for broken links in a built site: python links.py FOLDER.

Links to other sites are left alone, and so are the theme's own files and the index of source pages.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The places that a page links to, and those that it has itself."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a tag points to, and what it is called."""
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            if name in ("id", "name") and value:
                self.places.add(value)


def broken(folder: Path) -> list[str]:
    """Return "PAGE: LINK" for every link to a file or a place that does not exist."""
    paths = [path.resolve() for path in folder.rglob("*.html") if not path.is_relative_to(folder / "_static")]
    pages = {path: Page(path) for path in paths if path != (folder / "_modules" / "index.html").resolve()}
    wrong = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = pages[target].places if target in pages else None
            missing = not target.exists() or (parts.fragment and known is not None and parts.fragment not in known)
            if missing and link != "#":
                wrong.append(f"{path.relative_to(folder.resolve())}: {link}")
    return wrong


if __name__ == "__main__":
    found = broken(Path(sys.argv[1]))
    print("\n".join(found) or "no broken link")
    sys.exit(bool(found))
