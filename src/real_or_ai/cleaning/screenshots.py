"""Pages rather than pictures: blank ones, flat drawings and what is mostly lettering."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from real_or_ai.cleaning import lettering

_LARGEST = 1000  # px; lettering is read at this size at the most
_ENOUGH = 60.0  # letters' worth of evidence in the whole picture
_ENOUGH_INSIDE = 15.0  # in its middle, where no credential stands
_MIDDLE = (0.08, 0.85)  # of the height
_CONTRASTS = (72,)  # levels; pages are made to be read


def reason(image: Image.Image) -> str | None:
    """Why this is no picture: `blank`, `flat drawing`, `page of lettering`; None if it is one.

    image: RGB. Screens draw exact colours: there, most pixels equal their neighbours.
    """
    factor = -(-max(image.size) // _LARGEST)
    gray = image.convert("L")
    pixels = np.asarray(gray.reduce(factor) if factor > 1 else gray)
    if is_blank(gray):
        return "blank"
    equal = _equal_neighbours(pixels)
    if equal > 0.8:
        return "flat drawing"
    if equal > 0.12 and _is_page(pixels):
        return "page of lettering"
    return None


def is_blank(image: Image.Image) -> bool:
    """Whether nearly all of an image has one shade of gray."""
    counts = np.array(image.convert("L").histogram())
    shade = int(counts.argmax())
    return bool(counts[max(shade - 6, 0) : shade + 7].sum() > 0.98 * counts.sum())


def _equal_neighbours(gray: NDArray[np.uint8]) -> float:
    """The share of pixels that equal the pixel below and the one to the right."""
    inner = gray[:-1, :-1]
    if not inner.size:
        return 1.0
    return float(((inner == gray[1:, :-1]) & (inner == gray[:-1, 1:])).mean())


def _is_page(gray: NDArray[np.uint8]) -> bool:
    """Whether the lines of letters, each place counted once, are more than a sign or shirt has."""
    first, last = (int(share * len(gray)) for share in _MIDDLE)
    free = np.ones(gray.shape, dtype=np.bool_)
    everywhere = inside = 0.0
    for line in lettering.lines(gray, (5, 0.06 * max(gray.shape)), _CONTRASTS):
        box = (slice(line.top, line.bottom), slice(line.left, line.right))
        if line.evidence >= 4 and free[box].mean() > 0.5:
            free[box] = False
            everywhere += line.evidence
            if first <= (line.top + line.bottom) // 2 < last:
                inside += line.evidence
    return everywhere >= _ENOUGH or inside >= _ENOUGH_INSIDE
