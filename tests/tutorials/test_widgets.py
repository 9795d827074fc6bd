"""Figures with sliders: the function behind them draws what it says, and no widget is stored in a notebook."""

import ast
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import wn_ref as wn
from wn_ref.random import Stream

mpl.use("agg")
import matplotlib.pyplot as plt

TUTORIALS = Path(__file__).parents[2] / "tutorials"
NOTEBOOKS = sorted(TUTORIALS.glob("[0-9][0-9]_*.ipynb"))
SLIDERS = {"both-orders": "02_noise_and_straight_through", "by-hand": "03_midpoint_and_fit"}
"""The cell with a figure, whose sliders are in the cell behind it, and its notebook."""
SIGMAS = np.geomspace(0.05, 30, 12)


def logistic(x, mu, s, delta_a, a_min=0.1):
    return 2 * delta_a / (1 + np.exp((x - mu) / s)) + a_min


def measured(mu=0.6, s=0.2, delta_a=0.42) -> pd.DataFrame:
    """A curve as `robustness.curve` gives it, without any scatter."""
    with np.errstate(over="ignore"):
        accuracy = logistic(SIGMAS, mu, s, delta_a)
    return pd.DataFrame({"sigma": SIGMAS, "accuracy": accuracy, "uncertainty": 0.01})


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text())["cells"]


def faults(cells: list[dict]) -> list[str]:
    """What is wrong with a notebook's sliders: drawn without their figure, executed by a machine, or stored."""
    found = []
    for before, cell in zip([None, *cells], cells):
        if any(
            kind.startswith("application/vnd.jupyter.widget")
            for o in cell.get("outputs", [])
            for kind in o.get("data", {})
        ):
            found.append(f"{cell['id']}: a widget is stored")
        if "ipywidgets" not in "".join(cell["source"]) or cell["cell_type"] != "code":
            continue
        if not {"skip-execution", "skip-marking"} <= set(cell["metadata"].get("tags", [])) or cell["outputs"]:
            found.append(f"{cell['id']}: executed")
        if not any("image/png" in o.get("data", {}) for o in before.get("outputs", [])):
            found.append(f"{cell['id']}: no figure in front")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_sliders_have_a_figure_in_front_and_nothing_of_them_is_stored(path):
    assert faults(cells(path)) == []


def test_planted_faults_are_found():
    tags = {"tags": ["skip-execution", "skip-marking"]}
    view = {"data": {"application/vnd.jupyter.widget-view+json": {"model_id": "8c1"}}}
    figure = {
        "id": "f",
        "cell_type": "code",
        "source": ["f()"],
        "metadata": {},
        "outputs": [{"data": {"image/png": ""}}],
    }
    sliders = {"id": "s", "cell_type": "code", "source": ["import ipywidgets"], "metadata": tags, "outputs": []}
    assert faults([figure, sliders]) == []
    assert faults([figure | {"outputs": []}, sliders]) == ["s: no figure in front"]
    assert faults([figure, sliders | {"metadata": {"tags": ["skip-execution"]}}]) == ["s: executed"]
    assert faults([figure, sliders | {"outputs": [view]}]) == ["s: a widget is stored", "s: executed"]


class Figure:
    """A cell with a figure and the one with its sliders, run on made-up results."""

    def __init__(self, name, monkeypatch, change=("", "")):
        self.figures = []
        monkeypatch.setattr(plt, "show", lambda: self.figures.append(plt.gcf()))
        code = {cell["id"]: "".join(cell["source"]) for cell in cells(TUTORIALS / f"{SLIDERS[name]}.ipynb")}
        assert change[0] in code[name]
        self.sliders = code[f"{name}-sliders"]
        self.names = {"np": np, "plt": plt, "wn": wn, "Stream": Stream, "BLUE": "blue", "ORANGE": "orange"}
        self.names |= {"points": measured(), "logistic": logistic}
        exec(code[name].replace(*change), self.names)
        self.draw = self.names[name.replace("-", "_")]

    def panels(self, *values):
        """Draw once and return the panels."""
        self.draw(*values)
        return self.figures[-1].axes

    def ranges(self, monkeypatch):
        """Run the cell with the sliders; return what they are for, and their lowest and highest values."""
        asked = []
        monkeypatch.setitem(
            sys.modules, "ipywidgets", SimpleNamespace(interact=lambda draw, **ranges: asked.append((draw, ranges)))
        )
        exec(self.sliders, self.names)
        ((draw, ranges),) = asked
        return draw, ranges


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", SLIDERS)
def test_every_place_of_the_sliders_is_drawn_without_a_warning(name, monkeypatch):
    figure = Figure(name, monkeypatch)
    draw, ranges = figure.ranges(monkeypatch)
    assert draw is figure.draw
    assert len(figure.figures) == 1  # at the default values, whether there are sliders or not
    defaults = dict(zip(ranges, draw.__defaults__, strict=True))
    for slider, (low, high, step) in ranges.items():
        assert low <= defaults[slider] <= high
        assert step < (high - low) / 10
        for end in (low, high):
            draw(**defaults | {slider: end})
    draw(**{slider: low for slider, (low, _, _) in ranges.items()})
    draw(**{slider: high for slider, (_, high, _) in ranges.items()})
    for drawn in figure.figures:
        drawn.canvas.draw()


