"""Credentials: marks that say where a picture comes from, and the edge to cut so that they go.

Found are DALL-E's five colour squares, strips with lettering along the top or bottom, and lines of
lettering near an edge. Out of reach are marks tiled faintly over the whole picture, drawn
signatures and lone logos without letters.
"""

from collections.abc import Iterator
from colorsys import rgb_to_hsv
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from real_or_ai.cleaning import lettering, seams
from real_or_ai.cleaning.grids import Box

SMALLEST = 16  # px; in less, nothing can be told

# DALL-E 2 signs with a row of five squares, each 1/64 of the height, in the bottom right corner:
# yellow, cyan, green, orange, blue. Hues in degrees, for prints and scales change the shades.
_SQUARE_HUES = np.array([(45, 72), (165, 205), (95, 160), (5, 35), (215, 260)])

_LARGEST = 1400  # px; letters and logos are looked for at this size at the most
_DEPTHS = {"bottom": 0.15, "top": 0.08, "left": 0.08, "right": 0.08}  # of the picture
# Letters' worth of evidence; signs and patterns of the scene itself fill the other sides more.
_ENOUGH = {"bottom": 4.5, "top": 6.5, "left": 6.5, "right": 6.5}
_CONTRASTS = (32, 72)  # levels: faint on even ground, bold on texture
_MOST_LOGOS = 6  # marks in a corner: a logo stands alone, but for some specks
_STRIP = 0.15  # of the height, at the most


@dataclass(frozen=True)
class Mark:
    """A credential: its kind and the box of the picture that is left when its edge is cut off."""

    kind: str
    keep: Box


