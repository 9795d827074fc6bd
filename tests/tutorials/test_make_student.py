"""The student's edition: what is in it, and, with nbgrader itself, which marks right, blank and wrong answers get."""

import csv
import json
import re
from importlib.util import find_spec
from pathlib import Path

import make_student
import pytest

NBGRADER = pytest.mark.skipif(find_spec("nbgrader") is None, reason="pip install -e '.[course]' brings nbgrader")
NUMBERS = [path.name[:2] for path in make_student.find([])]
WRONG = {
    "bias forgotten": ("01", "W @ x + b[:, None]", "W @ x", "dense-forward dense-layer"),
    "bias gradient averaged": ("01", "dy.sum(axis=1)\n", "dy.mean(axis=1)\n", "dense-backward dense-layer"),
    "slope of ReLU at 0": ("01", "np.where(x > 0, dy, 0)", "np.where(x >= 0, dy, 0)", "relu-layer"),
    "variance held fixed": ("01", " - h * dgamma / N)", ")", "batch-norm-backward batch-norm-layer"),
    "kernel transposed": ("01", "W[:, :, p, q], dy", "W[:, :, q, p], dy", "convolution-backward convolution-layer"),
    "uphill": ("01", "net.theta -= rate", "net.theta += rate", "descend-learns descend-step"),
    "straight-through at the end": ("02", "dy * m.astype(dy.dtype) if", "dy if", "exact-at-the-end-logits"),
    "sign of a derivative": ("03", "z * by_mu", "-z * by_mu", "jacobian-differences fit-exact fit-package"),
    "standard deviation of all": ("03", "a.std(ddof=1)", "a.std()", "uncertainty-spread uncertainty-floor"),
    "most harm first": (
        "11",
        "n[np.argmax(c / n - c / (n + 1))]",
        "n[np.argmax(c / n)]",
        "greedy-best greedy-package exercise-2-many exercise-5-equal",
    ),
}
"""Answers that are often given: notebook, what is right, what is wrong, and the tests that must find it."""


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text())["cells"]


def grader(cell: dict) -> dict:
    return cell["metadata"].get("nbgrader", {})


def test_notebooks_are_found_by_number():
    assert [path.name for path in make_student.find(["03", "01"])] == [
        "03_midpoint_and_fit.ipynb",
        "01_layers_and_gradients.ipynb",
    ]
    assert len(make_student.find([])) > 10
    with pytest.raises(make_student.CourseError, match=r"^notebook: expected one of 01, 02, .*, got '99'; choose"):
        make_student.find(["99"])


def test_the_copy_tells_no_results_and_its_links_lead_somewhere():
    head = "| **Question** | Why? |\n| **Here** | So. |\n| **How sure** | Quite. |\n"
    text = head + "To [02](02_a.ipynb), `x` [f](../f.py), [w](https://w.org)"
    cell = {"cell_type": "markdown", "metadata": {"jupyter": {"source_hidden": True}, "tags": ["t"]}, "source": [text]}
    (copy,) = make_student.prepare({"cells": [cell]})["cells"]
    assert copy["source"] == "| **Question** | Why? |\nTo [02](../02_a/02_a.ipynb), `x` f, [w](https://w.org)"
    assert copy["metadata"] == {"tags": ["t"]}


