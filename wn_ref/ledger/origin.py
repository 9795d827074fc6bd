"""Whether new runs may stand beside published ones: of the same data, and by the same version of the algorithm.

Nobody should learn it after hours of training.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from wn_ref.datasets.fingerprint import fingerprint
from wn_ref.errors import InputError, WnRefError
from wn_ref.experiment import Experiment
from wn_ref.ledger.tables import Cells, text
from wn_ref.version import ALGORITHM

REMEDY = "use another folder with --results, and compare the two ledgers"


def require_like(published: Collection[Cells], experiments: Iterable[Experiment]) -> None:
    """Check that experiments, run here, would be of the data and the version that published runs are of.

    A data set that is not here is no matter of this check: the experiment itself will say so.

    Raises
    ------
    InputError
        If they would not; the message has both.
    """
    theirs = {_data_of(cells): cells["data"] for cells in published}
    versions = {cells["algorithm"] for cells in published} - {str(ALGORITHM)}
    if versions:
        expected, got = f"version {ALGORITHM} of the algorithm, as new runs have", ", ".join(sorted(versions))
        raise InputError(f"results: expected {expected}, got published runs of version {got}; {REMEDY}")
    ours = {_data_of({name: text(cell) for name, cell in e.row().items()}): e for e in experiments if not e.own_data}
    for data in theirs.keys() & ours.keys():
        try:
            here = fingerprint(ours[data].data())
        except WnRefError:
            continue
        if here != theirs[data]:
            expected = f"the data set {data[0]} of the published runs (fingerprint {theirs[data]})"
            raise InputError(f"results: expected {expected}, got other files here (fingerprint {here}); {REMEDY}")


def _data_of(cells: Cells) -> tuple[str, str, str]:
    return cells["dataset"], cells["train_size"], cells["test_size"]
