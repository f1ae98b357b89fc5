"""Grids: pictures put together from others, from 1x2 up to 8x8, with or without gutters.

A seam between unrelated pictures steps over its whole length and stands at an even pitch. What
the thresholds were set by is said in benchmarks/README.md.
"""

from bisect import bisect
from dataclasses import dataclass
from itertools import combinations, pairwise
from operator import attrgetter

import cv2
import numpy as np
from numpy.typing import NDArray

from real_or_ai.cleaning import seams
from real_or_ai.cleaning.look import SMALL, Look
from real_or_ai.cleaning.pixels import Box, Pixels, distance

SMALLEST = 64  # px of a picture, reduced, that is looked at
_SMALLEST_TILE = 32  # px, reduced
_WIDEST_GUTTER = 0.1  # of the length
_WIDEST_REMNANT = 0.05  # of a tile
_ALONE = (0.85, 0.9)  # evidence for one seam in one direction only, and for each of several
_EVEN = (0.8, 0.5)  # mean and least of them where all tiles are of one size
_CROSSED = 0.78  # evidence for seams in both directions
_CHANCE = 0.4  # evidence that a picture's own lines hardly have at a given place
_LEAST_PART = 0.35  # of a tile, that one at the edge has
_MOST_TILES = 8  # in a row or column
_CANDIDATES = 24

Span = tuple[int, int]  # px, the latter exclusive


@dataclass(frozen=True)
class Tile:
    """One picture of a grid: its row and column, from 0, and its box in the whole."""

    row: int
    column: int
    box: Box


@dataclass(frozen=True)
class _Seam:
    """Rows [start, end) of a gutter, start == end without one, and the evidence for it, 0 to 1."""

    start: int
    end: int
    evidence: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


Series = list[_Seam]


def find(look: Look) -> list[Tile]:
    """The tiles of a picture, row by row, cut at the seams; empty if it is a single one."""
    if min(look.small.shape[:2]) < SMALLEST:
        return []
    left, top, right, bottom = _content(look.small)
    content = look.small[top:bottom, left:right]
    lengths = content.shape[0], content.shape[1]
    if min(lengths) < SMALLEST:
        return []
    whole = content.shape == look.small.shape
    steps = (
        look.row_seams if whole else seams.evidence(look.row_steps[left:right, top : bottom - 1]),
        seams.evidence(look.column_steps[top:bottom, left : right - 1]),
    )
    rows, columns = _chosen(
        (
            _even(_seams(content, steps[0]), lengths[0]),
            _even(_seams(content.swapaxes(0, 1), steps[1]), lengths[1]),
        ),
        steps,
        lengths,
    )
    if not rows and not columns:
        return []
    factor = look.factor(SMALL)
    ys = _cuts(look.rgb, rows, (top, bottom), (left, right), factor)
    xs = _cuts(look.rgb.swapaxes(0, 1), columns, (left, right), (top, bottom), factor)
    ys, xs = _without_slivers(ys), _without_slivers(xs)
    ys, xs = (
        _without_gutters(look.rgb, ys, xs),
        _without_gutters(look.rgb.swapaxes(0, 1), xs, ys),
    )
    return [
        Tile(row, column, (x0, y0, x1, y1))
        for row, (y0, y1) in enumerate(ys)
        for column, (x0, x1) in enumerate(xs)
    ]


def _without_slivers(spans: list[Span]) -> list[Span]:
    """Margins that are no borders, such as the captions beside a row, are no tiles."""
    widest = max(end - start for start, end in spans)
    return [(start, end) for start, end in spans if end - start >= _LEAST_PART * widest]


def _without_gutters(pixels: Pixels, ys: list[Span], xs: list[Span]) -> list[Span]:
    """The rows `ys` of tiles without what is left of gutters and borders above and below them.

    All tiles of a row are looked at together, as one may have an edge of one colour itself. A
    single one tells nothing of an outer edge.
    """
    left, right = xs[0][0], xs[-1][1]
    inner = []
    for place, (top, bottom) in enumerate(ys):
        row = pixels[top:bottom, left:right]
        above = _remnant(row) if place > 0 or len(xs) > 1 else 0
        below = _remnant(row[::-1]) if place < len(ys) - 1 or len(xs) > 1 else 0
        inner.append((top + above, bottom - below))
    return inner


