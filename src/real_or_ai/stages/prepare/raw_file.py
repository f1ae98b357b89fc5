"""One raw file -> its clean pictures, written losslessly, with what the manifest says of them."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import cv2
from PIL import Image

from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import PictureError, UserError
from real_or_ai.conventions.labels import ORIGINAL
from real_or_ai.networks import AugmentationParams
from real_or_ai.pictures import decoding
from real_or_ai.stages.prepare import PrepareParams, copies, raw_folder
from real_or_ai.stages.prepare.annotations import Override
from real_or_ai.stages.prepare.cleaning import parts
from real_or_ai.stages.prepare.cleaning.look import Look, look_at
from real_or_ai.stages.prepare.cleaning.parts import Limits, Parts
from real_or_ai.stages.prepare.cleaning.pixels import Box
from real_or_ai.stages.prepare.fingerprint import perceptual_hash
from real_or_ai.stages.prepare.raw_folder import RawFile

Row = Mapping[str, object]


@dataclass(frozen=True)
class Prepared:
    """One clean picture of a raw file, and the other raw files that hold the same pixels."""

    row: Row  # of the manifest, all but its ties
    copies: tuple[str, ...] = ()

    @property
    def picture(self) -> str:
        return str(self.row["picture"])

    @property
    def raw(self) -> str:
        return str(self.row["raw"])


@dataclass(frozen=True)
class Rejected:
    """Why a raw file, or a part of it, is not used."""

    file: RawFile
    reason: str
    detail: str = ""


Outcome = list[Prepared] | Rejected


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
        return Rejected(file, error.reason, error.detail)
    facts = {
        "label": file.label,
        "source": file.source,
        "generator": file.generator,
        "raw": file.raw,
        "raw_format": picture.format,
        "raw_width": picture.width,
        "raw_height": picture.height,
        "raw_bytes": len(data),
        "raw_jpeg_quality": "" if picture.jpeg_quality is None else picture.jpeg_quality,
        "raw_jpeg_subsampling": picture.jpeg_subsampling,
        "raw_metadata": picture.metadata,
        "drawn": tables.YES if picture.drawn else "",
    }
    stem = _stem(file)
    results = []
    for part in found.used:
        untouched = part.box == look.box
        clean = look.crop(part.box)
        name = stem + (f"-{part.tile}" if part.tile else "")
        name += decoding.SUFFIX[picture.format] if untouched else ".png"
        path = prepared / name
        path.parent.mkdir(parents=True, exist_ok=True)
        stored = data if untouched else _png(clean)
        path.write_bytes(stored)
        results.append(
            Prepared(
                facts
                | {
                    "picture": name,
                    "view": ORIGINAL,
                    "tile": part.tile,
                    "crop_box": "" if untouched else " ".join(map(str, part.box)),
                    "removed": ", ".join(part.removed),
                    "dropped_tiles": found.dropped_tiles,
                }
                | _looks(clean, stored)
            )
        )
    return results


def with_copies(
    row: Row, *, prepared: Path, params: PrepareParams, strengths: AugmentationParams
) -> list[Row]:
    """The manifest's row of a picture and those of its copies, which are written beside it.

    A copy has all that its original has, its ties too, but its name and its looks.
    """
    name = str(row["picture"])
    image = decoding.decode((prepared / name).read_bytes(), params.max_pixels).image
    rows = [row]
    for view, copy in copies.copies(image, strengths, copies.generator(name)).items():
        picture = f"{PurePosixPath(name).with_suffix('')}-{view}.png"
        look = look_at(copy)
        stored = _png(look)
        (prepared / picture).write_bytes(stored)
        rows.append({**row, "picture": picture, "view": view} | _looks(look, stored))
    return rows


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


def _looks(look: Look, stored: bytes) -> dict[str, object]:
    """The manifest's columns that the prepared picture alone decides."""
    return {
        "sha256": hashlib.sha256(stored).hexdigest(),
        "phash": perceptual_hash(look.gray),
        "width": look.width,
        "height": look.height,
    }


def _png(look: Look) -> bytes:
    """Without loss, in half of Pillow's time."""
    return cv2.imencode(".png", cv2.cvtColor(look.rgb, cv2.COLOR_RGB2BGR))[1].tobytes()
