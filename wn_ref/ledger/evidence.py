"""What published runs say about the rows of the ledger; everything in it is computed here, from the tables alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from wn_ref.counted import counted
from wn_ref.errors import InputError
from wn_ref.experiment import Experiment
from wn_ref.lazy import pandas
from wn_ref.ledger.row import NOT_RUN, REPRODUCED, UNDECIDED, Judgement, Row
from wn_ref.ledger.search import Answer, Run, Search, answered, families, trained_by
from wn_ref.ledger.tables import Cells, frame, has_failed, identity
from wn_ref.search.question import Show
from wn_ref.sweeps import grids

STAND_INS = {"bfd5143ae91d4917": "CIFAR-10 decoded from JPEG copies"}
"""By `wn_ref.datasets.fingerprint`: copies of the publisher's samples, which go by the name and are not the same."""


@dataclass(frozen=True)
class RowResult:
    """A row with what came of it.

    Attributes
    ----------
    row : Row
        At the epochs of its runs.
    finding : Judgement
        Its verdict is "not run" until all runs are there, "undecided" if they are and do not tell.
    runs : list of dict
        The published runs behind it, with the trainings of the networks that are only evaluated in them.
    complete : bool
        Whether all runs that it asks for are there.
    """

    row: Row
    finding: Judgement
    runs: list[Cells]
    complete: bool

    @cached_property
    def networks(self) -> int:
        """How many networks were trained for it; one that several rows share counts in each."""
        return len({trained_by(cells) for cells in self.runs})

    @property
    def hours(self) -> float:
        """Core-hours of its runs."""
        return sum(float(cells["seconds"] or 0) for cells in self.runs) / 3600

    @property
    def stand_ins(self) -> list[str]:
        """Which copies of the paper's data its runs have; these are no other samples."""
        return list(dict.fromkeys(STAND_INS[cells["data"]] for cells in self.runs if cells["data"] in STAND_INS))

    @property
    def differs(self) -> list[str]:
        """In what its runs differ from the paper's."""
        trained_noisy = (
            cells for cells in self.runs if float(cells["sigma_mul"]) > 0 and cells["phase"] != "inference"
        )
        gradients = {cells["gradient"] for cells in trained_noisy}
        said = [f"{gradient.replace('_', '-')} gradient" for gradient in sorted(gradients)]
        parts = (self.row.another, self.row.shorter, self.row.data_differs, *self.stand_ins, *said, self.row.variant)
        return list(dict.fromkeys(filter(None, parts)))


class Evidence:
    """Published runs, and the answers that follow from them.

    Parameters
    ----------
    runs : sequence of dict
        As `wn_ref.ledger.tables.read` returns them.
    before : Evidence, optional
        Of some of these runs: searches that have come to their end are not repeated.
    """

    def __init__(self, runs: Sequence[Cells], before: Evidence | None = None) -> None:
        self.all = runs
        self._runs = {identity(cells): cells for cells in runs}
        self._families = families(runs)
        self._epochs: dict[tuple[str, str], set[int]] = {}
        for cells in runs:
            self._epochs.setdefault((cells["dataset"], cells["model"]), set()).add(int(cells["epochs"]))
        known = {} if before is None else before._answers
        self._answers: dict[Search, Answer] = {search: answer for search, answer in known.items() if answer.complete}
        self._results: dict[tuple[str, str], RowResult] = {}

    def answer(self, search: Search) -> Answer:
        """Return what the runs say about a midpoint."""
        if search not in self._answers:
            self._answers[search] = answered(search, self._families)
        return self._answers[search]

    def located(self, search: Search, run: Run, show: Show) -> Answer:
        """Return the answer of a search for which missing runs are run, as in `wn_ref.ledger.search.answered`."""
        return answered(search, self._families, run, show)

    def answers(self, row: Row) -> list[tuple[Search, Answer]]:
        """Return the searches of a row that have come to their end, with their answers."""
        asked = (*row.searches, *row.also)
        return [(search, answer) for search in asked if (answer := self.answer(search)).complete]

    def found(self, experiments: Iterable[Experiment]) -> list[Cells]:
        """Return the published runs of some experiments, as far as there are any; one that failed is none."""
        known = (self._runs.get(identity(experiment.row())) for experiment in experiments)
        return [cells for cells in known if cells is not None and not has_failed(cells)]

    def failures(self, experiments: Iterable[Experiment]) -> list[str]:
        """Return the errors of those that failed for another reason than their noise."""
        known = (self._runs.get(identity(experiment.row())) for experiment in experiments)
        return [cells["error"] for cells in known if cells is not None and has_failed(cells)]

    def runs(self, experiments: Iterable[Experiment]) -> pandas.DataFrame:
        """Return the same as a table, as `wn_ref.sweep` returns it."""
        return frame(self.found(experiments))

    def left(self, row: Row) -> tuple[list[Search], list[Experiment], list[Experiment]]:
        """Return which searches of a row have not ended, which runs are missing, and which are not quantised yet."""
        searches = [search for search in row.searches if not self.answer(search).complete]
        wanted = [*row.plan, *(row.further(row, self) or [] if row.further and not searches else [])]
        missing = [experiment for experiment in dict.fromkeys(wanted) if not self.found([experiment])]
        quantised = [experiment for experiment in row.quantised if not self._is_quantised(experiment)]
        return searches, missing, quantised

    def result(self, row: Row) -> RowResult:
        """Return what came of a row: at the paper's epochs, else at the largest number that has all of its runs.

        What is undecided at the paper's epochs stays so, whatever a shorter training says.
        """
        known_by = row.id, row.shorter
        if known_by not in self._results:
            at_each = (self._result(row.at(epochs)) for epochs in (None, *self.epochs(row.networks)))
            there = (result for result in at_each if result.finding.verdict != NOT_RUN)
            self._results[known_by] = next(there, None) or self._result(row)
        return self._results[known_by]

    def epochs(self, networks: Collection[tuple[str, str]]) -> list[int]:
        """Return the numbers of epochs that all of some networks have runs of, in descending order.

        Networks are (dataset, model). What is the paper's for all of them is left out.
        """
        there = [self._epochs.get(network, set()) for network in networks]
        theirs = {grids.paper_training(*network)["epochs"] for network in networks}
        return sorted(set.intersection(*there) - (theirs if len(theirs) == 1 else set()), reverse=True)

    def _is_quantised(self, experiment: Experiment) -> bool:
        return any(cells["quantised"] for cells in self.found([experiment]))

    def _result(self, row: Row) -> RowResult:
        there = [self.answer(search) for search in row.searches] + [answer for _, answer in self.answers(row)]
        runs = {identity(cells): cells for answer in there for cells in answer.runs}
        further = (row.further(row, self) or []) if row.further else []
        runs |= {identity(cells): cells for cells in self.found((*row.plan, *further))}
        trained = (self._runs.get(trained_by(cells)) for cells in list(runs.values()))
        runs |= {identity(cells): cells for cells in trained if cells is not None}
        complete = not any(self.left(row))
        finding = Judgement(float("nan"), verdict=NOT_RUN)
        if complete:
            silent = replace(finding, verdict=UNDECIDED, says=f"{counted(len(runs), 'run')}, which do not tell")
            try:
                finding = row.judge(row, self) or silent
            except InputError as error:  # runs that all overflowed are no curve; other rows are not to suffer from it
                finding = replace(silent, says=str(error))
        result = RowResult(row, finding, list(runs.values()), complete)
        if result.finding.verdict == REPRODUCED:
            return replace(result, finding=replace(result.finding, verdict=row.at_best))
        return result
