"""Seams: places where a picture steps from one line to the next over most of its length.

The common ground of grids, which are cut at seams, and of strips along an edge.
"""

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
    least: share of the pieces; rows where fewer can stand out are passed over.
    """
    starts = np.arange(PIECES) * steps.shape[1] // PIECES
    sums = np.add.reduceat(steps, starts, axis=1, dtype=np.uint32)
    means = (sums / np.diff(starts, append=steps.shape[1])).astype(np.float32)
    padded = np.asarray(cv2.copyMakeBorder(means, 8, 8, 0, 0, cv2.BORDER_REPLICATE), np.float32)
    # Most rows do not outdo even the lower of their next but one, and need no closer look.
    outdoes = means > 1.25 * np.minimum(padded[6:-10], padded[10:-6]) + 2
    rows = np.flatnonzero(np.count_nonzero(outdoes, axis=1) >= least * PIECES)
    stands_out = np.zeros(means.shape, dtype=np.bool_)
    around = np.stack([padded[8 + by + rows] for by in _NEIGHBOURS])
    texture = np.partition(around, -3, axis=0)[-3]
    stands_out[rows] = means[rows] > 1.25 * texture + 2
    return stands_out


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
