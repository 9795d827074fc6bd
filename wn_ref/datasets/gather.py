"""From images, one after the other, to a batch with its samples on the last axis; cropped and flipped on the way.

A channel at a time: its pixels are copied image by image into a tile, where all images of the batch stand in the cache,
and written from there pixel by pixel along the batch.
"""

from __future__ import annotations

import numpy as np

from wn_ref.kernel import kernel

MARGIN = 64
"""Bytes that keep an image's row of the tile from falling on the same places of the cache as its neighbours'."""


@kernel
def gather(pixels, starts, scale, shift, out):
    """out[c, p, n] = pixels[starts[n] + c P + p] scale[c] + shift[c], with P pixels a channel."""
    channels, size, batch = out.shape
    tile = np.empty((batch, size + MARGIN), pixels.dtype)
    for c in range(channels):
        for n in range(batch):
            start = starts[n] + c * size
            tile[n, :size] = pixels[start : start + size]
        _spread(tile, scale[c], shift[c], out[c])


@kernel
def gather_augmented(pixels, starts, words, padding, flip, width, scale, shift, out):
    """The same of images that are padded with zeros, cropped to their size at a random place and flipped by chance.

    `words` holds 32 random bits a sample: 16 choose the crop's first row, 15 its first column, each among
    2 padding + 1 places; the last bit flips left and right.
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
    """out[y, x] = image[y + top, x + left], or 0 outside of it; right to left if it is flipped (all of them flat)."""
    height = image.size // width
    out[:] = 0
    begin, end = max(0, -left), min(width, width - left)
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
