"""Pages rather than pictures: blank ones, flat drawings and what is mostly lettering."""

import cv2
import numpy as np

from real_or_ai.conventions.arrays import Pixels
from real_or_ai.stages.prepare.cleaning import lettering
from real_or_ai.stages.prepare.cleaning.look import Look
from real_or_ai.stages.prepare.cleaning.pixels import reduced

_LARGEST = 1000  # px; lettering is read at this size at the most
_EVERY = 3  # row is enough to tell a blank picture
_ENOUGH = 60.0  # letters' worth of evidence in the whole picture
_ENOUGH_INSIDE = 15.0  # in its middle, where no credential stands
_MIDDLE = (0.08, 0.85)  # of the height
_CONTRASTS = (72,)  # levels; pages are made to be read


def reason(look: Look) -> str | None:
    """Why this is no picture: `blank`, `flat drawing`, `page of lettering`; None if it is one.

    Screens draw exact colours: there, most pixels equal their neighbours.
    """
    if is_blank(look):
        return "blank"
    gray = reduced(look.gray, look.factor(_LARGEST))
    equal = _equal_neighbours(gray)
    if equal > 0.8:
        return "flat drawing"
    if equal > 0.12 and _is_page(gray):
        return "page of lettering"
    return None


def is_blank(look: Look) -> bool:
    """Whether nearly all of a picture, reduced, has one shade of gray."""
    some = reduced(look.gray, look.factor(_LARGEST))[::_EVERY]
    counts = cv2.calcHist([some], [0], None, [256], [0, 256])
    shade = int(counts.argmax())
    return bool(counts[max(shade - 6, 0) : shade + 7].sum() > 0.98 * some.size)


def _equal_neighbours(gray: Pixels) -> float:
    """The share of pixels that equal the pixel below and the one to the right."""
    inner = gray[:-1, :-1]
    if not inner.size:
        return 1.0
    equal = (inner == gray[1:, :-1]) & (inner == gray[:-1, 1:])
    return np.count_nonzero(equal) / inner.size


def _is_page(gray: Pixels) -> bool:
    """Whether the lines of letters, each place counted once, are more than a sign or shirt has."""
    first, last = (int(share * len(gray)) for share in _MIDDLE)
    free = np.ones(gray.shape, dtype=np.bool_)
    everywhere = inside = 0.0
    heights = (5, 0.06 * max(gray.shape))
    for line in lettering.lines(gray, lettering.strokes(gray), heights, _CONTRASTS, least=4):
        box = (slice(line.top, line.bottom), slice(line.left, line.right))
        if free[box].mean() > 0.5:
            free[box] = False
            everywhere += line.evidence
            if first <= (line.top + line.bottom) // 2 < last:
                inside += line.evidence
    return everywhere >= _ENOUGH or inside >= _ENOUGH_INSIDE
