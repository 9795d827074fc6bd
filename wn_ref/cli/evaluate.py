"""`wn-ref evaluate`: a network that was saved, under noise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from wn_ref.cli.captions import accuracy_words
from wn_ref.cli.options import NoiseKind, Point, Sigma, TestSize
from wn_ref.cli.values import point_of
from wn_ref.datasets import CATALOG, DATASETS
from wn_ref.datasets.own_files import added_names
from wn_ref.errors import InputError
from wn_ref.experiment import Experiment
from wn_ref.noise import of_kind
from wn_ref.ports.network_facts import NetworkFacts
from wn_ref.ports.network_file import load_network, network_facts, warn_of_other_images
from wn_ref.running import measure


def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A network that wn-ref train --save wrote.")],
    dataset: Annotated[
        str | None,
        typer.Option(
            help="The data set on whose test images it is evaluated; see wn-ref data.",
            show_default="that from which it has learned",
            autocompletion=lambda: list(DATASETS),
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="The function that builds a network of your own: package.module:function or file.py:function.",
            show_default="that of the file",
        ),
    ] = None,
    noise: NoiseKind = "additive",
    sigma: Sigma = 0.0,
    point: Point = "global",
    seed: Annotated[int, typer.Option(help="Seed of the noise.")] = 0,
    batch_size: Annotated[
        int | None,
        typer.Option(help="Images in a batch; it decides which image meets which noise.", show_default="128"),
    ] = None,
    test_size: TestSize = None,
) -> None:
    """Evaluate a network that was saved, and print its accuracy on the test images of a data set.

    With the seed and the batch size of its training, the accuracy is that which wn-ref train --phase inference prints.
    """
    facts = network_facts(file)
    network = load_network(file, model)
    if dataset is None:
        dataset = _learned_from(file, facts)
    given: dict[str, Any] = {"batch_size": batch_size, "test_size": test_size}
    experiment = Experiment(
        dataset=dataset,
        model=model or facts.model,
        batchnorm=facts.batchnorm,
        noise=of_kind(noise, sigma),
        point=point_of(point),
        phase="inference",
        seed=seed,
        **{name: value for name, value in given.items() if value is not None},
    )
    entry = experiment.entry
    if (entry.shape, len(entry.classes)) != (facts.input_shape, facts.classes):
        expected = f"images of {facts.input_shape} and {facts.classes} classes, as the network of {file}"
        raise InputError(f"dataset: expected {expected}, got {entry.shape} and {len(entry.classes)}; choose another")
    data = experiment.data()
    warn_of_other_images(facts, data)
    print(accuracy_words(measure(experiment, network, data), noise, sigma, point))


def _learned_from(file: Path, facts: NetworkFacts) -> str:
    """Return the name of the data set from which a network has learned; raise `InputError` if it cannot be found."""
    if facts.data is None:
        raise InputError(
            f"dataset: expected one, because {file} does not say what its network learned from, got none; choose one"
        )
    name: str = facts.data["name"]
    if name not in (*CATALOG, *added_names()):
        expected = f"the data of your own from which {file} has learned, {name!r}"
        raise InputError(f"dataset: expected {expected}, got none; give their file or folder")
    return name
