"""Pixels of decoded pictures, and the arithmetic that all detectors share."""

import cv2
import numpy as np
from numpy.typing import NDArray

from real_or_ai.conventions.arrays import Pixels

cv2.setNumThreads(1)  # pictures are spread over the cores, not their pixels

Colour = NDArray[np.float64]  # red, green, blue, 0: OpenCV's scalars have four channels


def reduced(pixels: Pixels, factor: int) -> Pixels:
    """The means of squares of `factor` pixels; what is left at the end is left out.

    Halving, and so on, is many times faster than scaling by a fraction.
    """
    if factor == 1:
        return pixels
    height, width = (max(side // factor, 1) for side in pixels.shape[:2])
    whole = pixels[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def distance(pixels: Pixels, other: Pixels | Colour) -> Pixels:
    """The largest difference in any channel from other pixels, or from one colour: [H, W]."""
    red, green, blue = cv2.split(cv2.absdiff(pixels, other))
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)
