"""All figures and tables that a store has the runs for, on one page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wn_ref import reproduce
from wn_ref.counted import counted
from wn_ref.errors import InputError
from wn_ref.files import Output
from wn_ref.lazy import pandas

NAME = "report.md"
"""The page's file."""
OF_FIGURE_2 = (10, 11)
"""Figures that are Figure 2 of other networks."""


@dataclass
class Page:
    """The page, in a folder with its figures.

    Attributes
    ----------
    runs : pandas.DataFrame
        As `Store.runs(history=True)` returns them.
    left : int
        How many runs of the latest sweep are left to do.
    store : Path
        The file of the store, for the commands in messages.
    folder : Path
        Where the page and its figures go.
    force : bool
        Whether files that have these names already may be replaced.
    choice : dict
        Settings that the runs must have, as for `reproduce.figure`.
    drawn : list of Path
        Files of the figures that were drawn.
    """

    runs: pandas.DataFrame
    left: int
    store: Path
    folder: Path
    force: bool
    choice: dict[str, Any]
    drawn: list[Path] = field(default_factory=list, init=False)

    def write(self) -> Path:
        """Draw all figures, write the page and return its path.

        Raises
        ------
        InputError
            If a file cannot be written, or its name is taken and `force` is False.
        """
        file = Output.checked(self.folder / NAME, self.force)
        lines = [f"# {self.store.name}: {counted(len(self.runs), 'run')}", ""]
        for number in reproduce.TABLES:
            lines += [f"## Table {number}", "", *self._table(number), ""]
        for number, item in reproduce.FIGURES.items():
            lines += [f"## Figure {number}: {item.shows}", "", *self._figures(number)]
        file.write(lambda part: part.write_text("\n".join(lines), encoding="utf-8"))
        return file.path

    def _table(self, number: int) -> list[str]:
        try:
            return ["```", reproduce.show_table(number, self.runs, self.store, self.left, **self.choice), "```"]
        except InputError as error:
            return [str(error)]

    def _figures(self, number: int) -> Iterator[str]:
        """Draw a figure for each network that there are runs of, and say what is missing for others."""
        if number in OF_FIGURE_2:
            yield from ("See Figure 2.", "")
            return
        try:
            networks = reproduce.choices(number, self.runs, self.store, **self.choice)
        except InputError as error:
            yield from (str(error), "")
            return
        for choice in networks:
            yield from self._figure(number, name_of(choice), choice)

    def _figure(self, number: int, name: str, choice: dict[str, Any]) -> list[str]:
        try:
            figure = reproduce.figure(number, self.runs, self.store, self.left, **choice)
        except InputError as error:
            return [f"{name}: {error}", ""]
        path = Output.checked(self.folder / f"figure{number}-{name}.png", self.force).write(figure.savefig)
        self.drawn.append(path)
        remarks = reproduce.remarks("figure", number, self.runs, self.store, self.left, **choice)
        return [f"![{name}]({path.name})", "", *(f"{line}\n" for line in remarks)]


def name_of(choice: dict[str, Any]) -> str:
    """Return a name for a figure's file that tells it from those of other choices: "digits-mlp-bn-epochs5"."""
    plain = ("dataset", "model", "batchnorm")
    words = [_word(name, choice[name]) for name in plain if name in choice]
    words += [f"{name.replace('_', '-')}{value}" for name, value in choice.items() if name not in (*plain, "sigmas")]
    return "-".join(word.replace("/", "_") for word in words) or "all"


def _word(setting: str, value: object) -> str:
    return str(value) if setting != "batchnorm" else "bn" if value else "no-bn"
