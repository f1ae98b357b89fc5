"""One raw file -> its clean pictures, written losslessly, with what the manifest says of them."""

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TypedDict

import cv2
import numpy as np
from PIL import Image

from real_or_ai.conventions.arrays import Box
from real_or_ai.conventions.errors import PictureError, UserError
from real_or_ai.conventions.labels import ORIGINAL
from real_or_ai.conventions.sections import AugmentationParams
from real_or_ai.conventions.tables import PreparedRow, RejectedRow
from real_or_ai.pictures import decoding
from real_or_ai.stages.prepare import PrepareParams, copies, raw_folder
from real_or_ai.stages.prepare.annotations import Override
from real_or_ai.stages.prepare.cleaning import parts
from real_or_ai.stages.prepare.cleaning.look import Look, look_at
from real_or_ai.stages.prepare.cleaning.parts import Limits, Parts
from real_or_ai.stages.prepare.fingerprint import perceptual_hash, pixel_digest
from real_or_ai.stages.prepare.raw_folder import RawFile


@dataclass(frozen=True)
class Prepared:
    """One clean picture of a raw file, and the other raw files that hold the same pixels."""

    row: PreparedRow  # but for its ties, which follow from all files
    copies: tuple[str, ...] = ()


Outcome = list[Prepared] | RejectedRow


def prepare_file(
    work: tuple[RawFile, Override | None], *, raw: Path, prepared: Path, params: PrepareParams
) -> Outcome:
    """The clean pictures of one raw file, written below `prepared`, or why there are none.

    work: the file, and what a person says of it, which beats all detection.
    """
    file, override = work
    try:
        data = decoding.read_bytes(raw / file.raw, params.max_bytes)
        picture = decoding.decode(data, params.max_pixels)
        look = look_at(picture.image)
        limits = Limits(params.min_side, params.max_cropped_share, params.crop_both_classes)
        if override is None:
            found = parts.detected(look, limits)
        else:
            found = _told_parts(file, picture.image, override, limits)
    except PictureError as error:
        return file.rejected(error.reason, error.detail)
    results = []
    for part in found.used:
        untouched = part.box == look.box
        clean = look.crop(part.box)
        name = _stem(file) + (f"-{part.tile}" if part.tile else "")
        name += decoding.SUFFIX[picture.format] if untouched else ".png"
        path = prepared / name
        path.parent.mkdir(parents=True, exist_ok=True)
        stored = data if untouched else _png(clean)
        path.write_bytes(stored)
        row = PreparedRow(
            picture=name,
            view=ORIGINAL,
            label=file.label,
            source=file.source,
            generator=file.generator,
            raw=file.raw,
            tile=part.tile,
            crop_box=None if untouched else part.box,
            removed=", ".join(part.removed),
            dropped_tiles=found.dropped_tiles,
            ties=(),
            raw_format=picture.format,
            raw_width=picture.width,
            raw_height=picture.height,
            raw_bytes=len(data),
            raw_jpeg_quality=picture.jpeg_quality,
            raw_jpeg_subsampling=picture.jpeg_subsampling,
            raw_metadata=picture.metadata,
            drawn=picture.drawn,
            **_looks(clean, stored),
        )
        results.append(Prepared(row))
    return results


def with_copies(
    row: PreparedRow, *, prepared: Path, params: PrepareParams, strengths: AugmentationParams
) -> list[PreparedRow]:
    """The manifest's row of a picture and those of its copies, which are written beside it.

    A copy has all that its original has, its ties too, but its name and its looks.
    """
    image = decoding.decode((prepared / row.picture).read_bytes(), params.max_pixels).image
    rows = [row]
    made = copies.copies(image, strengths, copies.generator(row.picture))
    for view, copy in made.items():
        picture = f"{PurePosixPath(row.picture).with_suffix('')}-{view}.png"
        look = look_at(copy)
        stored = _png(look)
        (prepared / picture).write_bytes(stored)
        rows.append(replace(row, picture=picture, view=view, **_looks(look, stored)))
    return rows


def digest(row: PreparedRow, *, prepared: Path, max_pixels: int) -> str:
    """Of the pixels of a prepared picture."""
    image = decoding.decode((prepared / row.picture).read_bytes(), max_pixels).image
    return pixel_digest(np.asarray(image))


def _told_parts(file: RawFile, image: Image.Image, override: Override, limits: Limits) -> Parts:
    """The parts that a person gave. Raises UserError if they do not lie in the picture."""
    width, height = image.size
    if override.action == "crop":
        x0, y0, x1, y1 = override.numbers
        if x1 > width or y1 > height:
            raise UserError(
                f"prepare.overrides: crops {file.raw!r} to {x0} {y0} {x1} {y1}, but the upright "
                f"picture is {width}x{height}; correct the box"
            )
        return parts.told({"": (x0, y0, x1, y1)}, replace(limits, margin=0))
    cells: dict[str, Box] = {"": (0, 0, width, height)}
    if override.action == "grid":
        rows, columns = override.numbers
        ys = [height * row // rows for row in range(rows + 1)]
        xs = [width * column // columns for column in range(columns + 1)]
        cells = {
            parts.tile_name(row, column): (xs[column], ys[row], xs[column + 1], ys[row + 1])
            for row in range(rows)
            for column in range(columns)
        }
    return parts.told(cells, limits)


def _stem(file: RawFile) -> str:
    """A safe name below the prepared folder, unique to the raw path and readable."""
    path = PurePosixPath(file.raw)
    digest = hashlib.sha256(file.raw.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    slug = re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-")[:40]
    source = re.sub(r"[^A-Za-z0-9]+", "-", file.source).strip("-") or raw_folder.UNNAMED
    return f"{file.label}/{source}/{slug}-{digest}"


class _Looks(TypedDict):
    """The manifest's columns that the prepared picture alone decides."""

    sha256: str
    phash: str
    width: int
    height: int


def _looks(look: Look, stored: bytes) -> _Looks:
    return {
        "sha256": hashlib.sha256(stored).hexdigest(),
        "phash": perceptual_hash(look.gray),
        "width": look.width,
        "height": look.height,
    }


def _png(look: Look) -> bytes:
    """Without loss, in half of Pillow's time."""
    return cv2.imencode(".png", cv2.cvtColor(look.rgb, cv2.COLOR_RGB2BGR))[1].tobytes()
