"""Margins: the lines of one colour around and between pictures that were put together."""

from itertools import pairwise

import cv2
import numpy as np

from real_or_ai.conventions.arrays import Box, Pixels
from real_or_ai.stages.prepare.cleaning import seams
from real_or_ai.stages.prepare.cleaning.pixels import Colour, distance

SMALLEST = 64  # px of what lies inside borders, reduced, that is looked at
_WIDEST_REMNANT = 0.05  # of a tile

Span = tuple[int, int]  # px, the latter exclusive


def content(pixels: Pixels) -> Box:
    """The box of what lies inside plain borders, one around the other at most three."""
    x0, y0, x1, y1 = 0, 0, pixels.shape[1], pixels.shape[0]
    for _ in range(3):
        inside = pixels[y0:y1, x0:x1]
        across = inside.swapaxes(0, 1)
        top, bottom = _border(inside), _border(inside[::-1])
        left, right = _border(across), _border(across[::-1])
        x0, y0, x1, y1 = x0 + left, y0 + top, x1 - right, y1 - bottom
        if not any((top, bottom, left, right)) or min(x1 - x0, y1 - y0) < SMALLEST:
            break
    return x0, y0, x1, y1


def _border(pixels: Pixels) -> int:
    """The number of first rows that have one colour, at most half of them."""
    colour = seams.typical(pixels[0])
    low, high = tuple(colour - 12), tuple(colour + 12)
    most, count = len(pixels) // 2, 0
    while count < most:  # most pictures have none: look at one row first, then at twice as many
        near = cv2.inRange(pixels[count : max(2 * count, 1)], low, high)
        plain = (near > 0).mean(axis=1) > 0.98
        if not plain.all():
            return min(count + int(np.argmin(plain)), most)
        count += len(plain)
    return most


def without(pixels: Pixels, ys: list[Span], xs: list[Span]) -> tuple[list[Span], list[Span]]:
    """The rows `ys` and columns `xs` of tiles in the whole picture, cut down to their pictures."""
    turned = pixels.swapaxes(0, 1)
    ys, xs = _without_gutters(pixels, ys, xs), _without_gutters(turned, xs, ys)
    colour = _gutter(pixels, ys, xs)
    colour = _gutter(turned, xs, ys) if colour is None else colour
    if colour is None:
        return ys, xs
    return _without_border(pixels, ys, xs, colour), _without_border(turned, xs, ys, colour)


def _without_gutters(pixels: Pixels, ys: list[Span], xs: list[Span]) -> list[Span]:
    """The rows `ys` of tiles without what is left of gutters between them.

    All tiles of a row are looked at together, as one may have an edge of one colour itself.
    """
    band = pixels[:, xs[0][0] : xs[-1][1]]
    inner = [list(span) for span in ys]
    for above, below in pairwise(inner):
        above[1] -= _remnant(band[above[0] : above[1]][::-1])
        below[0] += _remnant(band[below[0] : below[1]])
    return [(top, bottom) for top, bottom in inner]


def _gutter(pixels: Pixels, ys: list[Span], xs: list[Span]) -> Colour | None:
    """The colour between two rows of tiles; None where they meet."""
    for (_, end), (start, _) in pairwise(ys):
        if start > end:
            return seams.typical(pixels[(end + start) // 2, xs[0][0] : xs[-1][1]])
    return None


def _without_border(pixels: Pixels, ys: list[Span], xs: list[Span], colour: Colour) -> list[Span]:
    """The rows `ys` of tiles without a border of the gutters' colour that is left at their ends."""
    band = pixels[:, xs[0][0] : xs[-1][1]]
    inner = [list(span) for span in ys]
    inner[0][0] += _remnant(band[slice(*ys[0])], colour)
    inner[-1][1] -= _remnant(band[slice(*ys[-1])][::-1], colour)
    return [(top, bottom) for top, bottom in inner]


def _remnant(tiles: Pixels, colour: Colour | None = None) -> int:
    """The number of first rows of one colour that end abruptly; 0 if that is the pictures' own.

    colour: that of the first row, if None.
    """
    edge = tiles[: max(int(len(tiles) * _WIDEST_REMNANT), 3) + 2]
    near = distance(edge, seams.typical(edge[0]) if colour is None else colour) <= 32
    shares = near.mean(axis=1)
    count = int(np.argmin(shares >= 0.95))
    if count == 0 or count + 1 >= len(shares) or shares[count + 1] > 0.6:
        return 0
    return count if shares[count] <= 0.6 else count + 1  # scaling smears a row
