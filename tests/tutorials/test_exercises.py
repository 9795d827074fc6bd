"""Every notebook has exercises in one form, which nbgrader understands, and no solution that nobody runs."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).parents[2] / "tutorials"
NOTEBOOKS = sorted(TUTORIALS.glob("[0-9][0-9]_*.ipynb"))
TO_DO: set[str] = set()
"""Notebooks whose exercises are not in this form yet."""
EXERCISE = re.compile(r"\*\*Exercise (\d+) \((easy|medium|hard)\)\.\*\* ")
PREDICTION = re.compile(r"^\*\*Predict first\.\*\* .*\?$", re.MULTILINE)


def faults(cells: list[dict]) -> list[str]:
    """Everything about a notebook's exercises, solutions, tests and predictions that is not as it should be."""
    found, sources = [], ["".join(cell["source"]) for cell in cells]
    exercises = [k for k, source in enumerate(sources) if source.startswith("**Exercise")]
    numbers = [int(match[1]) for k in exercises if (match := EXERCISE.match(sources[k]))]
    if numbers != list(range(1, len(exercises) + 1)) or not numbers:
        found.append(f"exercises: numbers {numbers} of {len(exercises)}, (easy), (medium) or (hard)")
    for first, last in pairwise([*exercises, len(cells)]):
        if not any(grader(cell).get("solution") for cell in cells[first:last]):
            found.append(f"{sources[first][:30]}: no solution")
    identities = [grader(cell)["grade_id"] for cell in cells if grader(cell)]
    if len(set(identities)) < len(identities):
        found.append("two cells of one grade_id")
    for cell, source in zip(cells, sources):
        found += [f"{cell['id']}: {fault}" for fault in faults_of(cell, source)]
    if not 2 <= len(predictions := PREDICTION.findall("\n".join(sources))) <= 4:
        found.append(f"{len(predictions)} predictions, each a line with a question")
    return found


def faults_of(cell: dict, source: str) -> list[str]:
    """What is wrong with one cell."""
    found, kind, metadata = [], cell["cell_type"], grader(cell)
    solution, test = metadata.get("solution", False), metadata.get("grade", False) and kind == "code"
    if not solution and ("<details" in source or "BEGIN SOLUTION" in source):
        found.append("a solution, but not for nbgrader")
    if solution and kind == "markdown" and ("```py" in source or metadata["points"]):
        found.append("a solution in words: no code, which nobody runs, and no marks, which nobody gives")
    if solution and not cell["id"].startswith("exercise") and "BEGIN SOLUTION" not in source:
        found.append("a solution without marks of where it begins")
    if test and not (metadata["points"] > 0 and metadata["locked"]):
        found.append("a test without marks, or that students may change")
    if "HIDDEN TESTS" in source and not test:
        found.append("hidden tests in a cell that is no test")
    if metadata and metadata["grade_id"] != cell["id"]:
        found.append("a grade_id that is not the cell's")
    return found


def grader(cell: dict) -> dict:
    return cell["metadata"].get("nbgrader", {})


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_exercises_have_one_form(path):
    if path.stem in TO_DO:
        pytest.skip("its exercises are not in this form yet")
    assert faults(json.loads(path.read_text())["cells"]) == []


def test_planted_faults_are_found():
    def cell(kind, source, identity, **metadata):
        whole = {"nbgrader": {"grade_id": identity, "points": 0} | metadata} if metadata else {}
        return {"cell_type": kind, "source": [source], "id": identity, "metadata": whole}

    asked = cell("markdown", "**Predict first.** Why?\n\n**Predict first.** How?", "asked")
    exercise = cell("markdown", "**Exercise 1 (hard).** Do it.", "exercise-1")
    solution = cell("code", "2", "exercise-1-code", solution=True)
    assert faults([asked, exercise, solution]) == []
    for cells, fault in (
        ([asked, cell("markdown", "**Exercise 1 (open).** Do it.", "e"), solution], "(medium)"),
        ([asked, exercise], "no solution"),
        ([exercise, solution], "predictions"),
        ([asked, exercise, solution, solution], "two cells"),
        ([asked, exercise, solution, cell("markdown", "<details>2</details>", "told")], "not for nbgrader"),
        ([asked, exercise, cell("markdown", "```python\n2\n```", "w", solution=True, grade=True)], "nobody runs"),
        ([asked, exercise, solution, cell("code", "2", "blank", solution=True)], "where it begins"),
        ([asked, exercise, solution, cell("code", "2", "t", grade=True, locked=True)], "without marks"),
        ([asked, exercise, solution, cell("code", "### BEGIN HIDDEN TESTS", "t")], "no test"),
    ):
        assert fault in "; ".join(faults(cells)), fault
