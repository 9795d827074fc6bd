"""Execute notebooks from top to bottom, say how long they take, and hold their outputs against those that are stored.

    python -m tests.benchmarks.notebooks 01 02

needs `pip install -e '.[tutorials]'`; without numbers it executes all, one after the other. It fails if a text differs:
on the processor on which the outputs were made, all have to be the same. `--write` stores the fresh ones.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from wn_ref.files import write_atomically

TUTORIALS = Path(__file__).parents[2] / "tutorials"

Cell = dict[str, Any]


def main(arguments: list[str] | None = None) -> None:
    """Print a line for each notebook, and those outputs that differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", help="such as 01; by default all")
    parser.add_argument("--write", action="store_true", help="store the fresh outputs")
    options = parser.parse_args(arguments)
    paths = {path.name[:2]: path for path in sorted(TUTORIALS.glob("[0-9][0-9]_*.ipynb"))}
    if unknown := sorted(set(options.numbers) - set(paths)):
        parser.error(f"numbers: expected some of {', '.join(paths)}, got {', '.join(unknown)}; choose from these")
    failed, whole = False, 0.0
    for path in (paths[number] for number in options.numbers or paths):
        stored = json.loads(path.read_text())
        cells = executed(path)
        total = sum(map(seconds, cells))
        solutions = sum(seconds(cell) for cell in cells if solution(cell))
        whole += total
        print(f"{path.stem}: {total:.0f} s, {solutions:.0f} of them in solutions", flush=True)
        for name, before, now in differences(stored["cells"], cells):
            failed = True
            print(f"    {name}: stored\n{before}\n    {name}: now\n{now}", flush=True)
        if options.write:
            fresh = stored | {"cells": [kept(old, new) for old, new in zip(stored["cells"], cells)]}
            content = json.dumps(fresh, indent=1, ensure_ascii=False) + "\n"
            write_atomically(path, partial(Path.write_text, data=content))
    print(f"together {whole / 60:.1f} minutes")
    sys.exit(failed and not options.write)


def executed(path: Path) -> list[Cell]:
    """Return the cells of a notebook after a run in a kernel of its own."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(path.parent)}}).execute()
    return json.loads(nbformat.writes(notebook))["cells"]


def seconds(cell: Cell) -> float:
    """Return how long a cell took."""
    times = cell["metadata"].get("execution", {})
    if "shell.execute_reply" not in times:
        return 0.0
    begin, end = (datetime.fromisoformat(times[name]) for name in ("iopub.execute_input", "shell.execute_reply"))
    return (end - begin).total_seconds()


def solution(cell: Cell) -> bool:
    """Return whether a cell is the solution of an exercise."""
    return cell["metadata"].get("nbgrader", {}).get("solution", False) and cell["id"].startswith("exercise")


def outputs(cell: Cell) -> list[Cell]:
    """Return what a cell gave, without warnings, and as one what was printed in several pieces."""
    found: list[Cell] = []
    for output in cell.get("outputs", []):
        if output.get("name") == "stderr":
            continue
        if found and found[-1]["output_type"] == output["output_type"] == "stream":
            found[-1] = output | {"text": ["".join(found[-1]["text"]) + "".join(output["text"])]}
        else:
            found.append(output)
    return [one | {"text": "".join(one["text"]).splitlines(keepends=True)} if "text" in one else one for one in found]


def text(cell: Cell) -> str:
    """Return what a cell printed and returned, as plain text."""
    return "\n".join("".join(one.get("text") or one.get("data", {}).get("text/plain", "")) for one in outputs(cell))


def differences(stored: list[Cell], fresh: list[Cell]) -> Iterator[tuple[str, str, str]]:
    """Yield the cells whose text differs: id, what is stored, and what came now."""
    for old, new in zip(stored, fresh, strict=True):
        if old.get("outputs") and text(old) != text(new):
            yield old["id"], text(old), text(new)


def kept(old: Cell, new: Cell) -> Cell:
    """Return a cell as it is stored: with fresh outputs, and the metadata it had."""
    return old | {"outputs": outputs(new), "execution_count": new["execution_count"]} if "outputs" in old else old


if __name__ == "__main__":
    main()
