"""Grids: pictures put together from others, from 1x2 up to 8x8, with or without gutters.

A seam between unrelated pictures steps over its whole length and stands at an even pitch.
"""

from dataclasses import dataclass

from real_or_ai.conventions.arrays import Box, Pixels
from real_or_ai.stages.prepare.cleaning import margins, seams, series
from real_or_ai.stages.prepare.cleaning.look import SMALL, Look
from real_or_ai.stages.prepare.cleaning.margins import SMALLEST, Span
from real_or_ai.stages.prepare.cleaning.series import LEAST_PART, Series


@dataclass(frozen=True)
class Tile:
    """One picture of a grid: its row and column, from 0, and its box in the whole."""

    row: int
    column: int
    box: Box


def find(look: Look) -> list[Tile]:
    """The tiles of a picture, row by row, cut at the seams; empty if it is a single one."""
    if min(look.small.shape[:2]) < SMALLEST or max(look.small.shape[:2]) < 2 * SMALLEST:
        return []
    left, top, right, bottom = margins.content(look.small)
    content = look.small[top:bottom, left:right]
    if min(content.shape[:2]) < SMALLEST:
        return []
    whole = content.shape == look.small.shape
    steps = (
        look.row_seams if whole else seams.evidence(look.row_steps[left:right, top : bottom - 1]),
        seams.evidence(look.column_steps[top:bottom, left : right - 1]),
    )
    rows, columns = series.between_tiles(content, steps)
    if not rows and not columns:
        return []
    factor = look.factor(SMALL)
    ys = _cuts(look.rgb, rows, (top, bottom), (left, right), factor)
    xs = _cuts(look.rgb.swapaxes(0, 1), columns, (left, right), (top, bottom), factor)
    ys, xs = margins.without(look.rgb, _without_slivers(ys), _without_slivers(xs))
    return [
        Tile(row, column, (x0, y0, x1, y1))
        for row, (y0, y1) in enumerate(ys)
        for column, (x0, x1) in enumerate(xs)
    ]


def _cuts(pixels: Pixels, found: Series, content: Span, span: Span, factor: int) -> list[Span]:
    """The rows [start, end) of each tile in the whole picture.

    content, span: first and last + 1 row and column, reduced, of what lies inside the borders.
    """
    columns = (span[0] * factor, min(span[1] * factor, pixels.shape[1]))
    first, last = content
    starts = [seams.refined(pixels, first, factor, columns) if first else 0]
    whole = last * factor >= len(pixels) - factor
    ends = [len(pixels) if whole else seams.refined(pixels, last, factor, columns)]
    for seam in found:
        ends.insert(-1, seams.refined(pixels, first + seam.start, factor, columns))
        if seam.end > seam.start:
            starts.append(seams.refined(pixels, first + seam.end, factor, columns))
        else:
            starts.append(ends[-2])
    return list(zip(starts, ends, strict=True))


def _without_slivers(spans: list[Span]) -> list[Span]:
    """Without what is no tile, but a margin beside a row: captions, such as lines of labels."""
    widest = max(end - start for start, end in spans)
    return [(start, end) for start, end in spans if end - start >= LEAST_PART * widest]
