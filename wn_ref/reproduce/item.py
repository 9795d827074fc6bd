"""From a table of runs to the runs of one figure or table: one way for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from wn_ref.errors import InputError
from wn_ref.experiment import DEFAULTS
from wn_ref.lazy import pandas
from wn_ref.reproduce.together import chosen, prepared, require_one, separate
from wn_ref.reproduce.unfinished import caption, command, completing, missing

Made = TypeVar("Made")
COLUMNS = (
    *("dataset", "model", "batchnorm", "epochs", "seed", "phase", "clamp", "point", "name", "executions"),
    *("sigma_mul", "sigma_add", "first", "gradient", "accuracy", "tested", "classes"),
)
"""The columns that every table of runs has to have."""


@dataclass(frozen=True)
class Item(Generic[Made]):
    """A figure or a table: what it shows, which runs it needs, and what makes it.

    Attributes
    ----------
    shows : str
        What it shows.
    needs : str
        What its runs have, for messages: "global additive noise in training".
    sweeps : tuple of str
        The sweeps that make its runs, as arguments of ``wn-ref sweep``.
    of : callable
        Marks the runs of the right kind in a table (see `wn_ref.reproduce.select`).
    make : callable
        Makes it. A figure takes the runs that belong together (a list of such, if it compares networks) and a note; a
        table takes the runs of a row, and returns rows.
    varied : tuple of str
        The settings that runs which belong together may differ in.
    compared : tuple of str
        The settings that tell apart what a figure shows side by side; empty if it shows one network.
    series, always, all_points
        What a complete sweep has, see `wn_ref.reproduce.unfinished.missing`.
    usable : callable
        Whether runs that belong together are sufficient.
    defaults : mapping
        Choices that hold unless others are made.
    both_gradients : bool
        Whether it shows both kinds of gradient. Otherwise it shows the exact one if there are runs with it.
    columns : tuple of str
        Columns that it needs beyond those of every table of runs.
    named : tuple of str
        The settings that a table's rows name themselves.
    how : str
        How to read a table: what its columns are.
    """

    shows: str
    needs: str
    sweeps: tuple[str, ...]
    of: Callable[[pandas.DataFrame], pandas.Series]
    make: Callable[..., Made]
    varied: tuple[str, ...] = ("point",)
    compared: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    always: Mapping[str, Sequence[str]] = field(default_factory=dict)
    all_points: bool = False
    usable: Callable[[pandas.DataFrame], bool] = lambda _: True
    defaults: Mapping[str, Any] = field(default_factory=dict)
    both_gradients: bool = False
    columns: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    how: str = ""

    def groups(self, name: str, runs: pandas.DataFrame, choice: Mapping[str, Any], store: str | Path) -> list:
        """Return the groups of runs that belong together, failed ones included.

        Raises
        ------
        InputError
            If a column is missing, a choice has an unknown name, or there are no runs; the message has the commands
            that make them.
        """
        for column in (*COLUMNS, *self.columns):
            if column not in runs:
                raise InputError(
                    f"runs: expected a column {column!r}, got none; use the table of Store.runs(history=True)"
                )
        made = {setting: value for setting, value in choice.items() if value is not None}
        prepared_runs = prepared(runs)
        found = chosen(prepared_runs[self.of(prepared_runs)], {**self.defaults, **made})
        if not self.both_gradients and "gradient" not in made and (found["gradient"] == "exact").any():
            found = chosen(found, {"gradient": "exact"})
        groups = [same for same in separate(found, self.varied) if same["accuracy"].notna().any() and self.usable(same)]
        if not groups:
            commands = " and ".join(f"`{command(sweep, _settings(runs, made), store)}`" for sweep in self.sweeps)
            raise InputError(f"{name}: expected runs with {self.needs}, got none; run {commands}")
        return groups

    def shown(self, name: str, runs: pandas.DataFrame, choice: Mapping[str, Any], store: str | Path) -> list:
        """As `groups`, but refuse several groups that a figure would draw as one."""
        groups = self.groups(name, runs, choice, store)
        require_one(groups, self.varied, self.compared)
        return groups

    def gaps(self, runs: pandas.DataFrame) -> pandas.DataFrame:
        """Return the missing runs among some that belong together."""
        return missing(runs, self.series, self.always, self.all_points)

    def note(self, groups: Sequence[pandas.DataFrame], left: tuple[int, int] | None = None) -> str:
        """Say in a line how many runs are missing or have failed; see `wn_ref.reproduce.unfinished.caption`."""
        runs = pandas.concat(groups)
        return caption(pandas.concat([self.gaps(same) for same in groups]), runs, left)

    def completing(self, runs: pandas.DataFrame, store: str | Path) -> list[str]:
        """Return the commands that make the runs which are missing among some that belong together."""
        return completing(self.sweeps, runs, self.gaps(runs), store)


def _settings(runs: pandas.DataFrame, choice: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a sweep has to be told: the choice, and what all runs of the store have in common."""
    fields = [name for name in DEFAULTS if name != "gradient"]  # runs without noise have one, too
    common = {name: runs[name].iloc[0] for name in fields if name in runs and runs[name].astype(str).nunique() == 1}
    return common | dict(choice)
