"""The ledger as one self-contained page of HTML, with the figures that published runs are sufficient for."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from matplotlib import rc_context

from wn_ref.errors import InputError
from wn_ref.files import write_atomically
from wn_ref.ledger.catalog import all_rows
from wn_ref.ledger.drawn import FIGURES, draw
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.page import markdown, page_beside
from wn_ref.ledger.places import require_ours
from wn_ref.ledger.row import Row

NAME = "REPRODUCTION.html"
"""The page's file, beside the folder of the tables."""
HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>The reproduction</title>
"""
STYLE = """body { font: 15px/1.5 sans-serif; max-width: 90em; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; font-size: 13px }
td, th { border: 1px solid #ccc; padding: 3px 6px; text-align: left }
th { background: #eee } code { font-size: 12px } img { max-width: 100% }"""


def write_html(evidence: Evidence, results: Path, rows: Sequence[Row] | None = None) -> Path:
    """Write the page beside a folder of published tables, and return its path."""
    path = html_beside(results)
    found = [evidence.result(row) for row in (all_rows() if rows is None else rows)]
    body = [*_of_markdown(markdown(found, results.name)), "<h2>Figures</h2>", *_figures(evidence)]
    made = HEAD + "\n".join([f"<style>{STYLE}</style></head><body>", *body, "</body></html>", ""])
    write_atomically(path, lambda part: part.write_text(made, encoding="utf-8"), "results")
    return path


def html_beside(results: Path) -> Path:
    """Return where the page of a folder of tables is; raise `InputError` if another file is there."""
    path = results.parent / NAME
    require_ours(path, HEAD, results)
    return path


def require_pages(results: Path) -> None:
    """Raise `InputError` if a file that is no ledger, or one of another folder's tables, is in the place of a page."""
    page_beside(results)
    html_beside(results)


def _figures(evidence: Evidence) -> Iterable[str]:
    """Yield each figure, or the line that says what to run."""
    for number in FIGURES:
        yield f"<h3>Figure {number}</h3>"
        try:
            figure = draw(number, evidence)
        except InputError as error:
            yield f"<p>{escape(str(error))}</p>"
            continue
        drawn = io.BytesIO()
        with rc_context({"svg.hashsalt": "wn_ref"}):  # the same figure, the same bytes
            figure.savefig(drawn, format="svg", metadata={"Date": None})
        encoded = base64.b64encode(drawn.getvalue()).decode()
        yield f'<img alt="Figure {number}" src="data:image/svg+xml;base64,{encoded}">'


def _of_markdown(page: str) -> Iterable[str]:
    """Yield the page in HTML: what `wn_ref.ledger.page` uses of Markdown."""
    for block in page.split("\n\n"):
        lines = block.strip().split("\n")
        if head := re.match(r"(#+) (.*)", lines[0]):
            level = len(head[1])
            yield f"<h{level}>{_inline(head[2])}</h{level}>"
        elif lines[0].startswith("|"):
            yield "<table>"
            for number, line in enumerate(lines):
                cells = re.split(r"(?<!\\)\|", line.strip()[1:-1])
                tag = "th" if number == 0 else "td"
                if number != 1:
                    yield "<tr>" + "".join(f"<{tag}>{_inline(cell.strip())}</{tag}>" for cell in cells) + "</tr>"
            yield "</table>"
        elif block.strip():
            yield f"<p>{_inline(' '.join(lines))}</p>"


def _inline(text: str) -> str:
    text = escape(text, quote=False).replace("&lt;br&gt;", "<br>").replace("\\|", "|")
    text = re.sub(r"\[(.*?)\]\((.*?)\)", r'<a href="\2">\1</a>', text)
    text = re.sub(r"`(.*?)`", r"<code>\1</code>", text)
    text = re.sub(r"\*\*(.*?)\*\*", r"<b>\1</b>", text)
    return re.sub(r"\*(.*?)\*", r"<i>\1</i>", text)