def _remnant(tile: Pixels) -> int:
    """The number of first rows of one colour that end abruptly; 0 if that is the picture's own."""
    edge = tile[: max(int(len(tile) * _WIDEST_REMNANT), 3) + 2]
    shares = (distance(edge, seams.typical(edge[0])) <= 32).mean(axis=1)
    count = int(np.argmin(shares >= 0.95))
    if count == 0 or count + 1 >= len(shares) or shares[count + 1] > 0.6:
        return 0
    return count if shares[count] <= 0.6 else count + 1  # scaling smears a row


def _content(pixels: Pixels) -> Box:
    """The box of what lies inside plain borders, one around the other at most three."""
    x0, y0, x1, y1 = 0, 0, pixels.shape[1], pixels.shape[0]
    for _ in range(3):
        inside = pixels[y0:y1, x0:x1]
        across = inside.swapaxes(0, 1)
        top, bottom = _border(inside), _border(inside[::-1])
        left, right = _border(across), _border(across[::-1])
        x0, y0, x1, y1 = x0 + left, y0 + top, x1 - right, y1 - bottom
        if not any((top, bottom, left, right)) or min(x1 - x0, y1 - y0) < SMALLEST:
            break
    return x0, y0, x1, y1


def _border(pixels: Pixels) -> int:
    """The number of first rows that have one colour, at most half of them."""
    colour = seams.typical(pixels[0])
    low, high = tuple(colour - 12), tuple(colour + 12)
    most, count = len(pixels) // 2, 0
    while count < most:  # most pictures have none: look at one row first, then at twice as many
        near = cv2.inRange(pixels[count : max(2 * count, 1)], low, high)
        plain = (near > 0).mean(axis=1) > 0.98
        if not plain.all():
            return min(count + int(np.argmin(plain)), most)
        count += len(plain)
    return most


def _seams(pixels: Pixels, steps: NDArray[np.bool_]) -> Series:
    """The strongest seams between rows; two of a gutter as one, and as two if it is none."""
    shares = seams.shares(steps)
    likely = np.flatnonzero(shares >= 0.3).tolist()
    places: list[int] = []
    near: set[int] = set()
    for row in sorted(likely, key=lambda row: -shares[row]):
        if len(places) == _CANDIDATES:
            break
        if row not in near:
            places.append(row + 1)
            near.update(range(row - 2, row + 3))
    places.sort()
    single = [_Seam(place, place, float(shares[place - 1])) for place in places]
    joined: Series = []
    for seam in single:
        if joined and _is_gutter(pixels, joined[-1].end, seam.start):
            last = joined.pop()
            seam = _Seam(last.start, seam.end, max(last.evidence, seam.evidence))
        joined.append(seam)
    return sorted({*single, *joined}, key=lambda seam: (seam.middle, seam.start))


def _is_gutter(pixels: Pixels, start: int, end: int) -> bool:
    """Whether rows [start, end) are of one colour, whatever is blurred at their edges."""
    if not 2 < end - start <= _WIDEST_GUTTER * len(pixels):
        return False
    return seams.is_flat(pixels[start + 1 : end - 1])


def _chosen(
    series: tuple[list[Series], list[Series]],
    steps: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    lengths: tuple[int, int],
) -> tuple[Series, Series]:
    """Of the series between rows and between columns one of each, or one that stands alone."""
    rows, columns = (
        max(those, key=lambda one: _rank(one, length), default=[])
        for those, length in zip(series, lengths, strict=True)
    )
    if rows and columns and _crossed_evidence(steps, (rows, columns), lengths) >= _CROSSED:
        return rows, columns
    # One direction may be the picture's own lines.
    alone = [
        (_rank(one, length), axis, one)
        for axis, (those, length) in enumerate(zip(series, lengths, strict=True))
        for one in those
        if _stand_alone(one, length)
    ]
    _, axis, best = max(alone, key=lambda found: found[0], default=((0.0, 0), 0, []))
    return (best, []) if axis == 0 else ([], best)


