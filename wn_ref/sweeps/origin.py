"""Are these the data and the code of the results that a store has already?

Results of other data under the same name, or of another version of the algorithm, are never continued. Other libraries
or another processor may change the last bits of a result. That is said once, and stands beside each run.
"""

from __future__ import annotations

import platform
import sys
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from wn_ref.datasets import Dataset
from wn_ref.datasets.fingerprint import fingerprint
from wn_ref.errors import InputError, WnRefError
from wn_ref.experiment import Experiment, dataset_name
from wn_ref.machine import describe, differences
from wn_ref.models import model_name
from wn_ref.own_model import describe_own_model
from wn_ref.own_noise import describe_own_noise
from wn_ref.store.canonical import key
from wn_ref.store.records import Origin, Source
from wn_ref.store.store import Store
from wn_ref.version import ALGORITHM


class OriginWarning(UserWarning):
    """A store has results of another processor or of other versions of libraries."""


class Sources:
    """The data sets of a sweep on this machine, which have to be those of its store.

    Parameters
    ----------
    experiments : iterable of Experiment
        What the sweep has to run; all of their data sets are loaded once.
    store : Store
        Where the results go.

    Attributes
    ----------
    each : list of (Experiment, Source)
        For each data set one of the experiments that use it, and what the data set has to be.

    Raises
    ------
    InputError
        If a data set cannot be loaded, or the store has results of the same experiments or of the same data set with
        other data; or if a model or a noise of the user's has changed since an experiment was made.

    Warns
    -----
    OriginWarning
        If the store has results of another processor, of other versions of libraries, or of a model of the user's with
        other code.
    """

    def __init__(self, experiments: Iterable[Experiment], store: Store) -> None:
        experiments = list(experiments)
        once = {(id(e.model), e.own_model, id(e.noise) if e.own_noise else 0): e for e in experiments}
        for experiment in once.values():
            experiment.require_unchanged()
        for name, contents in _own_names(experiments).items():
            if len(contents) > 1:
                expected = f"one data set of the name {name!r} in a sweep"
                raise InputError(f"dataset: expected {expected}, got {len(contents)}; give each a name of its own")
        firsts = {_data_of(experiment): experiment for experiment in reversed(experiments)}
        self._sources = {data: Source.of(experiment.data()) for data, experiment in firsts.items()}
        self.each = [(experiment, self._sources[data]) for data, experiment in firsts.items()]
        trainings = {key(e): e for e in dict.fromkeys(e.training_experiment() for e in experiments)}
        for origin in sorted(store.origins | store.training_origins(trainings), key=str):
            self._compare(origin)
        for name, code in sorted({(model_name(e.model), e.own_model) for e in experiments if e.own_model}):
            if others := store.codes(name) - {code}:
                message = (
                    f"model: {store.name} has results of {name} with other code ({len(others)} versions); they stay, "
                    f"and the new code is run; wn-ref store delete STORE model={name} removes the old ones beforehand"
                )
                warnings.warn(message, OriginWarning, stacklevel=4)
        self._told = {describe()}
        self.tell(store.machines())

    def __getitem__(self, experiment: Experiment) -> Source:
        return self._sources[_data_of(experiment)]

    def to_send(self, experiment: Experiment) -> Dataset | Source:
        """Return what a worker on another machine needs: what its own data set has to be, or data of the user's."""
        return experiment.data() if experiment.own_data else self[experiment]

    def tell(self, machines: Iterable[str]) -> None:
        """Warn, once, of machines that are not like this one."""
        others = set(machines) - self._told
        self._told |= others
        found: dict[str, set[str]] = {}
        for machine in others:
            for fact, (here, there) in differences(describe(), machine).items():
                found.setdefault(f"{fact} {here} here", set()).add(there)
        if found:
            facts = "; ".join(f"{here}, {' and '.join(sorted(there))} there" for here, there in found.items())
            message = f"store: it has results of other machines or libraries, whose last bits may differ: {facts}"
            warnings.warn(message, OriginWarning, stacklevel=4)

    def _compare(self, origin: Origin) -> None:
        here = self._sources.get(origin[:3])
        if here is not None and origin.data not in ("", here.data):
            raise InputError(
                f"store: expected results of the data set {origin.dataset} that is here (fingerprint {here.data}), got "
                f"results of other data under this name ({origin.data}); choose another store, or the other files"
            )


def check_data(each: Sequence[tuple[Experiment, Source]]) -> None:
    """Check that a worker has all data sets of a sweep, before it gets a task; raises what `own_data` raises."""
    for experiment, source in each:
        if not experiment.own_data:  # those are sent
            own_data(experiment, source)


def own_data(experiment: Experiment, data: Dataset | Source) -> Dataset:
    """Return an experiment's data set; if only its source is given, load it here and check that it is the same.

    Raises
    ------
    InputError
        If this worker has no such data set, another one under its name, or another version of the algorithm.
    """
    if isinstance(data, Dataset):
        return data
    host = platform.node()
    if data.algorithm != ALGORITHM:
        expected = f"version {data.algorithm} of the algorithm, as where the sweep was started"
        raise InputError(f"worker {host}: expected {expected}, got {ALGORITHM}; install the same wn_ref everywhere")
    try:
        found = experiment.data()
    except WnRefError as error:
        raise InputError(f"worker {host}: {error}") from None
    if fingerprint(found) != data.data:
        expected = f"the data set {experiment.dataset} of the sweep (fingerprint {data.data})"
        raise InputError(
            f"worker {host}: expected {expected}, got other data under this name ({fingerprint(found)}); give all "
            "workers the same files"
        )
    return found


def require_same_code(experiment: Experiment) -> None:
    """Check that a worker runs the code that the experiment's key is of, where it imports that by name.

    Raises
    ------
    InputError
        If a module was edited since the sweep's own process imported it, or is another one on this machine.
    """
    e, noise = experiment, experiment.noise
    function = getattr(e.model, "func", e.model)  # of a functools.partial
    changed = [
        what
        for what, known, thing, describe in (
            ("model", e.own_model, function, lambda: describe_own_model(e.model)),
            ("noise", e.own_noise, type(noise), lambda: describe_own_noise(noise)),
        )
        if known and _is_imported(thing) and describe() != known
    ]
    if changed:
        expected = f"the code of the {changed[0]} with which the sweep was started"
        raise InputError(
            f"worker {platform.node()}: expected {expected}, got other code; restart Python, and the sweep"
        )


def _is_imported(thing: Any) -> bool:
    """Return whether a function or a class comes to a worker by its name, and not with its code."""
    module = sys.modules.get(thing.__module__) if thing.__module__ != "__main__" else None
    return getattr(module, getattr(thing, "__name__", ""), None) is thing


def _own_names(experiments: Iterable[Experiment]) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for experiment in experiments:
        if experiment.own_data:
            names.setdefault(dataset_name(experiment.dataset), set()).add(experiment.own_data)
    return names


def _data_of(experiment: Experiment) -> tuple[str, int | None, int | None]:
    return dataset_name(experiment.dataset), experiment.train_size, experiment.test_size
