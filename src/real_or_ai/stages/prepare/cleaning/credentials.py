"""Credentials: marks that say where a picture comes from, and the edge to cut so that they go.

Found are DALL-E's five colour squares, strips with lettering along the top or bottom, and lines of
lettering near an edge. Out of reach are marks tiled faintly over the whole picture, drawn
signatures and lone logos without letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from real_or_ai.conventions.arrays import Box, Pixels
from real_or_ai.pictures import colour_squares
from real_or_ai.stages.prepare.cleaning import lettering, seams
from real_or_ai.stages.prepare.cleaning.look import SMALL, Look
from real_or_ai.stages.prepare.cleaning.pixels import reduced

SMALLEST = 16  # px; in less, nothing can be told

_LARGEST = 1400  # px; letters and logos are looked for at this size at the most
_DEPTHS = {"bottom": 0.15, "top": 0.08, "left": 0.08, "right": 0.08}  # of the picture
# Letters' worth of evidence; signs and patterns of the scene itself fill the other sides more.
_ENOUGH = {"bottom": 4.5, "top": 6.5, "left": 6.5, "right": 6.5}
_CONTRASTS = (32, 72)  # levels: faint on even ground, bold on texture
_CORNER = (0.17, 0.36)  # of the height and of the width; deeper than any band above
_MOST_LOGOS = 6  # marks in a corner: a logo stands alone, but for some specks
_MOST_BESIDE = 0.003  # of a corner's pixels, that are specks
_STRIP = 0.15  # of the height, at the most
_STRAIGHT = 0.9  # of the width, that a strip's edge steps over


@dataclass(frozen=True)
class Mark:
    """A credential: its kind and the box of the picture that is left when its edge is cut off."""

    kind: str
    keep: Box


def find(look: Look) -> Mark | None:
    """The first credential found at an edge of a picture: squares, strip, lettering, logo."""
    if min(look.width, look.height) < SMALLEST:
        return None
    mark = _colour_squares(look) or _strip(look)
    if mark is None:
        gray = reduced(look.gray, look.factor(_LARGEST))
        raised = _strokes_at_edges(gray)
        mark = _lettering(look, gray, raised) or _logo(look, raised)
    return mark


def _strokes_at_edges(gray: Pixels) -> tuple[Pixels, Pixels]:
    """The strokes of an image where marks are looked for; none in its middle."""
    raised = np.zeros_like(gray), np.zeros_like(gray)
    height, width = gray.shape
    rows, columns = _depth(height, _CORNER[0]), _depth(width, _DEPTHS["left"])
    bands = [(0, rows, 0, width), (height - rows, height, 0, width)]
    bands += [(rows, height - rows, 0, columns), (rows, height - rows, width - columns, width)]
    for top, bottom, left, right in bands:
        if bottom > top:
            y0, x0 = max(top - lettering.REACH, 0), max(left - lettering.REACH, 0)
            around = gray[y0 : bottom + lettering.REACH, x0 : right + lettering.REACH]
            inside = slice(top - y0, bottom - y0), slice(left - x0, right - x0)
            for whole, part in zip(raised, lettering.strokes(around), strict=True):
                whole[top:bottom, left:right] = part[inside]
    return raised


def _depth(length: int, share: float) -> int:
    """How many lines at an edge are looked at."""
    return min(max(int(length * share), 24), length)


def _strip(look: Look) -> Mark | None:
    """A strip with lettering that was laid over or added to the bottom or the top."""
    if min(look.small.shape[:2]) < 4 * SMALLEST:
        return None
    depth = max(int(look.height * _STRIP), 2 * SMALLEST)
    factor = look.factor(SMALL)
    shares = seams.shares(look.row_seams)
    places = np.flatnonzero(shares >= _STRAIGHT) + 1
    for bottom in (True, False):
        near = places * factor > look.height - depth if bottom else places * factor < depth
        for place in places[near]:
            edge = seams.refined(look.rgb, int(place), factor, (0, look.width))
            inside = (0, edge, look.width, look.height) if bottom else (0, 0, look.width, edge)
            if inside[3] - inside[1] >= 6 and _has_lettering(look.crop(inside).gray):
                # One row more: JPEG and scaling smear the edge.
                keep = (0, edge - 1) if bottom else (edge + 1, look.height)
                return Mark("strip", (0, keep[0], look.width, keep[1]))
    return None


def _has_lettering(strip: Pixels) -> bool:
    """Whether a strip, in gray, holds a few letters; its edge has said the rest."""
    if len(strip) < 40:  # small letters run into each other
        strip = np.asarray(cv2.resize(strip, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    heights = (5, max(0.8 * len(strip), 6))
    raised = lettering.strokes(strip)
    return bool(lettering.lines(strip, raised, heights, _CONTRASTS, least=2.5))


def _lettering(look: Look, gray: Pixels, raised: Sequence[Pixels]) -> Mark | None:
    """A line of letters near an edge. gray: of `look`, reduced. raised: its strokes."""
    long_side = max(gray.shape)
    heights = max(5.0, 0.006 * long_side), max(12.0, 0.045 * long_side)
    for side, enough in _ENOUGH.items():
        band, *tones = (_band(pixels, side) for pixels in (gray, *raised))
        for line in lettering.lines(band, tones, heights, _CONTRASTS, enough):
            if line.top <= 1:  # the band cuts through it: not at the edge
                continue
            # A sign in the scene may stand anywhere; above and beside, a mark hugs the edge.
            if side != "bottom" and len(band) - line.bottom > 2.5 * line.height:
                continue
            return Mark("lettering", _less(look, side, len(band) - line.top + _plate(band, line)))
    return None


def _logo(look: Look, raised: Sequence[Pixels]) -> Mark | None:
    """A solid mark in a corner, about as far from one edge as from the other, and nothing else.

    raised: the strokes of `look`, reduced.
    """
    shape = raised[0].shape
    height, width = (int(share * side) for share, side in zip(_CORNER, shape, strict=True))
    for vertical, down in (("bottom", 1), ("top", -1)):
        for horizontal, along in (("right", 1), ("left", -1)):
            corners = (tone[::down, ::along][-height:, -width:] for tone in raised)
            mark = _lone_mark(np.maximum(*corners) > 40, max(shape))
            if mark is None:
                continue
            top, left = mark
            rows, columns = height - top + 2, width - left + 2
            if rows / shape[0] <= columns / shape[1]:
                return Mark("logo", _less(look, vertical, rows))
            return Mark("logo", _less(look, horizontal, columns))
    return None


def _lone_mark(inked: NDArray[np.bool_], long_side: int) -> tuple[int, int] | None:
    """The top and left of the solid mark in a bottom right corner [H, W]; None if not lone."""
    if min(inked.shape) < SMALLEST:
        return None
    total = np.count_nonzero(inked)
    if not 0 < total <= 0.1 * inked.size:
        return None
    # Where no mark may stand, there must not be much either; quick.
    reach = -int(0.16 * long_side), -int(0.24 * long_side)
    if total - np.count_nonzero(inked[reach[0] :, reach[1] :]) > _MOST_BESIDE * inked.size:
        return None
    apart = max(2, int(0.012 * long_side))
    near = np.ones((2 * apart + 1, 2 * apart + 1), np.uint8)
    count, labels = cv2.connectedComponents(cv2.dilate(inked.view(np.uint8), near))
    if count > _MOST_LOGOS:
        return None
    for label in range(1, count):
        rows, columns = np.nonzero(inked & (labels == label))
        top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
        size = np.array([bottom - top, right - left])
        margins = np.array([len(inked) - bottom, inked.shape[1] - right]) / long_side
        if (
            total - len(rows) <= _MOST_BESIDE * inked.size
            and len(rows) >= 0.5 * size.prod()
            and size[0] >= 10
            and min(top, left) > apart + 2
            and size.min() >= 0.012 * long_side
            and size[0] <= 0.07 * long_side
            and size[1] <= 0.15 * long_side
            and margins.min() >= 0.008
            and margins.max() <= 0.08
            and abs(margins[0] - margins[1]) < 0.02
        ):
            return int(top), int(left)
    return None


def _band(pixels: Pixels, side: str) -> Pixels:
    """A side's band [depth, length] of an image, turned so that its edge is the last row."""
    turned = {"bottom": pixels, "top": pixels[::-1], "left": pixels.T[::-1], "right": pixels.T}
    band = turned[side][-_depth(len(turned[side]), _DEPTHS[side]) :]
    # OpenCV turns pixels several times faster than NumPy copies them.
    return np.ascontiguousarray(band if side in ("bottom", "top") else cv2.transpose(band.T))


