"""Make the student's edition of the tutorials, a folder that nbgrader knows as a course.

    python tutorials/make_student.py                        # all notebooks, into course/
    python tutorials/make_student.py 01 02 --course spring  # two of them

The notebooks themselves are the instructor's edition. nbgrader's metadata say which cells hold solutions and which hold
tests, `### BEGIN SOLUTION` and `### END SOLUTION` what is blank in a cell for students, and `### BEGIN HIDDEN TESTS`
what they do not see. Each notebook becomes an assignment: COURSE/source has its copy, COURSE/release what students get.
Run it again after a change: COURSE/gradebook.db, which has the marks, and COURSE/nbgrader_config.py stay.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

TUTORIALS = Path(__file__).parent
LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")
TOLD = re.compile(r"^\| \*\*(?:Here|How sure)\*\* \|.*\n?", re.MULTILINE)
"""The rows of a notebook's head that tell its results."""
KEPT = ("nbgrader", "tags")
"""Metadata of a cell that concern a student; the others fold solutions away."""


class CourseError(Exception):
    """The course cannot be made; the text says why, and what to do."""


def find(numbers: list[str]) -> list[Path]:
    """Find notebooks by their numbers, "01", or all that can be assignments if there are none.

    Raises
    ------
    CourseError
        If there is no notebook of a number, or nothing in it to fill in.
    """
    paths = {path.name[:2]: path for path in sorted(TUTORIALS.glob("[0-9][0-9]_*.ipynb")) if any(count(path))}
    for number in numbers:
        if number not in paths:
            raise CourseError(f"notebook: expected one of {', '.join(paths)}, got {number!r}; choose from these")
    return [paths[number] for number in numbers or paths]


def count(path: Path) -> tuple[int, float]:
    """Count the cells that a student fills in, and the marks that the tests give."""
    graders = [cell["metadata"].get("nbgrader", {}) for cell in json.loads(path.read_text())["cells"]]
    return sum(g.get("solution", False) for g in graders), sum(g["points"] for g in graders if g.get("grade"))


def prepare(notebook: dict) -> dict:
    """Make a notebook ready for nbgrader: no results in its head, links that lead somewhere, solutions not folded."""
    for cell in notebook["cells"]:
        cell["metadata"] = {key: value for key, value in cell["metadata"].items() if key in KEPT}
        if cell["cell_type"] == "markdown":
            cell["source"] = LINK.sub(_link, TOLD.sub("", "".join(cell["source"])))
    return notebook


def _link(match: re.Match[str]) -> str:
    text, target = match.groups()
    if re.fullmatch(r"\d\d_\w+\.ipynb", target):
        return f"[{text}](../{target.removesuffix('.ipynb')}/{target})"
    return match[0] if target.startswith(("http", "#")) else text  # files of the project are not in the course


def make(path: Path, course: Path) -> Path:
    """Make an assignment of a notebook, and return the student's copy."""
    source = course / "source" / path.stem / path.name
    copy = json.dumps(prepare(json.loads(path.read_text())), indent=1, ensure_ascii=False)
    with writing():
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(copy)
    nbgrader(course, "generate_assignment", path.stem, "--force")
    return course / "release" / path.stem / path.name


def settle(course: Path) -> None:
    """Make the folders of a course, with settings for nbgrader unless it has some."""
    with writing():
        for folder in (course, course / "source", course / "release"):
            folder.mkdir(parents=True, exist_ok=True)
        if not (course / "nbgrader_config.py").exists():
            shutil.copy(TUTORIALS / "nbgrader_config.py", course)


@contextmanager
def writing() -> Iterator[None]:
    """Raise a CourseError where the system refuses to write into the course."""
    try:
        yield
    except OSError as error:
        reason = f"{error.strerror}: {error.filename}"
        raise CourseError(f"--course: expected a folder that can be written, got {reason}; choose another") from error


def nbgrader(course: Path, *arguments: str) -> None:
    """Run nbgrader in a course.

    Raises
    ------
    CourseError
        If it fails, with what it says.
    """
    folder = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": os.pathsep.join([folder, os.environ.get("PATH", "")])}  # it calls alembic
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise CourseError(f"nbgrader {' '.join(arguments)}: expected no error, got\n{done.stderr}")


def main(arguments: list[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", metavar="NN", help="numbers of notebooks, such as 01; all if none")
    parser.add_argument("--course", type=Path, default=Path("course"), metavar="FOLDER", help="default: %(default)s")
    options = parser.parse_args(arguments)
    try:
        if find_spec("nbgrader") is None:
            raise CourseError("nbgrader: expected it to be installed, got nothing; pip install -e '.[course]'")
        paths = find(options.notebooks)
        settle(options.course)
        for path in paths:
            blanks, marks = count(path)
            print(f"{make(path, options.course)}: {blanks} cells to fill in, {marks:g} marks", flush=True)
    except CourseError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    print(f"Give out {options.course}/release, collect in {options.course}/submitted/STUDENT/ASSIGNMENT/. To mark, in")
    print(f"{options.course}: nbgrader autograde ASSIGNMENT, then nbgrader export, which writes grades.csv.")


if __name__ == "__main__":
    main()
