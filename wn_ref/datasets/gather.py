"""Kernels that gather images into a batch with its samples on the last axis, cropped and flipped on the way.

They handle one channel at a time. Its pixels are copied image by image into a tile that is small enough for the
processor's cache, and from there they are written pixel by pixel along the batch.
"""

from __future__ import annotations

import numpy as np

from wn_ref.compiled import kernel

MARGIN = 64
"""Extra elements in each row of the tile, so that neighbouring rows do not compete for the same lines of the cache."""
MOST_PADDING = 16383
"""15 random bits choose the first column of a crop, so there can be no more than 2^15 places for it."""


@kernel
def gather(pixels, starts, scale, shift, out):
    """out[c, p, n] = pixels[starts[n] + c P + p] scale[c] + shift[c], with P pixels in a channel."""
    channels, size, batch = out.shape
    tile = np.empty((batch, size + MARGIN), pixels.dtype)
    for c in range(channels):
        for n in range(batch):
            start = starts[n] + c * size
            tile[n, :size] = pixels[start : start + size]
        _spread(tile, scale[c], shift[c], out[c])


@kernel
def gather_augmented(pixels, starts, words, padding, flip, width, scale, shift, out):
    """Do the same with images that are padded with zeros, cropped to their old size and perhaps flipped.

    `words` holds 32 random bits for each sample: 16 of them choose the first row of the crop and 15 its first column,
    each among 2 padding + 1 places; the last bit says whether to flip left to right.
    """
    channels, size, batch = out.shape
    places = 2 * padding + 1
    tile = np.empty((batch, size + MARGIN), pixels.dtype)
    for c in range(channels):
        for n in range(batch):
            word, start = np.int64(words[n]), starts[n] + c * size
            top = ((word & 0xFFFF) * places >> 16) - padding
            left = ((word >> 16 & 0x7FFF) * places >> 15) - padding
            _crop(pixels[start : start + size], top, left, flip and word >> 31, width, tile[n])
        _spread(tile, scale[c], shift[c], out[c])


@kernel
def _crop(image, top, left, flipped, width, out):
    """out[y, x] = image[y + top, x + left], or 0 outside of the image, for flat arrays; x runs backwards if flipped."""
    height = image.size // width
    out[:] = 0
    begin = max(0, -left)
    end = max(begin, min(width, width - left))
    for y in range(max(0, -top), min(height, height - top)):
        source = image[(y + top) * width + left + begin : (y + top) * width + left + end]
        if flipped:
            target = out[(y + 1) * width - end : (y + 1) * width - begin]
            for x in range(source.size):
                target[source.size - 1 - x] = source[x]
        else:
            out[y * width + begin : y * width + end] = source


@kernel
def _spread(tile, scale, shift, out):
    """out[p, n] = tile[n, p] scale + shift."""
    size, batch = out.shape
    for p in range(size):
        row, column = out[p], tile[:, p]
        for n in range(batch):
            row[n] = column[n] * scale + shift
