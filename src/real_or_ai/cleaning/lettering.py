"""Lettering: lines of letters along the edges of a picture, as watermarks and captions have them.

Letters are thin marks of one tone, set on a common line, near each other, unlike each other, with
nothing else of their kind around them. What the thresholds were set by is said in
benchmarks/README.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

FEWEST = 4  # letters of a line
_STROKE = 7  # px; what is wider is no stroke
_NEAREST = 16  # marks to the right that may be the next letter
_MOST_INK = 0.15  # of the area; more is texture

Gray = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Line:
    """A line of letters: its rows [top, bottom) and columns [left, right), and the evidence."""

    left: int
    top: int
    right: int
    bottom: int
    height: float  # px of a typical letter
    evidence: float  # in letters


def lines(gray: Gray, heights: tuple[float, float], contrasts: Sequence[int]) -> list[Line]:
    """The lines of letters in an image [H, W], uint8, best first, of letters that run along W.

    heights: the smallest and the largest of a letter in px. contrasts: the levels by which
    letters stand out from their ground; each is looked for on its own.
    """
    if min(gray.shape) <= _STROKE:
        return []
    found: list[Line] = []
    for tone in (gray, 255 - gray):
        raised = strokes(tone)
        for contrast in contrasts:
            mask = raised > contrast
            if _may_hold_letters(mask, heights[0]):
                found += _lines_of(gray, mask, heights)
    return sorted(found, key=lambda line: -line.evidence)


def _may_hold_letters(mask: Mask, smallest: float) -> bool:
    """Whether enough rows cross enough strokes, and the whole is no texture; quick."""
    if np.count_nonzero(mask) > _MOST_INK * mask.size:
        return False
    starts = (mask[:, 1:] > mask[:, :-1]).view(np.uint8)
    crossings = cv2.reduce(starts, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    return int(np.count_nonzero(crossings >= FEWEST - 1)) >= smallest / 2


def strokes(gray: Gray) -> Gray:
    """How far what is narrower than a stroke rises above its surroundings: a white top-hat."""
    return np.asarray(
        cv2.morphologyEx(gray, cv2.MORPH_TOPHAT, np.ones((_STROKE, _STROKE), np.uint8)),
        dtype=np.uint8,
    )


def _lines_of(gray: Gray, mask: Mask, heights: tuple[float, float]) -> Iterator[Line]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    if count <= FEWEST:  # the ground is counted too
        return
    wide, tall, inked = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT], stats[:, -1]
    letters = (tall >= heights[0]) & (tall <= heights[1]) & (wide <= 2.2 * tall)
    letters &= inked >= 0.12 * tall * wide
    chosen = np.flatnonzero(letters)
    if len(chosen) < FEWEST:
        return
    chosen = chosen[np.argsort(stats[chosen, cv2.CC_STAT_LEFT], kind="stable")]
    boxes = stats[chosen, :4].astype(np.int64)
    boxes[:, 2:] += boxes[:, :2]
    for chain in _chains(boxes):
        line = _line(boxes[chain], mask)
        if line.evidence >= FEWEST / 2:
            tones = [
                gray[top:bottom, left:right][labels[top:bottom, left:right] == label].mean()
                for label, (left, top, right, bottom) in zip(
                    chosen[chain], boxes[chain], strict=True
                )
            ]
            yield replace(line, evidence=line.evidence * _ramp(float(np.std(tones)), 50, 15))


def _chains(boxes: NDArray[np.int64]) -> Iterator[list[int]]:
    """Series of FEWEST boxes [N, 4] or more, ordered by their left, that follow on one line."""
    count = len(boxes)
    left, top, right, bottom = boxes.T
    tall = bottom - top
    after = np.minimum(np.arange(count)[:, None] + np.arange(1, _NEAREST + 1), count - 1)
    taller = np.maximum(tall[after], tall[:, None])
    slack = np.maximum(1, 0.15 * taller)
    on_line = (np.abs(bottom[after] - bottom[:, None]) <= slack) | (
        np.abs(top[after] - top[:, None]) <= slack
    )
    gap = left[after] - right[:, None]
    alike = np.minimum(tall[after], tall[:, None]) >= 0.45 * taller
    rows = np.arange(count)
    follows = on_line & alike & (gap >= -1) & (gap <= 1.6 * taller) & (after > rows[:, None])
    nearest = np.where(follows, gap, np.iinfo(np.int64).max).argmin(axis=1)
    following = np.where(follows[rows, nearest], after[rows, nearest], -1)
    seen: set[int] = set()
    for first in range(count):
        if first in seen:
            continue
        chain = [first]
        while (following_one := int(following[chain[-1]])) >= 0:
            chain.append(following_one)
        seen.update(chain)
        if len(chain) >= FEWEST:
            yield chain


def _line(boxes: NDArray[np.int64], mask: Mask) -> Line:
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
