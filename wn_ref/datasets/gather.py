"""Kernels that gather images into a batch with its samples on the last axis, cropped and flipped on the way.

    out[c, p, n] = pixels[(indices[n] C + c) P + p] scale[c] + shift[c]        with C channels of P pixels

They handle one channel at a time. Its pixels are copied image by image into a tile that is small enough for the
processor's cache, and from there they are written pixel by pixel along the batch: bytes by fours, as words of 32 bits,
because a column of words costs as many loads as a column of bytes.
"""

from __future__ import annotations

import numpy as np

from wn_ref.compiled import kernel

MARGIN = 64
"""Extra elements in each row of the tile, at least, so that its rows do not compete for the same lines of the cache."""
MOST_PADDING = 16383
"""15 random bits choose the first column of a crop, so there can be no more than 2^15 places for it."""


@kernel
def gather(pixels, indices, scale, shift, out):
    """Gather images as they are; return whether there are images of all these indices."""
    channels, size, batch = out.shape
    if not _all_there(pixels, indices, channels * size):
        return False
    tile = _tile(pixels, size, batch)
    for c in range(channels):
        for n in range(batch):
            start = (indices[n] * channels + c) * size
            _copy(pixels[start : start + size], tile[n])
        _spread(tile, scale[c], shift[c], out[c])
    return True


@kernel
def gather_augmented(pixels, indices, scale, shift, out, words, padding, flip, width):
    """Gather images that are padded with zeros, cropped to their old size and perhaps flipped.

    `words` holds 32 random bits for each image: 16 of them choose the first row of the crop and 15 its first column,
    each among 2 padding + 1 places; the last bit says whether to flip left to right.
    """
    channels, size, batch = out.shape
    if not _all_there(pixels, indices, channels * size):
        return False
    places = 2 * padding + 1
    tile = _tile(pixels, size, batch)
    for c in range(channels):
        for n in range(batch):
            word, start = np.int64(words[indices[n]]), (indices[n] * channels + c) * size
            top = ((word & 0xFFFF) * places >> 16) - padding
            left = ((word >> 16 & 0x7FFF) * places >> 15) - padding
            _crop(pixels[start : start + size], top, left, flip and word >> 31, width, tile[n])
        _spread(tile, scale[c], shift[c], out[c])
    return True


@kernel
def _all_there(pixels, indices, size):
    smallest = largest = indices[0]
    for n in range(indices.size):
        smallest, largest = min(smallest, indices[n]), max(largest, indices[n])
    return smallest >= 0 and largest < pixels.size // size  # no product, which may be larger than an int64


@kernel
def _copy(source, target):
    """target[p] = source[p], as far as the source goes; NumPy's assignment of slices takes ten times as long here."""
    for p in range(source.size):
        target[p] = source[p]


@kernel
def _tile(pixels, size, batch):
    """Make room for `batch` rows of `size` pixels, each a whole number of words."""
    return np.empty((batch, -(-size // 4) * 4 + MARGIN), pixels.dtype)


@kernel
def _crop(image, top, left, flipped, width, out):
    """out[y, x] = image[y + top, x + left], or 0 outside of the image, for flat arrays; x runs backwards if flipped."""
    height = image.size // width
    for p in range(out.size):
        out[p] = 0
    begin = max(0, -left)
    end = max(begin, min(width, width - left))
    for y in range(max(0, -top), min(height, height - top)):
        source = image[(y + top) * width + left + begin : (y + top) * width + left + end]
        if flipped:
            target = out[(y + 1) * width - end : (y + 1) * width - begin]
            for x in range(source.size):
                target[source.size - 1 - x] = source[x]
        else:
            _copy(source, out[y * width + begin : y * width + end])


@kernel
def _spread(tile, scale, shift, out):
    """out[p, n] = tile[n, p] scale + shift."""
    if tile.itemsize == 1:
        _spread_bytes(tile.view(np.uint32), scale, shift, out)
        return
    for p in range(len(out)):
        row, column = out[p], tile[:, p]
        for n in range(row.size):
            row[n] = column[n] * scale + shift


@kernel
def _spread_bytes(words, scale, shift, out):
    """Do so with four bytes in a word, the first of them in its lowest bits."""
    four, real = np.empty(out.shape[1], np.uint32), out.dtype.type
    for first in range(0, len(out), 4):
        column = words[:, first // 4]
        for n in range(four.size):
            four[n] = column[n]
        for p in range(first, min(first + 4, len(out))):
            row, place = out[p], np.uint32(8 * (p - first))
            for n in range(row.size):
                row[n] = real(np.int32((four[n] >> place) & np.uint32(255))) * scale + shift
