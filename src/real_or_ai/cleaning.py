"""What does not belong to a picture: grids of several pictures, credentials, screenshots.

Every function takes one RGB image and looks at nothing else, so both classes are treated alike.
Boxes are (x0, y0, x1, y1) in pixels, x1 and y1 exclusive.
"""

from colorsys import rgb_to_hsv
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

SMALLEST = 16  # px; in less, nothing can be told

Box = tuple[int, int, int, int]
Floats = NDArray[np.float32]

# DALL-E 2 signs with a row of five squares, each 1/64 of the height, in the bottom right corner:
# yellow, cyan, green, orange, blue. Hues in degrees, for prints and scales change the shades.
_SQUARE_HUES = np.array([(45, 72), (165, 205), (95, 160), (5, 35), (215, 260)])


@dataclass(frozen=True)
class Mark:
    """A credential: its kind and the box of the picture that is left when its edge is cut off."""

    kind: str
    keep: Box


def find_grid(image: Image.Image) -> list[Box]:
    """The four tiles, row by row, of a picture made of 2x2 pictures; empty if it is none.

    A seam between two unrelated pictures is a step over most of its length, at one place; a step
    in a photograph is short, or shared with the rows beside it. Of 276 labelled
    pictures, seams of 2x2 grids cover 0.51 of the width and more, photographs 0.37 and less.
    """
    if min(image.size) < 2 * SMALLEST:
        return []
    pixels = np.asarray(image, dtype=np.float32)
    rows, columns = _middle_seam(pixels), _middle_seam(pixels.transpose(1, 0, 2))
    if rows is None or columns is None:
        return []
    return [
        (x0, y0, x1, y1)
        for y0, y1 in ((0, rows[0]), (rows[1], image.height))
        for x0, x1 in ((0, columns[0]), (columns[1], image.width))
    ]


def find_credential(image: Image.Image) -> Mark | None:
    """The first credential found at an edge: colour squares, a solid strip, text in a corner."""
    if min(image.size) < SMALLEST:
        return None
    pixels = np.asarray(image, dtype=np.float32)
    for find in (_colour_squares, _solid_strip, _corner_text):
        mark = find(pixels)
        if mark is not None:
            return mark
    return None


def screenshot_reason(image: Image.Image) -> str | None:
    """Why this is a page rather than a picture: `blank`, `page of text`; None if it is a picture.

    A page has one flat background colour that runs between lines of content at an even pitch; an
    object photographed on white has the background around it.
    """
    gray = image.convert("L")
    background = int(np.argmax(gray.histogram()))
    distance = np.abs(np.asarray(gray, dtype=np.int16) - background)
    flat = distance <= 6
    if flat.mean() > 0.98:
        return "blank"
    if flat.mean() < 0.5:
        return None
    ink = distance > 64  # more than JPEG's ringing around letters
    lines = max(
        _lines_of_text(part.mean(axis=1) > 0.005) for part in (ink, *np.array_split(ink, 3, axis=1))
    )
    return "page of text" if lines >= 8 else None


def _middle_seam(pixels: Floats) -> tuple[int, int] | None:
    """Rows [start, end) of the seam or gutter nearest the middle; start == end without a gutter."""
    height = len(pixels)
    step = np.abs(np.diff(pixels, axis=0)).max(axis=2)  # step[y] lies between rows y and y + 1
    padded = np.pad(step, ((2, 2), (0, 0)), mode="edge")
    # Steps two rows away, and those on both sides at once, are the picture's own texture.
    beside = np.maximum(np.maximum(padded[:-4], padded[4:]), np.minimum(padded[1:-3], padded[3:-1]))
    cover = (step - beside > 6).mean(axis=1)
    low, high = int(height * 0.47), int(height * 0.53)
    strong = cover > 0.42
    seams = low + 1 + np.flatnonzero(strong[low:high])
    # Seams elsewhere too: other grids, or a picture scaled up block by block.
    if not len(seams) or strong[4:low].any() or strong[high:-4].any():
        return None
    first, last = int(seams[0]), int(seams[-1])
    between = pixels[first:last].reshape(-1, 3)
    if last > first and between.std(axis=0).max() > 12:  # two seams, but a picture between them
        middle = seams[np.abs(seams - height / 2).argmin()]
        return int(middle), int(middle)
    return first, last