@pytest.mark.parametrize("name", SLIDERS)
def test_without_ipywidgets_there_is_a_line_that_says_so(name, monkeypatch, capsys):
    figure = Figure(name, monkeypatch)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    exec(figure.sliders, figure.names)
    assert capsys.readouterr().out == "The sliders need ipywidgets: pip install ipywidgets\n"
    assert len(figure.figures) == 1


@pytest.mark.parametrize("name", SLIDERS)
def test_ipywidgets_takes_the_ranges(name, monkeypatch):
    widgets = pytest.importorskip("ipywidgets", reason="pip install 'wn_ref[tutorials]' brings ipywidgets")
    figure = Figure(name, monkeypatch)
    (call,) = [node for node in ast.walk(ast.parse(figure.sliders)) if isinstance(node, ast.Call) and node.keywords]
    ranges = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    form = widgets.interactive(figure.draw, **ranges)
    assert [slider.value for slider in form.children[:-1]] == list(figure.draw.__defaults__)


def close_to(panels, values) -> bool:
    """Whether the panels of "by-hand" show what these parameters have to show."""
    y, off = panels[0].lines[-2].get_ydata(), [bar.get_height() for bar in panels[1].patches]
    with np.errstate(over="ignore"):
        fine, differences = logistic(np.geomspace(0.05, 30, len(y)), *values), logistic(SIGMAS, *values)
    differences = (differences - measured()["accuracy"]) / 0.01
    chi2 = float(panels[0].get_title().split("= ")[-1])
    return np.allclose(y, 100 * fine) and np.allclose(off, differences) and abs(chi2 - sum(differences**2)) < 0.06


@pytest.mark.parametrize("values", [(1.0, 0.3, 0.4), (0.6, 0.2, 0.42), (3.0, 0.02, 0.5)])
def test_by_hand_shows_the_residuals_and_chi2(values, monkeypatch):
    assert close_to(Figure("by-hand", monkeypatch).panels(*values), values)
    wrong = Figure("by-hand", monkeypatch, ("(logistic(x, mu, s, delta_a) - y) / dy", "logistic(x, mu, s, 0.4) / dy"))
    assert not close_to(wrong.panels(*values), values)


def spreads(panels) -> list[float]:
    """Mean square of the noise in each panel of "both-orders", in units of the variance that its lines show."""
    found = []
    for panel in panels:
        x, y = panel.lines[0].get_data()
        low, high = (line.get_ydata() for line in panel.lines[1:])
        found.append(np.mean(((y - x) / (high - low) * 4) ** 2))
        assert f"{np.mean((low <= y) & (y <= high)):.1%} within" in panel.get_title()
    return found


@pytest.mark.parametrize("sigma_mul", [0.0, 0.5, 2.0])
def test_the_lines_are_two_standard_deviations_away(sigma_mul, monkeypatch):
    """The mean square of 3,001 products of normals scatters by 0.05 and less."""
    panels = Figure("both-orders", monkeypatch).panels(sigma_mul, 0.7)
    np.testing.assert_allclose(spreads(panels), 1, atol=0.2)


def test_lines_of_the_wrong_order_are_found(monkeypatch):
    wrong = Figure("both-orders", monkeypatch, ("1 + sigma_mul**2", "1"))
    assert spreads(wrong.panels(2.0, 0.7))[1] > 1.4


def test_without_additive_noise_a_zero_stays_a_zero_in_both_orders(monkeypatch):
    for panel in Figure("both-orders", monkeypatch).panels(3.0, 0.0):
        x, y = panel.lines[0].get_data()
        assert y[x == 0] == 0
        assert np.ptp(y[abs(x) > 2]) > 10