def test_mistakes_on_the_command_line_are_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(make_student, "find_spec", lambda _: None)
    with pytest.raises(SystemExit) as left:
        make_student.main(["01", "--course", str(tmp_path / "course")])
    assert left.value.code == 2
    assert capsys.readouterr().err.endswith(
        "nbgrader: expected it to be installed, got nothing; pip install -e '.[course]'\n"
    )
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(make_student, "find_spec", lambda _: True)
    with pytest.raises(SystemExit) as left:
        make_student.main(["1", "--course", str(tmp_path / "course")])
    assert left.value.code == 2
    assert re.fullmatch(r".*: notebook: expected one of 01, .*, got '1'; choose from these\n", capsys.readouterr().err)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "taken", ["course", "course/source", "course/release", "course/source/01_layers_and_gradients"]
)
def test_a_folder_that_cannot_be_written_is_one_line(taken, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(make_student, "find_spec", lambda _: True)
    monkeypatch.setattr(make_student, "nbgrader", lambda *_: None)
    file = tmp_path / taken
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("mine")
    with pytest.raises(SystemExit) as left:
        make_student.main(["01", "--course", str(tmp_path / "course")])
    assert left.value.code == 2
    told = r".*: --course: expected a folder that can be written, got [\w ]+: (.*); choose another\n"
    assert re.fullmatch(told, capsys.readouterr().err)[1] == str(file)
    assert file.read_text() == "mine"


def test_a_lecturers_own_settings_stay(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(make_student, "find_spec", lambda _: True)
    monkeypatch.setattr(make_student, "make", lambda path, course: course / path.name)
    make_student.main(["01", "--course", str(tmp_path / "new")])
    assert "ClearSolutions" in (tmp_path / "new" / "nbgrader_config.py").read_text()
    (tmp_path / "nbgrader_config.py").write_text("mine")
    make_student.main(["01", "--course", str(tmp_path)])
    assert (tmp_path / "nbgrader_config.py").read_text() == "mine"
    blanks, marks = make_student.count(make_student.TUTORIALS / "01_layers_and_gradients.ipynb")
    assert f"01_layers_and_gradients.ipynb: {blanks} cells to fill in, {marks} marks\n" in capsys.readouterr().out
    assert 5 < blanks < marks


def answers(path: Path, released: Path, change: tuple[str, str] | None) -> dict:
    """The student's copy with the solutions of the notebook, one of them changed."""
    right = {grader(cell)["grade_id"]: "".join(cell["source"]) for cell in cells(path) if grader(cell).get("solution")}
    notebook = json.loads(released.read_text())
    for cell in notebook["cells"]:
        if grader(cell).get("solution"):
            cell["source"] = right[grader(cell)["grade_id"]]
    if change is not None:
        (changed,) = [
            cell for cell in notebook["cells"] if grader(cell).get("solution") and change[0] in cell["source"]
        ]
        changed["source"] = changed["source"].replace(*change)
    return notebook


@pytest.fixture(scope="module", params=NUMBERS)
def assignment(request, tmp_path_factory) -> tuple[Path, Path]:
    """A course in which all answers were handed in, and the notebook they belong to."""
    (path,) = make_student.find([request.param])
    course = tmp_path_factory.mktemp("course")
    make_student.main([request.param, "--course", str(course)])
    released = course / "release" / path.stem / path.name
    handed_in = {"blank": json.loads(released.read_text()), "reference": answers(path, released, None)}
    handed_in |= {who: answers(path, released, w[1:3]) for who, w in WRONG.items() if w[0] == request.param}
    for who, notebook in handed_in.items():
        target = course / "submitted" / who.replace(" ", "_") / path.stem / path.name
        target.parent.mkdir(parents=True)
        target.write_text(json.dumps(notebook))
    return course, path


@NBGRADER
@pytest.mark.course
def test_no_solution_is_in_the_students_copy(assignment):
    course, path = assignment
    copy = cells(course / "release" / path.stem / path.name)
    released = {cell["id"]: "".join(cell["source"]) for cell in copy}
    text = "\n".join(released.values())
    assert not any(word in text for word in ("BEGIN", "END SOLUTION", "<details"))
    assert not any(cell.get("outputs") for cell in copy)
    for cell in cells(path):
        if grader(cell).get("solution"):
            source = "".join(cell["source"])
            for secret in re.findall(r"BEGIN SOLUTION\n(.*?) *### END", source, re.DOTALL) or [source]:
                assert len(secret.strip()) > 5
                assert secret.strip() not in text
            stub = "raise NotImplementedError" if cell["cell_type"] == "code" else "*Your answer.*"
            assert stub in released[cell["id"]]


@NBGRADER
@pytest.mark.course
def test_marks(assignment):
    """Full marks for the solutions, none for blanks, and for each typical mistake those of the other tests."""
    course, path = assignment
    make_student.nbgrader(course, "autograde", path.stem)
    make_student.nbgrader(course, "export")
    with open(course / "grades.csv") as file:
        scores = {row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == path.stem}
    points = {g["grade_id"]: g["points"] for cell in cells(path) if (g := grader(cell)).get("grade")}
    expected = {"reference": set(), "blank": set(points)}
    expected |= {who.replace(" ", "_"): set(w[3].split()) for who, w in WRONG.items() if path.name.startswith(w[0])}
    assert set(scores) >= set(expected)
    for who, lost in expected.items():
        failed = {}
        for cell in cells(course / "autograded" / who / path.stem / path.name):
            errors = [output for output in cell.get("outputs", []) if output["output_type"] == "error"]
            if errors and (who != "blank" or grader(cell).get("grade")):
                failed[grader(cell).get("grade_id", cell["id"])] = errors[0]["ename"], errors[0]["evalue"]
        assert set(failed) & set(points) == {name for name in lost if points[name]}, (who, failed)
        assert who != "reference" or not failed  # nor do other cells fail because marking skips the long ones
        assert float(scores[who]["score"]) == sum(points.values()) - sum(points[name] for name in lost), who
        assert (0 < float(scores[who]["score"]) < sum(points.values())) == (who not in ("reference", "blank"))
