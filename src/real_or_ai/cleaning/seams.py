"""Seams: places where a picture steps from one line to the next over most of its length.

The common ground of grids, which are cut at seams, and of strips along an edge.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

cv2.setNumThreads(1)  # pictures are spread over the cores, not their pixels

LONG_SIDE = 640  # px that seams are looked for at
PIECES = 24  # into which the length of a line is cut; each gives or denies evidence of a seam
_NEIGHBOURS = (-7, -6, -5, -4, -3, -2, 2, 3, 4, 5, 6, 7)

Planes = NDArray[
    np.uint8
]  # [3, H, W]: channel by channel, several times faster than pixel by pixel


def reduced(image: Image.Image) -> tuple[Planes, int]:
    """uint8 [3, H, W] of an RGB image, at most LONG_SIDE large, and the whole factor it took."""
    factor = -(-max(image.size) // LONG_SIDE)
    return planes(image.reduce(factor) if factor > 1 else image), factor


def planes(image: Image.Image) -> Planes:
    """uint8 [3, H, W] of an RGB image."""
    return np.stack([np.asarray(channel) for channel in image.split()])


def turned(pixels: Planes) -> Planes:
    """Columns as rows: [3, W, H]."""
    return np.ascontiguousarray(pixels.transpose(0, 2, 1))


def distance(pixels: Planes, colour: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The largest difference in any channel from a colour [3] or other planes: uint8 [H, W]."""
    other = colour[:, None, None] if colour.ndim == 1 else colour
    difference: Planes = np.maximum(pixels, other) - np.minimum(pixels, other)
    return np.asarray(difference.max(axis=0))


def evidence(pixels: Planes) -> NDArray[np.bool_]:
    """Whether pixels step between rows y and y + 1: bool [H - 1, PIECES] along the width.

    A piece's mean step must stand out from those of the rows around it, which are the picture's
    own texture; the two largest of twelve are forgiven, for a gutter has two seams.
    pixels: uint8 [3, H, W], W at least PIECES.
    """
    step = distance(pixels[:, 1:], pixels[:, :-1])
    means = cv2.resize(step.astype(np.float32), (PIECES, len(step)), interpolation=cv2.INTER_AREA)
    padded = np.pad(means, ((8, 8), (0, 0)), mode="edge")
    stands_out = np.zeros(means.shape, dtype=np.bool_)
    # Only lines that outdo their next neighbours in a fifth of the pieces are worth the rest.
    beside = np.minimum(padded[6:-10], padded[10:-6])
    rows = np.flatnonzero((means > beside).sum(axis=1) * 5 > PIECES)
    around = np.stack([padded[8 + by + rows] for by in _NEIGHBOURS])
    texture = np.partition(around, -3, axis=0)[-3]
    stands_out[rows] = means[rows] > 1.25 * texture + 2
    return stands_out


def is_flat(pixels: Planes, share: float = 0.93, near: int = 32) -> bool:
    """Whether `share` of the pixels [3, H, W] lie within `near` levels of their mean colour."""
    if not pixels.size:
        return True
    colour = pixels.mean(axis=(1, 2)).round().astype(np.uint8)
    return bool((distance(pixels, colour) <= near).mean() >= share)


def refined(image: Image.Image, place: int, factor: int, span: tuple[int, int]) -> int:
    """The row y of `image` whose step from row y - 1 is the largest near `place`.

    place: row in the reduced picture. span: first and last + 1 column of `image` to look at.
    """
    low = max((place - 1) * factor - 1, 0)
    high = min((place + 1) * factor + 2, image.height)
    rows = planes(image.crop((span[0], low, span[1], high)))
    return low + 1 + int(distance(rows[:, 1:], rows[:, :-1]).mean(axis=1).argmax())
