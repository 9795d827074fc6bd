"""`wn-ref vectors`: a file of numbers to compare another implementation with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from wn_ref.cli.captions import noise_words
from wn_ref.cli.groups import Network
from wn_ref.cli.options import FREE_NAME, Force, Gradient, NoiseKind, Point, Sigma
from wn_ref.cli.values import point_of
from wn_ref.counted import counted
from wn_ref.errors import require_choice
from wn_ref.experiment import Experiment
from wn_ref.files import outputs
from wn_ref.injection import Injection
from wn_ref.noise import of_kind


def vectors(
    network: Network,
    noise: NoiseKind = "additive",
    sigma: Sigma = 0.5,
    gradient: Gradient = "exact",
    point: Point = "global",
    seed: Annotated[int, typer.Option(help="Seed of the weights, of the batch, and of the noise.")] = 0,
    output: Annotated[
        Path | None, typer.Option(help=f"NumPy file (.npz) to write. {FREE_NAME}", show_default="vectors.npz")
    ] = None,
    force: Force = False,
) -> None:
    """Write one training step in full: batch, weights, normals, activations, loss, gradients, weights after Adam.

    An implementation in another framework agrees with this one if it computes the same numbers from the same batch,
    weights and normals. The images are random: of the data set, only the shape and the number of classes are used. The
    arrays in the file are described in wn_ref/ports/vectors.py.
    """
    from wn_ref.ports.vectors import vectors as make

    injected = of_kind(noise, sigma, gradient)
    experiment = Experiment(**network.settings, noise=injected, point=point_of(point), seed=seed)
    if output is not None:
        require_choice("output", output.suffix, [".npz"])
    (file,) = outputs(output, Path("vectors.npz"), force=force)
    entry = experiment.entry
    injection = Injection(injected if sigma else None, experiment.point, seed)
    arrays: dict[str, Any] = make(experiment.model, entry.shape, len(entry.classes), network.batchnorm, injection)
    path = file.write(lambda part: np.savez(part, **arrays))
    print(f"{counted(len(arrays), 'array')} in {path}; {noise_words(injected)}")
