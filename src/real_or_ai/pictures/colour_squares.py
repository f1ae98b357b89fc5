"""DALL-E 2's signature: a row of five colour squares in the bottom right corner.

numpy only, for what a picture claims is also told where nothing else is installed.
"""

from colorsys import rgb_to_hsv

import numpy as np
from numpy.typing import NDArray

# Each 1/64 of the height: yellow, cyan, green, orange, blue. Hues in degrees, for prints and
# scales change the shades.
_HUES = np.array([(45, 72), (165, 205), (95, 160), (5, 35), (215, 260)])


def largest(width: int, height: int) -> float:
    """The side in px of the largest squares that are looked for."""
    return min(height / 30 + 2, width / 5, height / 2)


def side(pixels: NDArray[np.uint8], height: int) -> float | None:
    """The squares' side in px, or None without squares.

    pixels: RGB [h, W, 3], the last rows of a picture `height` px high, at least `largest` many.
    """
    rows, width = pixels.shape[:2]
    sides = np.arange(
        max(4, height / 100), largest(width, height), 0.25
    )  # a scaled one is not whole
    yellow, blue = (
        pixels[(rows - sides / 2).astype(int), (width - place * sides).astype(int)]
        for place in (4.5, 0.5)
    )
    likely = (yellow[:, 2] == yellow.min(axis=1)) & (blue[:, 2] == blue.max(axis=1))
    fitting = [side for side in sides[likely] if _are_the_squares(pixels, float(side))]
    return float(np.mean(fitting)) if fitting else None


def _are_the_squares(pixels: NDArray[np.uint8], side: float) -> bool:
    """Whether the middles of five squares of this side, bottom right, have their hues."""
    height, width = pixels.shape[:2]
    reach = side / 5
    middle = height - side / 2
    for place, (low, high) in enumerate(_HUES):
        centre = width - (4.5 - place) * side
        window = pixels[
            int(middle - reach) : int(middle + reach) + 1,
            int(centre - reach) : int(centre + reach) + 1,
        ].astype(np.float32)
        red, green, blue = window.mean(axis=(0, 1)) / 255
        hue, saturation, value = rgb_to_hsv(red, green, blue)
        if not low <= hue * 360 <= high or min(saturation, value) < 0.45:
            return False
        if window.std(axis=(0, 1)).max() > 30:
            return False
    return True
