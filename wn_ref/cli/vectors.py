"""`wn-ref vectors`: a file to hold another implementation against."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from wn_ref.cli.options import BatchNorm, DatasetName, Gradient, ModelName, NoiseName, Point, noise_of, point_of
from wn_ref.datasets import CATALOG, DATASETS
from wn_ref.errors import require_choice
from wn_ref.experiment import Experiment
from wn_ref.files import require_folder, whole


def vectors(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    noise: NoiseName = "additive",
    sigma: Annotated[float, typer.Option(help="Standard deviation of the noise; 0 is none.")] = 0.5,
    gradient: Gradient = "straight_through",
    point: Point = "global",
    seed: Annotated[int, typer.Option(help="Of weights, batch and noise.")] = 0,
    output: Annotated[Path, typer.Option(help="The file, NumPy's .npz; it is written over.")] = Path("vectors.npz"),
) -> None:
    """Write one training step in full: batch, weights, normals, activations, loss, gradients, weights after Adam.

    A port in another framework that gives the same numbers does the same thing. The data set decides the shape of the
    images only; `wn_ref/vectors.py` says what is in the file.
    """
    from wn_ref.vectors import vectors as make

    require_choice("dataset", dataset, DATASETS)
    require_folder(output.parent)
    entry, points = CATALOG[dataset], Experiment(dataset=dataset, model=model, batchnorm=batchnorm).points
    injected = noise_of(noise, gradient, sigma) if sigma else None
    arrays = make(model, entry.shape, len(entry.classes), batchnorm, injected, point_of(point, points), seed=seed)
    whole(output.with_suffix(".npz"), lambda part: np.savez(part, **arrays))
    print(f"{len(arrays)} arrays in {output.with_suffix('.npz')}")
