"""What the data sets look like."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from wn_ref.datasets import Dataset
from wn_ref.datasets.mfcc import RATE, Clip, clip_samples, features
from wn_ref.figures.style import BLUE, as_written, panels


def contact_sheet(data: Dataset, columns: int = 12) -> Figure:
    """Draw the first training images of every class, one row per class.

    Features of speech are drawn in shades of grey, the lowest coefficient at the top.

    Parameters
    ----------
    data : Dataset
        Any data set of this package.
    columns : int
        How many images of each class to draw; fewer if they are wide.
    """
    _, height, width = data.shape
    columns = min(columns, 360 // width)
    gap = max(1, width // 14)
    sheet = np.full((len(data.classes) * (height + gap), columns * (width + gap), 3), 255, np.uint8)
    for k in range(len(data.classes)):
        for column, index in enumerate(np.flatnonzero(data.train_labels == k)[:columns]):
            top, left = k * (height + gap), column * (width + gap)
            sheet[top : top + height, left : left + width] = _shades(data, index).transpose(1, 2, 0)
    with panels(8.0, 7.0 * sheet.shape[0] / sheet.shape[1] + 0.4) as (figure, axes):
        panel = axes[0, 0]
        figure.set_layout_engine("compressed")  # leaves room for the labels although images keep their shape
        panel.imshow(sheet, interpolation="nearest")
        middles = [k * (height + gap) + height / 2 for k in range(len(data.classes))]
        panel.set_yticks(middles, map(as_written, data.classes))
        panel.set_xticks([])
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
        panel.grid(visible=False)
        what = "" if data.train_images.dtype == np.uint8 else "features (MFCC) of "
        sizes = f"{len(data.train_labels):,} to train, {len(data.test_labels):,} to test"
        panel.set_title(f"{what}{as_written(data.name)}: {sizes}")
    return figure


def clips(examples: list[Clip], classes: tuple[str, ...], columns: int = 4) -> Figure:
    """Draw clips of speech: the waveform, and below it the features that a network sees.

    Parameters
    ----------
    examples : list of Clip
        The recordings to draw.
    classes : tuple of str
        The names of the classes, in order of the labels.
    columns : int
        Number of clips beside each other.
    """
    rows = -(-len(examples) // columns)
    with panels(9.0, 2.3 * rows, 2 * rows, columns, sharex=True) as (figure, axes):
        for panel in axes.flat:
            panel.set_yticks([])
            panel.grid(visible=False)
        for number, clip in enumerate(examples):
            wave, coefficients = axes[2 * (number // columns) : 2 * (number // columns) + 2, number % columns]
            samples = clip_samples(clip)
            wave.plot(np.arange(RATE) / RATE, samples, linewidth=0.4, color=BLUE)
            wave.set_title(classes[clip.label])
            shown = features(samples)[0]
            shown = (shown - shown.mean(axis=1, keepdims=True)) / (shown.std(axis=1, keepdims=True) + 1e-9)
            coefficients.imshow(shown, origin="lower", aspect="auto", extent=(0, 1, 0, len(shown)), cmap="cividis")
        for panel in axes[-1]:
            panel.set_xlabel("seconds")
        for row in range(rows):
            axes[2 * row, 0].set_ylabel("sound")
            axes[2 * row + 1, 0].set_ylabel("MFCC")
        figure.suptitle("one second of each class, and its 10 coefficients in 49 frames, each scaled", fontsize=10)
    return figure


def _shades(data: Dataset, index: int) -> np.ndarray:
    """Return an image as bytes, (channels, height, width).

    Features are scaled for each coefficient: black is 2 standard deviations below its mean, white is 2 above.
    """
    image = data.train_images[index]
    if image.dtype == np.uint8:
        return image
    mean, std = (f(image, axis=2, keepdims=True) for f in (np.mean, np.std))
    return np.clip(255 * ((image - mean) / (std + 1e-9) / 4 + 0.5), 0, 255).astype(np.uint8)
