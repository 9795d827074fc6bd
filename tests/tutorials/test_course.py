"""The course says what is: its tables of injection points are those of the networks, its map has all notebooks."""

import re
from pathlib import Path

import pytest

from wn_ref import Experiment

COURSE = Path(__file__).parents[2] / "tutorials" / "course"
NETWORKS = {"MLP": ("mlp", "mnist_sample"), "LeNet-5": ("lenet5", "mnist_sample"), "CNN-S": ("cnn_s", "gsc_sample")}


def points(page: str, title: str, batchnorm: bool) -> list[str]:
    """The names in one row of the table of a network."""
    table = page[page.index(f"| {title}, number") :].split("\n\n")[0].splitlines()
    row = next(line for line in table if line.startswith(f"| {'with' if batchnorm else 'without'} batch norm |"))
    return [name for name in re.sub(r"[*|]", " ", row.split("|", 2)[2]).split() if name]


@pytest.mark.parametrize("batchnorm", [True, False])
@pytest.mark.parametrize("title", NETWORKS)
def test_the_tables_of_points_are_those_of_the_networks(title, batchnorm):
    page = (COURSE / "symbols.md").read_text()
    model, dataset = NETWORKS[title]
    found = list(Experiment(model=model, dataset=dataset, batchnorm=batchnorm).points)
    assert points(page, title, batchnorm) == found
    wrong = page.replace("relu1 |", "relu2 |")
    assert points(wrong, title, batchnorm) != found


def test_the_map_has_all_notebooks():
    page = (COURSE / "map.md").read_text()
    missing = [path.name for path in COURSE.parent.glob("[0-9][0-9]_*.ipynb") if f"(../{path.name})" not in page]
    assert missing == []


def test_the_code_of_the_cheat_sheet_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```py\n(.*?)```", (COURSE / "cheat_sheet.md").read_text(), re.DOTALL)
    shorter = {"[0.1, 0.3, 1, 3, 10, 30]": "[0.1, 10]", "range(3), epochs=5": "[0], epochs=1", "jobs=2": "jobs=1"}
    for long, short in shorter.items():
        assert long in code
        code = code.replace(long, short)
    exec(code, {"my_accuracy": lambda sigma, seed: 0.1 + 0.85 / (1 + (sigma / 2) ** 3)})
    assert "dense4" in capsys.readouterr().out
