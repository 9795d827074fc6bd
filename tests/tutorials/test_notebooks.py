"""Outputs that are stored in notebooks are held against fresh ones, and a changed number is found."""

import ast
import inspect
import json
import re
from pathlib import Path

import pytest

from tests.benchmarks import notebooks

ROOT = Path(__file__).parents[2]


def stream(*pieces, name="stdout"):
    return [{"output_type": "stream", "name": name, "text": [piece]} for piece in pieces]


def cell(outputs, **metadata):
    return {
        "cell_type": "code",
        "id": "a",
        "source": [],
        "outputs": outputs,
        "execution_count": 1,
        "metadata": metadata,
    }


def result(text):
    return [{"output_type": "execute_result", "data": {"text/plain": [text], "image/png": "iVBOR"}, "metadata": {}}]


def found(old, new):
    return list(notebooks.differences([cell(old)], [cell(new)]))


def test_a_changed_number_is_found():
    assert found(stream("0.861\n") + result("1.5"), stream("0.861\n") + result("1.5")) == []
    assert found(stream("0.861\n"), stream("0.862\n")) == [("a", "0.861\n", "0.862\n")]
    assert found(result("1.5"), result("1.6")) == [("a", "1.5", "1.6")]
    assert found(result("1.5"), [])


def test_pieces_warnings_and_what_is_not_stored_make_no_difference():
    assert found(stream("1\n2\n"), stream("1\n", "2\n")) == []
    assert found(stream("1\n"), stream("1\n") + stream("slow\n", name="stderr")) == []
    assert found([], stream("1\n")) == []


def test_a_cell_keeps_its_metadata_and_takes_the_outputs():
    fresh = cell(stream("1\n", "2\n") + stream("slow\n", name="stderr"), execution={})
    assert notebooks.kept(cell([], tags=["t"]), fresh) == cell(
        [{"output_type": "stream", "name": "stdout", "text": ["1\n", "2\n"]}], tags=["t"]
    )
    words = {"cell_type": "markdown", "id": "b", "source": ["w"], "metadata": {}}
    assert notebooks.kept(words, words) == words


def test_a_number_without_a_notebook_is_one_line(capsys):
    with pytest.raises(SystemExit) as left:
        notebooks.main(["01", "99"])
    assert left.value.code == 2
    assert "numbers: expected some of 01, 02, " in capsys.readouterr().err


@pytest.mark.course
def test_a_notebook_is_executed_timed_and_held_against_what_is_stored(tmp_path, monkeypatch, capsys):
    nbformat = pytest.importorskip("nbformat", reason="pip install 'wn_ref[tutorials]' brings nbclient")
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    path = tmp_path / "01_sum.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1 + 1)")])
    notebook.cells[0].id = "sum"
    nbformat.write(notebook, path)
    monkeypatch.setattr(notebooks, "TUTORIALS", tmp_path)
    with pytest.raises(SystemExit) as left:
        notebooks.main(["01", "--write"])
    assert not left.value.code
    (stored,) = json.loads(path.read_text())["cells"]
    assert stored["outputs"] == [{"output_type": "stream", "name": "stdout", "text": ["2\n"]}]
    assert stored["metadata"] == {}
    path.write_text(path.read_text().replace('"2\\n"', '"3\\n"'))
    with pytest.raises(SystemExit) as left:
        notebooks.main(["01"])
    assert left.value.code
    assert "sum: stored\n3\n\n    sum: now\n2\n" in capsys.readouterr().out


def shown_no_more(cells):
    """Lines of code that `inspect.getsource` printed when a notebook was executed, and that the package has no more."""
    code = {line.strip() for file in ROOT.glob("wn_ref/**/*.py") for line in file.read_text("utf-8").splitlines()}
    showing = [cell for cell in cells if "print(inspect.getsource(" in "".join(cell["source"])]
    lines = [line for cell in showing for out in cell["outputs"] for line in "".join(out.get("text", "")).splitlines()]
    return [line for line in lines if line.startswith((" ", "def ")) and line.strip() and line.strip() not in code]


@pytest.mark.parametrize("path", sorted(ROOT.glob("tutorials/[0-9][0-9]_*.ipynb")), ids=lambda path: path.stem)
def test_code_is_shown_as_the_package_has_it(path):
    """If it is not: execute the notebook again."""
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert shown_no_more(cells) == []
    assert not_shown_yet(cells) == []


def not_shown_yet(cells):
    """Lines of code, behind its docstring, of what `inspect.getsource` was asked for, that were not printed."""
    sources, missing, names = ["".join(cell["source"]) for cell in cells], [], {}
    for cell, source in zip(cells, sources):
        printed = {line.strip() for out in cell["outputs"] for line in "".join(out.get("text", "")).splitlines()}
        for asked in re.findall(r"print\(.*?inspect\.getsource\(([\w.]+)\)", source):
            names = names or imported(sources)
            if asked.split(".")[0] in names:  # and no variable of the cell
                body = inspect.getsource(eval(asked, names)).split('"""')[-1].splitlines()
                missing += [line for line in body if line.strip() and line.strip() not in printed]
    return missing


def imported(sources):
    """The names that the cells of a notebook import."""
    lines = (line for source in sources for line in source.splitlines() if not line.startswith("%"))
    imports = [node for node in ast.parse("\n".join(lines)).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {}
    exec(compile(ast.Module(imports, []), "imports", "exec"), names)
    return names


def test_a_line_that_the_package_has_no_more_is_found():
    old = "    def forward(self, x):\n        return self.take_input(x)  # as it was\n"
    showing = cell(stream(old)) | {"source": ["print(inspect.getsource(Dense.forward))"]}
    assert "        return y" in not_shown_yet([cell([]) | {"source": ["from wn_ref.layers import Dense"]}, showing])
    assert shown_no_more([showing]) == ["    def forward(self, x):", "        return self.take_input(x)  # as it was"]
