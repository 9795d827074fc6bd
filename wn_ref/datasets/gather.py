"""From images, one after the other, to a batch with its samples on the last axis; cropped and flipped on the way.

A tile of pixels at a time: it is read along the images, where pixels are neighbours, and written along the batch,
where samples are. Indices are unsigned, which spares Numba's test for negative ones.
"""

from __future__ import annotations

import numpy as np

from wn_ref.kernel import kernel

TILE = np.uint64(32)


@kernel
def gather(pixels, starts, scale, shift, out):
    """out[c, p, n] = pixels[starts[n] + c P + p] scale[c] + shift[c], with P pixels a channel."""
    channels, size, batch = out.shape
    tile = np.empty((batch, TILE), pixels.dtype)
    for c in range(channels):
        for first in range(0, size, TILE):
            width = min(TILE, np.uint64(size - first))
            for n in range(batch):
                start = starts[n] + np.uint64(c * size + first)
                for p in range(width):
                    tile[n, p] = pixels[start + p]
            _spread(tile, scale[c], shift[c], out[c, first : first + width])


@kernel
def gather_augmented(pixels, starts, words, padding, flip, width, scale, shift, out):
    """The same of images that are padded with zeros, cropped to their size at a random place and flipped by chance.

    `words` holds 32 random bits a sample: 16 choose the crop's first row, 15 its first column, each among
    2 padding + 1 places; the last bit flips left and right.
    """
    channels, size, batch = out.shape
    height, places = size // width, 2 * padding + 1
    tile = np.empty((batch, width), pixels.dtype)
    for c in range(channels):
        for y in range(height):
            for n in range(batch):
                word = np.int64(words[n])
                row = y + ((word & 0xFFFF) * places >> 16) - padding
                left = ((word >> 16 & 0x7FFF) * places >> 15) - padding
                _crop_row(pixels, starts[n] + np.uint64(c * size), row, height, left, flip and word >> 31, tile[n])
            _spread(tile, scale[c], shift[c], out[c, y * width : (y + 1) * width])


@kernel
def _crop_row(pixels, start, row, height, left, flipped, out):
    """out[x] = pixels[start + row W + left + x], or 0 outside of the image; right to left if it is flipped."""
    width = out.size
    out[:] = 0
    if row < 0 or row >= height:
        return
    begin, end = max(0, -left), min(width, width - left)
    source = start + np.uint64(row * width + left + begin)
    if flipped:
        for x in range(end - begin):
            out[width - 1 - begin - x] = pixels[source + np.uint64(x)]
    else:
        for x in range(end - begin):
            out[begin + x] = pixels[source + np.uint64(x)]


@kernel
def _spread(tile, scale, shift, out):
    """out[x, n] = tile[n, x] scale + shift."""
    width, batch = out.shape
    for x in range(width):
        row, column = out[x], tile[:, x]
        for n in range(batch):
            row[n] = column[n] * scale + shift
