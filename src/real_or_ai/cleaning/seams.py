"""Seams: places where a picture steps from one line to the next over most of its length.

The common ground of grids, which are cut at seams, and of strips along an edge.
"""

from collections.abc import Iterable
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from real_or_ai.cleaning.look import Colour, Pixels, distance

PIECES = 24  # into which the length of a line is cut; each gives or denies evidence of a seam
_NEIGHBOURS = (-7, -6, -5, -4, -3, -2, 2, 3, 4, 5, 6, 7)


def evidence(steps: Pixels, least: float) -> NDArray[np.bool_]:
    """Whether pixels step from one row to the next: bool [H, PIECES] along the width.

    A piece's mean step must stand out from those of the rows around it, which are the picture's
    own texture; the two largest of twelve are forgiven, for a gutter has two seams.
    steps: how far each row's pixels are from the next row's, [H, W], W at least PIECES.
    least: share of the pieces; rows where fewer outdo the next but one are passed over.
    """
    ends = np.arange(PIECES + 1) * steps.shape[1] // PIECES
    along = cv2.transpose(steps)  # whole rows are added up much faster than parts of rows
    means = np.empty((len(steps), PIECES), np.float32)
    for piece, (start, end) in enumerate(pairwise(ends)):
        means[:, piece] = cv2.reduce(along[start:end], 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[0]
    padded = np.asarray(cv2.copyMakeBorder(means, 8, 8, 0, 0, cv2.BORDER_REPLICATE), np.float32)
    outdoes = means > np.maximum(np.minimum(padded[6:-10], padded[10:-6]), 2)
    rows = np.flatnonzero(np.count_nonzero(outdoes, axis=1) >= least * PIECES)
    stands_out = np.zeros(means.shape, dtype=np.bool_)
    if not len(rows):
        return stands_out
    texture = _third_largest(padded[8 + rows + by] for by in _NEIGHBOURS)
    stands_out[rows] = means[rows] > 1.25 * texture + 2
    return stands_out


def _third_largest(values: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Of values that are not negative, place by place; faster than sorting all of them."""
    first = second = third = np.zeros(1, np.float32)
    for value in values:
        third = np.maximum(third, np.minimum(second, value))
        second = np.maximum(second, np.minimum(first, value))
        first = np.maximum(first, value)
    return third


def typical(pixels: Pixels) -> Colour:
    """The median of pixels [N, 3], channel by channel."""
    middle = len(pixels) // 2
    return np.array([*np.partition(pixels, middle, axis=0)[middle], 0], np.float64)


def is_flat(pixels: Pixels, share: float = 0.93, near: int = 32) -> bool:
    """Whether `share` of the pixels [H, W, 3] lie within `near` levels of their mean colour."""
    if not pixels.size:
        return True
    return bool((distance(pixels, np.round(cv2.mean(pixels))) <= near).mean() >= share)


def refined(pixels: Pixels, place: int, factor: int, span: tuple[int, int]) -> int:
    """The row y of pixels [H, W, 3] whose step from row y - 1 is the largest near `place`.

    place: row in the reduced picture. span: first and last + 1 column of `pixels` to look at.
    """
    low = max((place - 1) * factor - 1, 0)
    rows = pixels[low : (place + 1) * factor + 2, span[0] : span[1]]
    return low + 1 + int(distance(rows[1:], rows[:-1]).mean(axis=1).argmax())
