"""What the README shows is what happens: its code runs, its table is one that `wn-ref walk` prints."""

import re
from pathlib import Path

import numpy as np
import pandas
import pytest

from wn_ref import load_dataset, published_figure, published_ledger, published_runs
from wn_ref.cli.walk_table import table
from wn_ref.datasets.own_files import ARRAYS
from wn_ref.findings.robustness import midpoints
from wn_ref.injection import WEIGHTED, kind_of

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_the_library_example_runs(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names = {}
    exec(example, names)
    clean, noisy = (float(number) for number in re.findall(r"\d\.\d+", capsys.readouterr().out))
    assert clean > noisy + 0.1
    assert len(names["runs"]) == 11 * 4 * 2


def test_the_example_of_ones_own_runs(tmp_path, monkeypatch):
    (example,) = [text for text in re.findall(r"```py\n(.*?)```", README, re.DOTALL) if "def small" in text]
    monkeypatch.chdir(tmp_path)
    data = load_dataset("digits")
    np.savez("mine.npz", **{name: getattr(data, name) for name in ARRAYS})
    names = {"__name__": "mine"}
    exec(compile(example.replace("jobs=2", "jobs=1"), "mine.py", "exec"), names)
    assert len(names["midpoints"]) == 2 * 4
    assert set(names["midpoints"]["kind"]) - {"too few"}


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (Path(__file__).parent.parent / target).exists(), target


def test_the_table_is_made_from_the_runs_that_are_kept():
    """The midpoints beside the figure, laid out by the command's own code, are what the README prints."""
    fits = pandas.read_csv(Path(__file__).parent.parent / "tutorials" / "walk_midpoints.csv")
    assert "\n".join(table(fits)) in README
    training = fits[fits["phase"] == "training"].set_index("name")["midpoint"]
    weighted = training.index.map(kind_of).isin(WEIGHTED)
    learnable, others = training[weighted], training[~weighted]
    assert learnable.min() > others.max()
    phases = fits.pivot(index="point", columns="phase", values="midpoint")
    assert (phases["training"] > phases["inference"]).all()


def test_the_kept_runs_give_the_kept_midpoints_and_want_the_logarithm():
    """What the README says of the fits: these midpoints from these runs, and chi2 three times as large in sigma."""
    tutorials = Path(__file__).parent.parent / "tutorials"
    runs, kept = (pandas.read_csv(tutorials / f"walk_{name}.csv") for name in ("runs", "midpoints"))
    log, linear = (midpoints(runs, scale=scale) for scale in ("log", "linear"))
    assert not log.pop("reason").any()
    pandas.testing.assert_frame_equal(log, kept[list(log)], rtol=1e-6)  # the others say what the runs are of
    assert set(kept["seeds"]) == {runs["seed"].nunique()}
    assert linear["chi2"].sum() > 3 * log["chi2"].sum()


def test_what_it_says_about_published_runs_is_there():
    text = " ".join(README.split())
    numbers = re.findall(r"wn-ref figure (\d+) --published|published_figure\((\d+)\)", text)
    assert len(numbers) == 2
    for number in {int(a or b) for a, b in numbers}:
        assert published_figure(number).axes
    (item,) = re.findall(r'published_ledger\("(\w+)"\)', text)
    assert (published_ledger(item)["verdict"] == "reproduced").any()
    assert len(published_runs()) > 1000


@pytest.mark.parametrize("line", ["pip install -e . && wn-ref walk", "pip install -e '.[test]' && pytest"])
def test_the_two_lines_are_there(line):
    assert f"```sh\n{line}\n```" in README