def _even(found: Series, length: int) -> list[Series]:
    """All series of seams at an even pitch over the whole length."""
    series = [[seam] for seam in found if _halves(seam, length)]
    for first, second in combinations(found, 2):
        pitch = second.middle - first.middle
        if max(length / 8.5, _SMALLEST_TILE) <= pitch <= length / 2:
            after = _continued(found, second, pitch, length)
            before = _continued(found, first, -pitch, length)
            if after is None or before is None:
                continue
            if len(before) + len(after) + 3 <= _MOST_TILES:
                series.append([*reversed(before), first, second, *after])
    return series


def _halves(seam: _Seam, length: int) -> bool:
    """Whether a single seam may part two pictures: it stands near the middle."""
    return abs(seam.middle / length - 0.5) <= 0.06


def _continued(found: Series, seam: _Seam, pitch: float, length: int) -> Series | None:
    """The seams that follow at this pitch up to the edge; None if one is missing.

    The last tile may be a part of a tile, as in a contact sheet that was cut.
    """
    series: Series = []
    expected = seam.middle + pitch
    while _LEAST_PART * abs(pitch) < (expected if pitch < 0 else length - expected):
        place = bisect(found, expected, key=attrgetter("middle"))
        near = found[max(place - 1, 0) : place + 1]
        nearest = min(near, key=lambda other: abs(other.middle - expected))
        if abs(nearest.middle - expected) > max(2, 0.012 * length):
            return None
        series.append(nearest)
        expected = nearest.middle + pitch
    return series


def _rank(series: Series, length: int) -> tuple[float, int]:
    """By merit; of the same, with gutters."""
    return _merit(series, length), sum(seam.end - seam.start for seam in series)


def _merit(series: Series, length: int) -> float:
    """What each seam says beyond chance, taken together; tiles cut by the edge are rare."""
    merit = sum(seam.evidence - _CHANCE for seam in series)
    ends = series[0].middle, length - series[-1].middle
    tile = (length - sum(ends)) / (len(series) - 1) if len(series) > 1 else length / 2
    return merit if min(ends) > 0.85 * tile else merit - 0.15


def _stand_alone(series: Series, length: int) -> bool:
    """Whether seams of one direction are enough: a horizon or a wall's edge has less."""
    weakest = min(seam.evidence for seam in series)
    if weakest >= _ALONE[len(series) > 1]:
        return True
    mean = sum(seam.evidence for seam in series) / len(series)
    edges = [0, *(edge for seam in series for edge in (seam.start, seam.end)), length]
    tiles = [end - start for start, end in zip(edges[::2], edges[1::2], strict=True)]
    even = max(tiles) - min(tiles) <= max(2, 0.015 * length)
    return even and mean >= _EVEN[0] and weakest >= _EVEN[1]


def _crossed_evidence(
    steps: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    series: tuple[Series, Series],
    lengths: tuple[int, int],
) -> float:
    """The mean evidence of all edges between two tiles: each edge must be there, not the sum."""
    edges: list[float] = []
    for axis in (0, 1):
        middles = [seam.middle / lengths[1 - axis] for seam in series[1 - axis]]
        cuts = [0, *(round(middle * seams.PIECES) for middle in middles), seams.PIECES]
        for seam in series[axis]:
            rows = [place + by for place in {seam.start, seam.end} for by in (-2, -1, 0)]
            inside = [row for row in rows if 0 <= row < steps[axis].shape[1]]
            held = np.logical_or.reduce(steps[axis][:, inside], axis=1)
            edges += [float(held[a:b].mean()) for a, b in pairwise(cuts) if b > a]
    return sum(edges) / len(edges)


def _cuts(
    pixels: Pixels,
    series: Series,
    content: tuple[int, int],
    span: tuple[int, int],
    factor: int,
) -> list[Span]:
    """The rows [start, end) of each tile in the whole picture.

    content, span: first and last + 1 row and column, reduced, of what lies inside the borders.
    """
    columns = (span[0] * factor, min(span[1] * factor, pixels.shape[1]))
    first, last = content
    starts = [seams.refined(pixels, first, factor, columns) if first else 0]
    whole = last * factor >= len(pixels) - factor
    ends = [len(pixels) if whole else seams.refined(pixels, last, factor, columns)]
    for seam in series:
        ends.insert(-1, seams.refined(pixels, first + seam.start, factor, columns))
        if seam.end > seam.start:
            starts.append(seams.refined(pixels, first + seam.end, factor, columns))
        else:
            starts.append(ends[-2])
    return list(zip(starts, ends, strict=True))
