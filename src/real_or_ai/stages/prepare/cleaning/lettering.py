"""Lettering: lines of letters along the edges of a picture, as watermarks and captions have them.

Letters are thin marks of one tone, set on a common line, near each other, unlike each other, with
nothing else of their kind around them. What the thresholds were set by is said in
benchmarks/README.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

FEWEST = 4  # letters of a line
_STROKE = 7  # px; what is wider is no stroke
REACH = _STROKE - 1  # px that a stroke's surroundings go
_NEAREST = 16  # marks to the right that may be the next letter
_WIDEST_GAP = 1.6  # between two letters, in heights of the taller one
_LEAST_ALIKE = 0.45  # height of the smaller one, likewise
_MOST_INK = 0.15  # of the area; more is texture

Gray = NDArray[np.uint8]
Mask = NDArray[np.uint8]  # 0 or 1


@dataclass(frozen=True)
class Line:
    """A line of letters: its rows [top, bottom) and columns [left, right), and the evidence."""

    left: int
    top: int
    right: int
    bottom: int
    height: float  # px of a typical letter
    evidence: float  # in letters


def strokes(gray: Gray) -> tuple[Gray, Gray]:
    """How far what is narrower than a stroke rises above its surroundings, and falls below them.

    White and black top-hats.
    """
    square = np.ones((_STROKE, _STROKE), np.uint8)
    light, dark = (
        cv2.morphologyEx(gray, kind, square) for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT)
    )
    return np.asarray(light, np.uint8), np.asarray(dark, np.uint8)


def lines(
    gray: Gray,
    raised: Sequence[Gray],
    heights: tuple[float, float],
    contrasts: Sequence[int],
    least: float,
) -> list[Line]:
    """The lines of letters in an image [H, W], best first, of letters that run along W.

    raised: its strokes. heights: the smallest and the largest of a letter in px. contrasts: the
    levels by which letters stand out from their ground; each is looked for on its own. least: the
    evidence that a line must have.
    """
    found: list[Line] = []
    for tone in raised:
        for contrast in contrasts:
            mask = np.asarray(cv2.threshold(tone, contrast, 1, cv2.THRESH_BINARY)[1], np.uint8)
            if _may_hold_letters(mask, heights[0], _fewest(least)):
                found += _lines_of(gray, mask, heights, least)
    return sorted(found, key=lambda line: -line.evidence)


def _fewest(least: float) -> int:
    """Letters of a line with `least` evidence: none counts for more than one."""
    return max(FEWEST, ceil(least))


def _may_hold_letters(mask: Mask, smallest: float, fewest: int) -> bool:
    """Whether rows enough, one below the other, cross strokes enough, and no texture; quick."""
    if cv2.countNonZero(mask) > _MOST_INK * mask.size:
        return False
    starts = cv2.subtract(mask[:, 1:], mask[:, :-1])
    crossings = cv2.reduce(starts, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32F)
    enough = (np.asarray(crossings) >= fewest - 1).view(np.uint8)
    return cv2.countNonZero(cv2.erode(enough, np.ones((ceil(smallest / 2), 1), np.uint8))) > 0


def _lines_of(gray: Gray, mask: Mask, heights: tuple[float, float], least: float) -> Iterator[Line]:
    # Short labels are faster; there are not more of them than pixels in the marks.
    kind = cv2.CV_16U if cv2.countNonZero(mask) < 2**16 else cv2.CV_32S
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=kind)
    wide, tall, inked = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT], stats[:, -1]
    letters = (tall >= heights[0]) & (tall <= heights[1]) & (wide <= 2.2 * tall)
    letters &= inked >= 0.12 * tall * wide
    chosen = np.flatnonzero(letters)
    if len(chosen) < _fewest(least):
        return
    chosen = chosen[np.argsort(stats[chosen, cv2.CC_STAT_LEFT], kind="stable")]
    boxes = np.asarray(stats[chosen, :4], np.int32)
    boxes[:, 2:] += boxes[:, :2]
    for chain in _chains(boxes, _fewest(least)):
        line = _line(boxes[chain], mask)
        if line.evidence < least:
            continue
        tones = [
            gray[top:bottom, left:right][labels[top:bottom, left:right] == label].mean()
            for label, (left, top, right, bottom) in zip(chosen[chain], boxes[chain], strict=True)
        ]
        evidence = line.evidence * _ramp(float(np.std(tones)), 50, 15)
        if evidence >= least:
            yield replace(line, evidence=evidence)


def _chains(boxes: NDArray[np.int32], fewest: int) -> Iterator[list[int]]:
    """Series of `fewest` boxes or more, ordered by their left, that follow on one line."""
    following = _following(boxes)
    seen: set[int] = set()
    for first in range(len(boxes)):
        chain: list[int] = []
        place = first if first not in seen else -1
        while place >= 0:
            chain.append(place)
            place = following[place]
        seen.update(chain)
        if len(chain) >= fewest:
            yield chain


def _following(boxes: NDArray[np.int32]) -> list[int]:
    """Of each box [left, top, right, bottom] the nearest to the right that may be the next letter.

    -1 where there is none. All at once, as most boxes are no letters and there are many.
    """
    far = np.full((_NEAREST, 4), np.iinfo(np.int32).max // 4, np.int32)
    others = sliding_window_view(np.concatenate([boxes[1:], far]), _NEAREST, axis=0)
    x0, y0, _, y1 = others[: len(boxes)].swapaxes(0, 1)
    _, top, right, bottom = boxes.T[:, :, None]
    tall, other = bottom - top, y1 - y0
    taller, lower = np.maximum(tall, other), np.minimum(tall, other)
    aside = np.minimum(np.abs(y1 - bottom), np.abs(y0 - top))
    fits = (
        (x0 >= right - 1)
        & (x0 - right <= _WIDEST_GAP * taller)
        & (lower >= _LEAST_ALIKE * taller)
        & (aside <= np.maximum(1, 0.15 * taller))
    )
    following = np.arange(1, len(boxes) + 1) + fits.argmax(axis=1)
    return [int(place) for place in np.where(fits.any(axis=1), following, -1)]


def _line(boxes: NDArray[np.int32], mask: Mask) -> Line:
    """A chain of letters as a line, its evidence lessened by each thing that letters do not do."""
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = boxes[:, 2:].max(axis=0)
    tall, wide = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
    height = float(np.median(tall))
    slack = max(1, 0.1 * height)
    aligned = np.abs(boxes[:, [1, 3]] - np.median(boxes[:, [1, 3]], axis=0)) <= slack
    margin = max(2, int(height / 2))
    inside = mask[top:bottom, left:right]
    around = [
        mask[max(top - margin, 0) : top, left:right],
        mask[bottom : bottom + margin, left:right],
    ]
    crowded = np.mean([part.mean() for part in around if part.size] or [0]) / inside.mean()
    gaps = boxes[1:, 0] - boxes[:-1, 2]
    pitch = np.diff((boxes[:, 0] + boxes[:, 2]) / 2)
    # Teeth, bars and fences are single strokes; letters cross a column more than once.
    runs = (np.diff(inside.astype(np.int8), axis=0, prepend=0) == 1).sum(axis=0)
    evidence = (
        len(boxes)
        * _ramp(aligned.any(axis=1).mean(), 0.5, 1)
        * _ramp(crowded, 0.5, 0)
        * _ramp(wide.std() / wide.mean(), 0, 0.25)
        * _ramp(pitch.std() / pitch.mean(), 0, 0.2)
        * _ramp(float(np.median(gaps)) / height, 0.8, 0.4)
        * _ramp(runs[runs > 0].mean(), 1.05, 1.2)
    )
    return Line(int(left), int(top), int(right), int(bottom), height, float(evidence))


def _ramp(value: float, nothing: float, everything: float) -> float:
    """0 at `nothing`, 1 at `everything`, in a straight line between them."""
    return min(max((value - nothing) / (everything - nothing), 0), 1)
