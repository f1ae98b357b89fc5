"""What is left of a picture once grids are split and credentials cut: image -> parts.

Looks at one picture's pixels and at nothing else, so both classes are treated alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from real_or_ai.conventions.arrays import Box
from real_or_ai.conventions.errors import PictureError
from real_or_ai.stages.prepare.cleaning import credentials, grids, screenshots
from real_or_ai.stages.prepare.cleaning.look import Look


@dataclass(frozen=True)
class Limits:
    """How small a part may be, and how much of it may go."""

    min_side: int  # px
    max_cropped_share: float  # of the area, with credentials
    margin: float  # share of each side that every part loses at each edge, marked or not


@dataclass(frozen=True)
class Part:
    """One clean picture: its box in the image, the tile it is, and the kinds of marks cut off."""

    box: Box
    tile: str = ""  # r0c1 in a grid; empty for a whole picture
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parts:
    """The parts of one image that can be used, and how many tiles cannot."""

    used: tuple[Part, ...]
    dropped_tiles: int = 0


def detected(look: Look, limits: Limits) -> Parts:
    """The parts that detection finds. Raises PictureError with the reason if none can be used."""
    _demand_size(look.box, limits.min_side)
    reason = screenshots.reason(look)
    if reason is not None:
        raise PictureError("screenshot", reason)
    tiles = {tile_name(tile.row, tile.column): tile.box for tile in grids.find(look)}
    return _usable(look, tiles or {"": look.box}, limits)


def told(cells: Mapping[str, Box], limits: Limits) -> Parts:
    """The parts that a person gave, by tile name. Raises PictureError if one is too small."""
    parts = tuple(Part(_within(box, limits.margin), tile) for tile, box in cells.items())
    for part in parts:
        _demand_size(part.box, limits.min_side)
    return Parts(parts)


def tile_name(row: int, column: int) -> str:
    return f"r{row}c{column}"


def _usable(look: Look, cells: Mapping[str, Box], limits: Limits) -> Parts:
    used: list[Part] = []
    errors: list[PictureError] = []
    for tile, cell in cells.items():
        try:
            _demand_size(cell, limits.min_side)
            content = look.crop(cell)
            if tile and screenshots.is_blank(content):
                raise PictureError("screenshot", "blank")
            box, removed = _without_credentials(content, limits)
            x0, y0 = cell[:2]
            box = (x0 + box[0], y0 + box[1], x0 + box[2], y0 + box[3])
            _demand_size(box, limits.min_side)
            used.append(Part(box, tile, removed))
        except PictureError as error:
            errors.append(error)
    if not used:
        raise errors[0]
    return Parts(tuple(used), len(errors))


def _without_credentials(look: Look, limits: Limits) -> tuple[Box, tuple[str, ...]]:
    """The box without the edges that hold credentials, and the kinds of these."""
    keep = look.box
    removed: list[str] = []
    while (mark := credentials.find(look.crop(keep))) is not None:
        x0, y0 = keep[:2]
        keep = (x0 + mark.keep[0], y0 + mark.keep[1], x0 + mark.keep[2], y0 + mark.keep[3])
        removed.append(mark.kind)
        cropped = 1 - (keep[2] - keep[0]) * (keep[3] - keep[1]) / (look.width * look.height)
        if cropped > limits.max_cropped_share:
            share = f"{cropped:.0%} of the picture, allowed are {limits.max_cropped_share:.0%}"
            raise PictureError("credential too large", f"{', '.join(removed)}: {share}")
    if limits.margin:
        inner = _within(look.box, limits.margin)
        if inner[0] < keep[0] or inner[1] < keep[1] or inner[2] > keep[2] or inner[3] > keep[3]:
            detail = f"reaches beyond the {limits.margin:.0%} that every picture loses at each edge"
            raise PictureError("credential too large", f"{', '.join(removed)}: {detail}")
        keep = inner
    return keep, tuple(dict.fromkeys(removed))


def _within(box: Box, margin: float) -> Box:
    x0, y0, x1, y1 = box
    across, along = round((x1 - x0) * margin), round((y1 - y0) * margin)
    return x0 + across, y0 + along, x1 - across, y1 - along


def _demand_size(box: Box, min_side: int) -> None:
    width, height = box[2] - box[0], box[3] - box[1]
    if min(width, height) < min_side:
        raise PictureError("too small", f"{width}x{height}, allowed are {min_side} px and more")
