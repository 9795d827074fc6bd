"""`wn-ref vectors`: files of numbers to hold another implementation against."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.captions import noise_words
from wn_ref.cli.groups import Network
from wn_ref.cli.options import FREE_NAME, Clamp, Force, Gradient, NoiseKind, Point, Sigma
from wn_ref.cli.values import numbers_of, point_of
from wn_ref.counted import counted
from wn_ref.errors import InputError, require_choice
from wn_ref.experiment import Experiment
from wn_ref.files import outputs
from wn_ref.noise import of_kind


def vectors(
    network: Network,
    suite: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the whole suite into this folder; of the rest only --force counts."),
    ] = None,
    noise: NoiseKind = "additive",
    sigma: Sigma = 0.5,
    sigma_additive: Annotated[
        float | None,
        typer.Option(help="Sigma of the additive part of mixed noise.", show_default="that of --sigma"),
    ] = None,
    gradient: Gradient = "exact",
    point: Point = "global",
    seed: Annotated[int, typer.Option(help="Seed of the weights, of the images, and of the noise.")] = 0,
    steps: Annotated[int, typer.Option(help="How many training steps there are in front of the evaluation.")] = 3,
    batch: Annotated[
        int,
        typer.Option(
            help="Images in a step, 2 or more; 4 or more for float32 with batch norm, whose gradient is lost to "
            "rounding with fewer."
        ),
    ] = 8,
    learning_rate: Annotated[float, typer.Option(help="Learning rate of Adam in the first epoch.")] = 1e-3,
    epochs: Annotated[int, typer.Option(help="Epochs of the cosine, at least those that the steps need.")] = 2,
    steps_per_epoch: Annotated[int, typer.Option(help="Training steps after which the learning rate changes.")] = 2,
    clamp: Clamp = False,
    executions: Annotated[
        str | None,
        typer.Option(
            help="How often the noise of each noisy point is averaged in the evaluation, such as 2,1,3.",
            show_default="once",
        ),
    ] = None,
    class_weights: Annotated[
        str | None,
        typer.Option(help="Weight of each class in the loss, with commas between them.", show_default="all the same"),
    ] = None,
    dtype: Annotated[str, typer.Option(help="What the implementation computes with: float64 or float32.")] = "float64",
    output: Annotated[
        Path | None, typer.Option(help=f"Case file (.npz) to write. {FREE_NAME}", show_default="vectors.npz")
    ] = None,
    force: Force = False,
) -> None:
    """Write case files: some training steps and an evaluation in full, for wn-ref check or for a test of your own.

    A file holds weights, images, labels and normals, and what follows from them: activations, loss, gradients, Adam's
    moments, and weights after each step. An implementation is Walking Noise if it gets the same numbers. The images
    are random: of the data set, only the shape and the number of classes are used. wn_ref/ports/FORMAT.md describes
    every field. With --suite a dozen cases are written, each for float64 and float32, that reveal the usual mistakes.
    """
    from wn_ref.ports.case import case_of
    from wn_ref.ports.cases import write_suite
    from wn_ref.ports.file import write_case

    if suite is not None:
        paths = write_suite(suite, force)
        print(f"{counted(len(paths), 'case file')} in {suite}")
        return
    injected = of_kind(noise, sigma, gradient)
    if sigma_additive is not None:
        if not noise.endswith("_first"):
            raise InputError(
                f"sigma_additive: expected mixed noise, got {noise!r}; choose --noise multiplicative_first"
            )
        injected = replace(injected, sigma_add=sigma_additive)
    experiment = Experiment(**network.settings, noise=injected, point=point_of(point), seed=seed)
    if output is not None:
        require_choice("output", output.suffix, [".npz"])
    (file,) = outputs(output, Path("vectors.npz"), force=force)
    case = case_of(
        file.path.stem,
        experiment.model,
        experiment.entry.shape,
        len(experiment.entry.classes),
        network.batchnorm,
        injected,
        experiment.point,
        seed=seed,
        steps=steps,
        batch=batch,
        learning_rate=learning_rate,
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
        clamp=clamp,
        executions=None if executions is None else tuple(numbers_of("executions", executions)),
        class_weights=None if class_weights is None else tuple(numbers_of("class_weights", class_weights)),
        dtype=dtype,
    )
    print(f"{write_case(case, file)}: {counted(steps, 'training step')} and an evaluation; {noise_words(injected)}")
