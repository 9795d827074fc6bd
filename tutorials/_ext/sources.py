"""Links to source files lead to pages that show them: by themselves, they would make a browser download the file."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import download_reference
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

LANGUAGES = {".py": "python", ".md": "markdown"}
"""How the files that are shown are coloured, by the ending of their names; all others are still downloaded."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Change links when pages are written, and add pages at the end."""
    app.connect("doctree-resolved", lead_to_pages)
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def page_of(app: Sphinx, name: str) -> str | None:
    """Return the name of the page that shows a file, given its path below the folder of the site."""
    path = (Path(app.srcdir) / name).resolve()
    if path.suffix not in LANGUAGES:
        return None
    return f"source/{path.relative_to(Path(app.srcdir).parent.resolve())}"


def lead_to_pages(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn links that download a source file into links to its page."""
    names = {copy: name for name, (_, copy) in app.env.dlfiles.items()}
    for link in list(doctree.findall(download_reference)):
        page = page_of(app, names[link["filename"]]) if link.get("filename") in names else None
        if page and app.builder.format == "html":
            here, there = app.builder.get_target_uri(docname), app.builder.get_target_uri(page)
            link.replace_self(nodes.reference("", "", *link.children, refuri=relative_uri(here, there), internal=True))


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, str], str]]:
    """Yield a page for each file that is linked to."""
    for name in sorted(app.env.dlfiles):
        page = page_of(app, name)
        if page:
            title, path = page.removeprefix("source/"), Path(app.srcdir) / name
            code = app.builder.highlighter.highlight_block(path.read_text(), LANGUAGES[path.suffix])
            yield page, {"title": title, "body": f"<h1><code>{escape(title)}</code></h1>{code}"}, "page.html"