def _plate(band: Pixels, line: lettering.Line) -> int:
    """Rows above a line of letters that go with it: the plate it stands on, or half a letter."""
    reach = int(1.5 * line.height) + 2
    top = max(line.top - reach, 0)
    above = band[top : line.top, line.left : line.right].astype(np.int16)
    margin = round(line.height / 2)
    if len(above) > 2:
        step = np.abs(np.diff(above, axis=0))
        straight = (step > 10).mean(axis=1)
        if straight.max() > 0.8:
            margin = max(margin, len(above) - int(straight.argmax()))
    return min(margin, line.top)


def _less(look: Look, side: str, margin: int) -> Box:
    """The box of a picture without `margin` pixels of the reduced one at one side."""
    factor = look.factor(_LARGEST)
    length = look.height if side in ("top", "bottom") else look.width
    margin = min(margin * factor + length % factor, length)
    x0 = margin if side == "left" else 0
    y0 = margin if side == "top" else 0
    x1 = look.width - (margin if side == "right" else 0)
    y1 = look.height - (margin if side == "bottom" else 0)
    return x0, y0, x1, y1


def _colour_squares(look: Look) -> Mark | None:
    side = colour_squares.side(look.rgb, look.height)
    if side is None:
        return None
    return Mark("colour squares", (0, 0, look.width, look.height - round(side)))