def _colour_squares(pixels: Floats) -> Mark | None:
    height, width = pixels.shape[:2]
    largest = min(height / 30 + 2, width / 5, height / 2)
    fitting = [
        side
        for side in np.arange(max(4, height / 100), largest, 0.25)  # a scaled one is not whole
        if _are_the_squares(pixels, side)
    ]
    if not fitting:
        return None
    return Mark("colour squares", (0, 0, width, height - round(float(np.mean(fitting)))))


def _are_the_squares(pixels: Floats, side: float) -> bool:
    """Whether the middles of five squares of this side, bottom right, have their hues."""
    height, width = pixels.shape[:2]
    reach = side / 5
    middle = height - side / 2
    for place, (low, high) in enumerate(_SQUARE_HUES):
        centre = width - (4.5 - place) * side
        window = pixels[
            int(middle - reach) : int(middle + reach) + 1,
            int(centre - reach) : int(centre + reach) + 1,
        ]
        red, green, blue = window.mean(axis=(0, 1)) / 255
        hue, saturation, value = rgb_to_hsv(red, green, blue)
        if not low <= hue * 360 <= high or min(saturation, value) < 0.45:
            return False
        if window.std(axis=(0, 1)).max() > 30:
            return False
    return True


def _solid_strip(pixels: Floats) -> Mark | None:
    """A strip of one colour, with or without text on it, added along the bottom."""
    height, width = pixels.shape[:2]
    colour = np.median(pixels[-2:], axis=(0, 1))
    plain = (np.abs(pixels - colour).max(axis=2) <= 10).mean(axis=1)
    rows = plain[::-1] > 0.5  # text leaves at least half of a row in the strip's colour
    strip = int(np.argmin(rows)) if not rows.all() else height
    if not 6 <= strip <= height * 0.2:
        return None
    top = height - strip
    edge = np.abs(pixels[top + 1] - pixels[top - 2]).max(axis=1) > 10  # JPEG blurs one row
    texted = plain[top + 1 :].min() < 0.9
    # An even floor or sky also ends somewhere; an added strip ends in one straight line.
    if edge.mean() > 0.9 and plain[top + 1 : top + 3].mean() > 0.9 and texted:
        return Mark("strip", (0, 0, width, top - 2))
    return None


def _corner_text(pixels: Floats) -> Mark | None:
    """A line of letters in the bottom right, much lighter or darker than an even background."""
    height, width = pixels.shape[:2]
    top, left = int(height * 0.88), int(width * 0.5)
    corner = pixels[top:, left:].mean(axis=2)
    if min(corner.shape) < 8:
        return None
    around = ndimage.uniform_filter(corner, size=max(9, height // 20), mode="nearest")
    for contrast in (corner - around, around - corner):
        line = _line_of_letters(corner, contrast > 40, height)
        if line is not None:
            return Mark("corner text", (0, 0, width, top + max(line - 2, 0)))
    return None


def _line_of_letters(gray: Floats, mask: NDArray[np.bool_], height: int) -> int | None:
    """The top of the lowest line of six letters or more in a mask, on an even background."""
    labels, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    letters = [
        (columns.start, columns.stop, rows.start, rows.stop)
        for rows, columns in ndimage.find_objects(labels)
        if 5 <= rows.stop - rows.start <= height * 0.05
        and columns.stop - columns.start <= 2 * (rows.stop - rows.start)
    ]
    for bottom in sorted({letter[3] for letter in letters}, reverse=True):
        line = sorted(letter for letter in letters if abs(letter[3] - bottom) <= 1)
        if len(line) < 6:
            continue
        top = min(start for _, _, start, _ in line)
        gaps = [right[0] - left[1] for left, right in pairwise(line)]
        box = (slice(top, bottom), slice(line[0][0], line[-1][1]))
        ground = gray[box][~ndimage.binary_dilation(mask[box], iterations=2)]
        tall = np.median([stop - start for _, _, start, stop in line])
        if (
            max(gaps) <= 1.5 * tall
            and bottom - top <= 1.6 * tall
            and ground.size
            and ground.std() < 16
        ):
            return int(top)
    return None


def _lines_of_text(content: NDArray[np.bool_]) -> int:
    """The longest series of low runs of rows with content that follow each other evenly."""
    changes = np.diff(np.concatenate([[False], content, [False]]).astype(np.int8))
    starts, ends = np.flatnonzero(changes == 1), np.flatnonzero(changes == -1)
    starts = starts[ends - starts <= len(content) / 20]
    longest = series = 1
    for before, pitch in pairwise(np.diff(starts)):
        series = series + 1 if abs(pitch - before) <= max(2, 0.1 * before) else 1
        longest = max(longest, series)
    return longest + 1
