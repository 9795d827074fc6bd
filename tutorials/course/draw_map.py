"""Draw map.svg, what to read before what: python draw_map.py.

Colours are the parts of the course. An arrow says "first this one".
"""

from __future__ import annotations

from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from wn_ref.figures.style import BLUE, GREEN, ORANGE, RED, STYLE

PARTS = {"Foundations": BLUE, "Additive noise": ORANGE, "Multiplicative noise": RED, "Using it": GREEN}
PLACES = {  # number: (column, row, title, part)
    "01": (0, 0, "layers and\ngradients", "Foundations"),
    "02": (1, 0, "noise, which\ngradient?", "Foundations"),
    "03": (2, 0, "midpoint\nand fit", "Foundations"),
    "04": (3, 0, "global\nnoise", "Additive noise"),
    "05": (4, 0, "walking\nnoise", "Additive noise"),
    "06": (5, 0, "why weights\ngrow", "Additive noise"),
    "16": (6, 0, "is it\nscale?", "Additive noise"),
    "07": (1, 1, "noise\nof 1e10", "Multiplicative noise"),
    "08": (1, 2, "self-\nbinarization", "Multiplicative noise"),
    "09": (0, 2, "two stacked\nlogistics", "Multiplicative noise"),
    "10": (2, 2, "mixed\nnoise", "Multiplicative noise"),
    "14": (2, 1, "bring\nyour own", "Using it"),
    "15": (3, 2, "is it walking\nnoise?", "Using it"),
    "13": (3, 1, "how long\nto train", "Using it"),
    "11": (4, 1, "multi-\nexecution", "Using it"),
    "12": (5, 1, "speech", "Using it"),
}
FIRST = "01-02 02-03 03-04 04-05 05-06 06-16 02-07 07-08 08-09 08-10 03-14 14-15 04-13 05-11 05-12"
WIDTH, HEIGHT, STEP_X, STEP_Y = 1.12, 0.8, 1.5, 1.3


def draw() -> Figure:
    """A box for each notebook, an arrow for each thing that comes first."""
    with rc_context(STYLE):
        figure = Figure(figsize=(10.4, 4.4), layout="constrained")
        axes = figure.subplots()
        for number, (_, _, title, part) in PLACES.items():
            box(axes, number, title, PARTS[part])
        for pair in FIRST.split():
            arrow(axes, *pair.split("-"))
        for number, (part, color) in enumerate(PARTS.items()):
            axes.text(6.2, -2.2 - 0.27 * number, part, color=color, weight="bold", fontsize=11)
        axes.set(xlim=(-0.7, 6 * STEP_X + 0.7), ylim=(-2 * STEP_Y - 0.6, 0.55), aspect="equal")
        axes.set_axis_off()
    return figure


def place(number: str) -> tuple[float, float]:
    """The middle of a notebook's box."""
    column, row, *_ = PLACES[number]
    return column * STEP_X, -row * STEP_Y


def box(axes: Axes, number: str, title: str, color: str) -> None:
    """A box with the number above the title."""
    x, y = place(number)
    corner = (x - WIDTH / 2, y - HEIGHT / 2)
    axes.add_patch(FancyBboxPatch(corner, WIDTH, HEIGHT, boxstyle="round,pad=0.02", fc="white", ec=color, lw=1.6))
    axes.text(x, y + 0.22, number, ha="center", va="center", color=color, weight="bold", fontsize=11)
    axes.text(x, y - 0.13, title, ha="center", va="center", fontsize=8.5, linespacing=1.1)


def arrow(axes: Axes, start: str, end: str) -> None:
    """From border to border: sideways in a row, else from the bottom of one box to the top of the other."""
    (x, y), (to_x, to_y) = place(start), place(end)
    if y == to_y:
        way = 1 if to_x > x else -1
        x, to_x = x + way * (WIDTH / 2 + 0.03), to_x - way * (WIDTH / 2 + 0.03)
    else:
        y, to_y = y - HEIGHT / 2 - 0.03, to_y + HEIGHT / 2 + 0.03
    axes.add_patch(FancyArrowPatch((x, y), (to_x, to_y), arrowstyle="-|>", mutation_scale=11, color="black"))


if __name__ == "__main__":
    with rc_context(STYLE):  # the same figure gives the same file
        draw().savefig(Path(__file__).with_name("map.svg"), metadata={"Date": None})