def find(image: Image.Image) -> Mark | None:
    """The first credential found at an edge of an RGB image: squares, strip, lettering, logo."""
    if min(image.size) < SMALLEST:
        return None
    mark = _colour_squares(image) or _strip(image)
    if mark is None:
        factor = -(-max(image.size) // _LARGEST)
        gray = image.convert("L")
        pixels = np.asarray(gray.reduce(factor) if factor > 1 else gray)
        mark = _lettering(image, pixels, factor) or _logo(image, pixels, factor)
    return mark


def _strip(image: Image.Image) -> Mark | None:
    """A strip with lettering that was laid over or added to the bottom or the top."""
    if min(image.size) < 4 * SMALLEST:
        return None
    for bottom in (True, False):
        depth = max(int(image.height * _STRIP), 2 * SMALLEST)
        y0, y1 = (image.height - depth, image.height) if bottom else (0, depth)
        part = image.crop((0, y0, image.width, y1))
        pixels, factor = seams.reduced(part)
        shares = seams.evidence(pixels).mean(axis=1)
        for place in np.flatnonzero(shares >= 0.9) + 1:
            edge = seams.refined(part, int(place), factor, (0, part.width))
            inside = (0, edge, part.width, depth) if bottom else (0, 0, part.width, edge)
            if inside[3] - inside[1] >= 6 and _has_lettering(part.crop(inside)):
                # One row more: JPEG and scaling smear the edge.
                keep = (0, y0 + edge - 1) if bottom else (edge + 1, image.height)
                return Mark("strip", (0, keep[0], image.width, keep[1]))
    return None


def _has_lettering(strip: Image.Image) -> bool:
    """Whether a strip holds a few letters; its edge has said the rest."""
    gray = strip.convert("L")
    if gray.height < 40:  # small letters run into each other
        gray = gray.resize((2 * gray.width, 2 * gray.height), Image.Resampling.BICUBIC)
    heights = (5, max(0.8 * gray.height, 6))
    best = lettering.lines(np.asarray(gray), heights, _CONTRASTS)[:1]
    return bool(best) and best[0].evidence >= 2.5


def _lettering(image: Image.Image, gray: NDArray[np.uint8], factor: int) -> Mark | None:
    """A line of letters near an edge. gray: `image` reduced by `factor`."""
    long_side = max(gray.shape)
    heights = max(5.0, 0.006 * long_side), max(12.0, 0.045 * long_side)
    for side, band in _bands(gray):
        for line in lettering.lines(band, heights, _CONTRASTS):
            if line.evidence < _ENOUGH[side]:
                break
            if line.top <= 1:  # the band cuts through it: not at the edge
                continue
            # A sign in the scene may stand anywhere; above and beside, a mark hugs the edge.
            if side != "bottom" and len(band) - line.bottom > 2.5 * line.height:
                continue
            margin = len(band) - (line.top - _plate(band, line))
            return Mark("lettering", _less(image, side, min(margin * factor, _length(image, side))))
    return None


def _logo(image: Image.Image, gray: NDArray[np.uint8], factor: int) -> Mark | None:
    """A solid mark in a corner, about as far from one edge as from the other, and nothing else.

    gray: `image` reduced by `factor`.
    """
    long_side = max(gray.shape)
    height, width = int(0.17 * gray.shape[0]), int(0.36 * gray.shape[1])
    for vertical, rows in (("bottom", gray), ("top", gray[::-1])):
        for horizontal, turned in (("right", rows), ("left", rows[:, ::-1])):
            corner = np.ascontiguousarray(turned[-height:, -width:])
            mark = _lone_mark(corner, long_side)
            if mark is None:
                continue
            top, left = mark
            up, along = (height - top + 2) * factor, (width - left + 2) * factor
            if up / image.height <= along / image.width:
                return Mark("logo", _less(image, vertical, up))
            return Mark("logo", _less(image, horizontal, along))
    return None


def _lone_mark(corner: NDArray[np.uint8], long_side: int) -> tuple[int, int] | None:
    """The top and left of the solid mark in a bottom right corner [H, W]; None if not lone."""
    if min(corner.shape) < SMALLEST:
        return None
    inked = np.maximum(lettering.strokes(corner), lettering.strokes(255 - corner)) > 40
    if not inked.any() or inked.mean() > 0.1:
        return None
    apart = max(2, int(0.012 * long_side))
    near = np.ones((2 * apart + 1, 2 * apart + 1), np.uint8)
    count, labels = cv2.connectedComponents(cv2.dilate(inked.view(np.uint8), near))
    if count > _MOST_LOGOS:
        return None
    total = int(inked.sum())
    for label in range(1, count):
        rows, columns = np.nonzero(inked & (labels == label))
        top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
        size = np.array([bottom - top, right - left])
        margins = np.array([len(corner) - bottom, corner.shape[1] - right]) / long_side
        if (
            total - len(rows) <= 0.003 * inked.size
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


def _bands(gray: NDArray[np.uint8]) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Each side's band [depth, length] of a gray image, turned so that its edge is the last row."""
    turned = {"bottom": gray, "top": gray[::-1], "left": gray.T[::-1], "right": gray.T}
    for side, image in turned.items():
        depth = max(int(len(image) * _DEPTHS[side]), 24)
        yield side, np.ascontiguousarray(image[-depth:])


def _plate(band: NDArray[np.uint8], line: lettering.Line) -> int:
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


def _less(image: Image.Image, side: str, margin: int) -> Box:
    """The box of an image without `margin` pixels at one side."""
    x0 = margin if side == "left" else 0
    y0 = margin if side == "top" else 0
    x1 = image.width - (margin if side == "right" else 0)
    y1 = image.height - (margin if side == "bottom" else 0)
    return x0, y0, x1, y1


def _length(image: Image.Image, side: str) -> int:
    return image.height if side in ("top", "bottom") else image.width


def _colour_squares(image: Image.Image) -> Mark | None:
    width, height = image.size
    largest = min(height / 30 + 2, width / 5, height / 2)
    sides = np.arange(max(4, height / 100), largest, 0.25)  # a scaled one is not whole
    if not len(sides):
        return None
    reach_x, reach_y = min(width, int(5 * largest) + 2), min(height, int(largest) + 2)
    corner = np.asarray(image.crop((width - reach_x, height - reach_y, width, height)))
    fitting = [side for side in sides if _are_the_squares(corner, float(side))]
    if not fitting:
        return None
    cut = height - round(float(np.mean(fitting)))
    return Mark("colour squares", (0, 0, width, cut))


def _are_the_squares(pixels: NDArray[np.uint8], side: float) -> bool:
    """Whether the middles of five squares of this side, bottom right, have their hues."""
    height, width = pixels.shape[:2]
    reach = side / 5
    middle = height - side / 2
    red, green, blue = pixels[int(middle), int(width - side / 2)].tolist()
    if blue < 100 or blue < max(red, green):  # nearly every picture ends here
        return False
    for place, (low, high) in enumerate(_SQUARE_HUES):
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
