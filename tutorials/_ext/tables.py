"""Tables in Markdown always have a head. Where it is empty, take it away, and let the first column be the heads."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at every page once it is read."""
    app.connect("doctree-read", mend)
    return {"parallel_read_safe": True}


def mend(app: Sphinx, doctree: nodes.document) -> None:
    """Remove empty heads."""
    for group in list(doctree.findall(nodes.tgroup)):
        heads = [child for child in group if isinstance(child, nodes.thead)]
        if heads and not any(head.astext().strip() for head in heads):
            for head in heads:
                group.remove(head)
            next(group.findall(nodes.colspec))["stub"] = 1
