"""`wn-ref train`: one network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.captions import accuracy_words, noise_words
from wn_ref.cli.groups import Network, Training
from wn_ref.cli.options import Force, Gradient, NoiseKind, Phase, Point, Sigma
from wn_ref.cli.values import point_of
from wn_ref.errors import require_choice
from wn_ref.experiment import Experiment
from wn_ref.files import Output
from wn_ref.noise import of_kind
from wn_ref.ports.network_file import save_network
from wn_ref.running import learn, measure
from wn_ref.train import Epoch


def train(
    network: Network,
    training: Training,
    noise: NoiseKind = "additive",
    sigma: Sigma = 0.0,
    point: Point = "global",
    phase: Phase = "training",
    gradient: Gradient = "exact",
    seed: Annotated[
        int, typer.Option(help="Seed of the initial weights, of the order of the images, and of the noise.")
    ] = 0,
    save: Annotated[
        Path | None,
        typer.Option(help="File (.npz) for the trained network; wn-ref evaluate and wn_ref.load_network read it."),
    ] = None,
    force: Force = False,
) -> None:
    """Train one network, and print its loss and its accuracy on the test images after every epoch.

    With --phase inference the network is trained without noise, and evaluated with noise at the end. Nothing is stored,
    unless --save says where.
    """
    injected = of_kind(noise, sigma, gradient)
    experiment = Experiment(
        **network.settings,
        **training.settings,
        noise=injected,
        point=point_of(point),
        phase=phase,
        seed=seed,
    )
    if save is not None:
        require_choice("output", save.suffix, [".npz"])
    output = None if save is None else Output.checked(save, force)
    if sigma and phase == "training":
        print(f"{noise_words(injected)}, sigma {sigma:g} at {point}")
    print("epoch      loss  accuracy")
    number = 0

    def show(epoch: Epoch) -> None:
        nonlocal number
        number += 1
        print(f"{number:5}  {epoch.loss:8.4f}  {epoch.accuracy:8.2%}", flush=True)

    network_experiment = experiment.training_experiment()
    trained, _ = learn(network_experiment, show)
    if phase == "inference" and sigma:
        print(accuracy_words(measure(experiment, trained), noise, sigma, point))
    if output is not None:
        print(f"network: {save_network(trained, output, experiment=network_experiment)}")
