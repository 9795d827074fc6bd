"""How far a training has come, by three clocks.

    epochs E,    steps T = E ceil(N / B),    path R = sum of the learning rates of all steps

for N images in batches of B. Adam moves a weight by about the learning rate in a step, so R is about as far as a weight
can get from where it began.
"""

from __future__ import annotations

import math

from wn_ref.experiment import Experiment
from wn_ref.optim import cosine


def clocks(experiment: Experiment) -> dict[str, float]:
    """Read the three clocks at the end of an experiment's training.

    Parameters
    ----------
    experiment : Experiment
        Nothing is trained, and its data need not be there.

    Returns
    -------
    dict
        epochs; images (of the training part); steps; path, the sum of the learning rates.

    Examples
    --------
    >>> from wn_ref import Experiment
    >>> clocks(Experiment(dataset="mnist", epochs=100))
    {'epochs': 100, 'images': 60000, 'steps': 46900, 'path': 23.6845}
    """
    epochs, images, rate = experiment.epochs, experiment.sizes[0], experiment.learning_rate
    steps = math.ceil(images / experiment.batch_size)
    falling = experiment.schedule == "cosine"
    rates = [cosine(rate, epoch, epochs) if falling else rate for epoch in range(epochs)]
    return {"epochs": epochs, "images": images, "steps": epochs * steps, "path": round(steps * math.fsum(rates), 12)}
