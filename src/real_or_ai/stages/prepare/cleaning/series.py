"""Series: seams at an even pitch, as they lie between tiles, chosen among all that look like one.

What the thresholds were set by is said in benchmarks/README.md (`_CHANCE` and `_EVEN`: on grids
composed at random).
"""

from bisect import bisect
from dataclasses import dataclass
from itertools import combinations, pairwise
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from real_or_ai.conventions.arrays import Pixels
from real_or_ai.stages.prepare.cleaning import seams

LEAST_PART = 0.35  # of a tile, that one at the edge has
_SMALLEST_TILE = 32  # px, reduced
_WIDEST_GUTTER = 0.1  # of the length
_ALONE = (0.85, 0.9)  # evidence for one seam in one direction only, and for each of several
_EVEN = (0.8, 0.5)  # mean and least of them where all tiles are of one size
_CROSSED = 0.78  # evidence for seams in both directions
_CHANCE = 0.4  # evidence that a picture's own lines hardly have at a given place
_MOST_TILES = 8  # in a row or column
_CANDIDATES = 24

Steps = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # `seams.evidence` of rows and of columns


@dataclass(frozen=True)
class Seam:
    """Rows [start, end) of a gutter, start == end without one, and the evidence for it, 0 to 1."""

    start: int
    end: int
    evidence: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


Series = list[Seam]


def between_tiles(pixels: Pixels, steps: Steps) -> tuple[Series, Series]:
    """The series between rows and the one between columns of tiles; both empty if there are none.

    pixels: [H, W, 3], without borders. steps: evidence of seams between its rows and columns.
    """
    turned = pixels.swapaxes(0, 1)
    lengths = len(pixels), len(turned)
    possible = (
        _even(_seams(pixels, steps[0]), lengths[0]),
        _even(_seams(turned, steps[1]), lengths[1]),
    )
    rows, columns = (
        max(those, key=lambda one: _rank(one, length), default=[])
        for those, length in zip(possible, lengths, strict=True)
    )
    if rows and columns and _crossed_evidence(steps, (rows, columns), lengths) >= _CROSSED:
        return rows, columns
    # One direction may be the picture's own lines.
    alone = [
        (_rank(one, length), axis, one)
        for axis, (those, length) in enumerate(zip(possible, lengths, strict=True))
        for one in those
        if _stand_alone(one, length)
    ]
    _, axis, best = max(alone, key=lambda found: found[0], default=((0.0, 0), 0, []))
    return (best, []) if axis == 0 else ([], best)


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
    single = [Seam(place, place, float(shares[place - 1])) for place in places]
    joined: Series = []
    for seam in single:
        if joined and _is_gutter(pixels, joined[-1], seam):
            last = joined.pop()
            seam = Seam(last.start, seam.end, max(last.evidence, seam.evidence))
        joined.append(seam)
    return sorted({*single, *joined}, key=lambda seam: (seam.middle, seam.end - seam.start))


def _is_gutter(pixels: Pixels, above: Seam, below: Seam) -> bool:
    """Whether the rows between two seams are of one colour, whatever is blurred at their edges."""
    start, end = above.end, below.start
    if end - start <= 2 or below.end - above.start > _WIDEST_GUTTER * len(pixels):
        return False
    return seams.is_flat(pixels[start + 1 : end - 1])


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
            one = [*reversed(before), first, second, *after]
            if len(one) < _MOST_TILES and _is_clear_at_ends(one, pitch, length):
                series.append(one)
    return series


def _is_clear_at_ends(series: Series, pitch: float, length: int) -> bool:
    """Whether no seam cuts off a sliver, such as a caption, but one that would stand alone."""
    ends = (series[0], series[0].middle), (series[-1], length - series[-1].middle)
    return all(end > LEAST_PART * pitch or seam.evidence >= _ALONE[1] for seam, end in ends)


def _halves(seam: Seam, length: int) -> bool:
    """Whether a single seam may part two pictures: it stands near the middle."""
    return abs(seam.middle / length - 0.5) <= 0.06


def _continued(found: Series, seam: Seam, pitch: float, length: int) -> Series | None:
    """The seams that follow at this pitch up to the edge; None if one is missing.

    The last tile may be a part of a tile, as in a contact sheet that was cut.
    """
    series: Series = []
    expected = seam.middle + pitch
    while LEAST_PART * abs(pitch) < (expected if pitch < 0 else length - expected):
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
    steps: Steps, series: tuple[Series, Series], lengths: tuple[int, int]
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
