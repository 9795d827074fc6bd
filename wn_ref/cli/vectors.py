"""`wn-ref vectors`: a file of numbers to compare another implementation with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from wn_ref.cli.options import BatchNorm, DatasetName, Gradient, ModelName, NoiseKind, Point, Sigma, point_of
from wn_ref.datasets import CATALOG, DATASETS
from wn_ref.errors import require_choice
from wn_ref.experiment import Experiment
from wn_ref.files import require_folder, write_atomically
from wn_ref.injection import Injection
from wn_ref.noise import of_kind


def vectors(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    noise: NoiseKind = "additive",
    sigma: Sigma = 0.5,
    gradient: Gradient = "straight_through",
    point: Point = "global",
    seed: Annotated[int, typer.Option(help="Seed of the weights, of the batch, and of the noise.")] = 0,
    output: Annotated[Path, typer.Option(help="NumPy file (.npz) to write; if it exists, it is replaced.")] = Path(
        "vectors.npz"
    ),
) -> None:
    """Write one training step in full: batch, weights, normals, activations, loss, gradients, weights after Adam.

    An implementation in another framework agrees with this one if it computes the same numbers from the same batch,
    weights and normals. The images are random: of the data set, only the shape and the number of classes are used. The
    arrays in the file are described in wn_ref/ports/vectors.py.
    """
    from wn_ref.ports.vectors import vectors as make

    require_choice("dataset", dataset, DATASETS)
    require_folder(output.parent)
    entry, points = CATALOG[dataset], Experiment(dataset=dataset, model=model, batchnorm=batchnorm).points
    injection = Injection(of_kind(noise, sigma, gradient) if sigma else None, point_of(point, points), seed)
    arrays: dict[str, Any] = make(model, entry.shape, len(entry.classes), batchnorm, injection)
    path = output.with_suffix(".npz")
    write_atomically(path, lambda part: np.savez(part, **arrays))
    print(f"{len(arrays)} arrays in {path}")
