"""Seams: places where a picture steps from one line to the next over most of its length.

The common ground of grids, which are cut at seams, and of strips along an edge.
"""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from real_or_ai.conventions.arrays import Pixels
from real_or_ai.stages.prepare.cleaning.pixels import Colour, distance

PIECES = 24  # into which the length of a line is cut; each gives or denies evidence of a seam
_REACH = 7  # lines on either side that a seam must stand out from, but for the next
_NEIGHBOURS = [by for by in range(-_REACH, _REACH + 1) if abs(by) > 1]


def evidence(steps: Pixels) -> NDArray[np.bool_]:
    """Whether pixels step from one line to the next: bool [PIECES, N].

    A piece's mean step must stand out from those of the lines around it, which are the picture's
    own texture; the two largest of twelve are forgiven, for a gutter has two seams.
    steps: how far the pixels of N lines are from those of the next, [L, N], L at least PIECES.
    """
    cuts = np.arange(PIECES + 1) * len(steps) // PIECES
    pieces = [
        cv2.reduce(steps[start:end], 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)
        for start, end in pairwise(cuts.tolist())
    ]
    means = np.concatenate(pieces)
    needed = cv2.copyMakeBorder(1.25 * means + 2, 0, 0, _REACH, _REACH, cv2.BORDER_REPLICATE)
    # To count those that are too large is many times faster than to sort all twelve.
    denied = np.zeros(means.shape, np.uint8)
    denies = np.empty(means.shape, np.bool_)
    for by in _NEIGHBOURS:
        beside = needed[:, _REACH + by : needed.shape[1] - _REACH + by]
        np.greater_equal(beside, means, out=denies)
        denied += denies.view(np.uint8)
    return denied < 3


def shares(steps: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The share of each line's pieces that step: [N], of bool [PIECES, N]."""
    counts = cv2.reduce(steps.view(np.uint8), 0, cv2.REDUCE_SUM, dtype=cv2.CV_64F)[0]
    return np.asarray(counts / len(steps), np.float64)


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
