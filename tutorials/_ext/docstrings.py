"""Let the site show docstrings as they are written: indented lines are formulas, and bars are absolute values."""

from __future__ import annotations

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at docstrings before the extension for NumPy style does."""
    app.connect("autodoc-process-docstring", show, priority=400)
    return {"parallel_read_safe": True}


def show(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Make literal blocks of what is indented ahead of the first section; escape | elsewhere."""
    out, literal, prose = [], False, True
    for number, line in enumerate(lines):
        prose = prose and not line.startswith("---")
        indented = prose and line.startswith("    ")
        if indented and not literal and not (number and lines[number - 1].strip()):
            before = next((text for text in reversed(out) if text.strip()), "")
            out += [] if before.endswith("::") else ["::", ""]
            literal = True
        elif line.strip() and not indented:
            literal = False
        out.append(line if literal else line.replace("|", "\\|"))
    lines[:] = out
