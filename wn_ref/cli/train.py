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
    NoiseName,
    Phase,
    Point,
    noise_of,
    point_of,
)
from wn_ref.experiment import Experiment, run
from wn_ref.train import Epoch


def train(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    noise: NoiseName = "additive",
    sigma: Annotated[float, typer.Option(help="Standard deviation of the noise; 0 is none.")] = 0.0,
    point: Point = "global",
    phase: Phase = "training",
    gradient: Gradient = "straight_through",
    epochs: Epochs = 5,
    seed: Annotated[int, typer.Option(help="Of initial weights, order of the images, and noise.")] = 0,
    clamp: Clamp = False,
) -> None:
    """Train one network and print its loss and accuracy after every epoch."""
    network = {"dataset": dataset, "model": model, "batchnorm": batchnorm}
    experiment = Experiment(
        **network,
        noise=noise_of(noise, gradient, sigma),
        point=point_of(point, Experiment(**network).points),
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
