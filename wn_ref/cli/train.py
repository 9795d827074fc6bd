"""`wn-ref train`: one network."""

from __future__ import annotations

from typing import Annotated

import typer

from wn_ref.cli.options import (
    BatchNorm,
    Clamp,
    DatasetName,
    Epochs,
    Gradient,
    ModelName,
    NoiseKind,
    Phase,
    Point,
    Sigma,
    point_of,
)
from wn_ref.experiment import Experiment, run
from wn_ref.noise import of_kind
from wn_ref.train import Epoch


def train(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    noise: NoiseKind = "additive",
    sigma: Sigma = 0.0,
    point: Point = "global",
    phase: Phase = "training",
    gradient: Gradient = "straight_through",
    epochs: Epochs = 5,
    seed: Annotated[
        int, typer.Option(help="Seed of the initial weights, of the order of the images, and of the noise.")
    ] = 0,
    clamp: Clamp = False,
) -> None:
    """Train one network, and print its loss and its accuracy on the test images after every epoch.

    With --phase inference the network is trained without noise, and evaluated with noise at the end. Nothing is stored.
    """
    points = Experiment(dataset=dataset, model=model, batchnorm=batchnorm).points
    experiment = Experiment(
        dataset=dataset,
        model=model,
        batchnorm=batchnorm,
        noise=of_kind(noise, sigma, gradient),
        point=point_of(point, points),
        phase=phase,
        epochs=epochs,
        seed=seed,
        clamp=clamp,
    )
    print("epoch      loss  accuracy")
    number = 0

    def show(epoch: Epoch) -> None:
        nonlocal number
        number += 1
        print(f"{number:5}  {epoch.loss:8.4f}  {epoch.accuracy:8.2%}", flush=True)

    result = run(experiment, show)
    if phase == "inference" and sigma:
        print(f"accuracy with {noise} noise of {sigma:g} at {point}: {result.accuracy:.2%}")
