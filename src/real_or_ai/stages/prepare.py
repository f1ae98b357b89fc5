"""Stage `prepare`: a raw folder becomes clean pictures, a manifest and a list of what was rejected.

Raw files are never written to. Pictures left whole are copied byte for byte; tiles and cropped
pictures are stored without loss, and so are the copies that `prepare.protocol: paper` asks for.
"""

import hashlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

import cv2
from PIL import Image

from real_or_ai import annotations, images, manifest, raw_folder, views
from real_or_ai.annotations import Override
from real_or_ai.cleaning import parts
from real_or_ai.cleaning.look import Box, Look, look_at
from real_or_ai.cleaning.parts import Limits, Parts
from real_or_ai.errors import PictureError, RawFolderError, UserError, told_in_one_sentence
from real_or_ai.fingerprint import perceptual_hash, pixel_digest
from real_or_ai.labels import LABELS, ORIGINAL
from real_or_ai.outputs import replacing, write_json
from real_or_ai.parallel import in_order
from real_or_ai.params.base import load
from real_or_ai.params.prepare import PrepareParams
from real_or_ai.params.train import AugmentationParams
from real_or_ai.raw_folder import RawFile

Row = Mapping[str, object]


@dataclass(frozen=True)
class Prepared:
    """One clean picture of a raw file, and the other raw files that hold the same pixels."""

    row: Row  # of the manifest, all but its ties
    copies: tuple[str, ...] = ()

    @property
    def pixels(self) -> str:
        return str(self.row["sha256"])


@dataclass(frozen=True)
class Rejected:
    """Why a raw file, or a part of it, is not used."""

    file: RawFile
    reason: str
    detail: str = ""


Outcome = list[Prepared] | Rejected
EXCLUDED = Override("exclude")


def run(
    raw: Path,
    overrides: Path,
    prepared: Path,
    metrics: Path,
    *,
    params: PrepareParams,
    strengths: AugmentationParams,
) -> None:
    """Writes `prepared`: pictures by label and source, manifest.csv and rejected.csv.

    Writes into `metrics` how often each class was cropped, split and rejected. strengths: of the
    copies that the report's protocol adds.

    Every raw file stands in exactly one of the two tables. Raises RawFolderError if the folder
    cannot serve as a data set or more than `params.max_rejected_share` of it is rejected.
    """
    files = raw_folder.walk(raw, params.class_folders)
    raws = {file.raw for file in files}
    said = annotations.read_overrides(overrides, raws)
    groups = annotations.read_groups(raw / raw_folder.GROUPS_CSV, raws)
    outcomes: dict[RawFile, Outcome] = {}
    for file in files:
        if not file.label:
            outcomes[file] = Rejected(file, "outside the class folders")
        elif said.get(file.raw) == EXCLUDED:
            outcomes[file] = Rejected(file, "excluded by a person")
    with replacing(prepared) as temporary:
        temporary.mkdir()
        wanted = [file for file in files if file not in outcomes]
        work = [(file, said.get(file.raw)) for file in wanted]
        prepare_one = partial(prepare_file, raw=raw, prepared=temporary, params=params)
        outcomes |= zip(wanted, in_order(prepare_one, work, "prepare"), strict=True)
        kept, rejected = settle_copies({file: outcomes[file] for file in files})
        _remove_unused(temporary, kept)
        collapsed = _collapsed_tiles(outcomes.values(), kept)
        rows: list[Row] = [_row(one, groups, collapsed) for one in kept]
        if params.protocol == "paper":
            add_copies = partial(
                with_copies, prepared=temporary, params=params, strengths=strengths
            )
            rows = [row for all_views in in_order(add_copies, rows, "copies") for row in all_views]
        manifest.write(temporary / "manifest.csv", manifest.MANIFEST, rows)
        manifest.write(temporary / "rejected.csv", manifest.REJECTED, map(_rejected_row, rejected))
        _demand_enough(raw, len(files), rejected, params.max_rejected_share)
        _demand_both_classes(raw, kept, rejected)
    counts: dict[str, Mapping[str, object]] = {
        label: _counts(label, files, kept, rejected) for label in LABELS
    }
    write_json(metrics, counts)
    _report(raw, counts)


def prepare_file(
    work: tuple[RawFile, Override | None], *, raw: Path, prepared: Path, params: PrepareParams
) -> Outcome:
    """The clean pictures of one raw file, written below `prepared`, or why there are none.

    work: the file, and what a person says of it, which beats all detection.
    """
    file, override = work
    try:
        data = images.read_bytes(raw / file.raw, params.max_bytes)
        picture = images.decode(data, params.max_pixels)
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
        "drawn": manifest.YES if picture.drawn else "",
    }
    stem = _stem(file)
    results = []
    for part in found.used:
        untouched = part.box == look.box
        clean = look.crop(part.box)
        name = stem + (f"-{part.tile}" if part.tile else "")
        name += images.SUFFIX[picture.format] if untouched else ".png"
        path = prepared / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if untouched else _png(clean))
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
                | _looks(clean)
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
    image = images.decode((prepared / name).read_bytes(), params.max_pixels).image
    rows = [row]
    for view, copy in views.copies(image, strengths, views.generator(name)).items():
        picture = f"{PurePosixPath(name).with_suffix('')}-{view}.png"
        copy.save(prepared / picture, compress_level=1)
        rows.append({**row, "picture": picture, "view": view} | _looks(look_at(copy)))
    return rows


def settle_copies(outcomes: Mapping[RawFile, Outcome]) -> tuple[list[Prepared], list[Rejected]]:
    """One of each set of pixel-identical pictures; none if both classes claim it.

    The one that is kept remembers the files of the others, so that it ties together what they
    were tied to. A raw file that loses all its pictures is rejected; one that keeps a tile is not.
    """
    copies: dict[str, list[Prepared]] = defaultdict(list)
    for outcome in outcomes.values():
        if not isinstance(outcome, Rejected):
            for one in outcome:
                copies[one.pixels].append(one)
    kept, disputed = {}, set()
    for key, same in copies.items():
        if len({one.row["label"] for one in same}) > 1:
            disputed.add(key)
        else:
            files = {str(one.row["raw"]): None for one in same}  # in order, each once
            kept[key] = replace(same[0], copies=tuple(files)[1:])

    rejected = []
    for file, outcome in outcomes.items():
        if isinstance(outcome, Rejected):
            rejected.append(outcome)
        elif any(one.pixels in kept and kept[one.pixels].row is one.row for one in outcome):
            continue
        elif any(one.pixels in disputed for one in outcome):
            detail = "the same pixels stand under real and under ai; a person must settle it"
            rejected.append(Rejected(file, "in both classes", detail))
        else:
            twin = kept[outcome[0].pixels].row["raw"]
            rejected.append(Rejected(file, "copy", f"the same pixels as {twin}"))
    return list(kept.values()), rejected


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


def _looks(look: Look) -> dict[str, object]:
    """The manifest's columns that the prepared pixels alone decide."""
    return {
        "sha256": pixel_digest(look.rgb),
        "phash": perceptual_hash(look.gray),
        "width": look.width,
        "height": look.height,
    }


def _png(look: Look) -> bytes:
    """Without loss, in half of Pillow's time."""
    return cv2.imencode(".png", cv2.cvtColor(look.rgb, cv2.COLOR_RGB2BGR))[1].tobytes()


def _collapsed_tiles(outcomes: Iterable[Outcome], kept: list[Prepared]) -> Counter[str]:
    """How many tiles of each raw file went because others have the same pixels."""
    tiles = Counter(
        str(one.row["raw"])
        for outcome in outcomes
        if not isinstance(outcome, Rejected)
        for one in outcome
    )
    tiles.subtract(str(one.row["raw"]) for one in kept)
    return tiles


def _row(
    one: Prepared, groups: Mapping[str, Set[str]], collapsed: Mapping[str, int]
) -> dict[str, object]:
    """The manifest's row: a picture is tied to all that its copies were tied to."""
    raws = (str(one.row["raw"]), *one.copies)
    named = {group for raw in raws for group in groups.get(raw, ())}
    ties = [f"file {raw}" for raw in raws] + sorted(f"group {group}" for group in named)
    dropped = int(str(one.row["dropped_tiles"])) + collapsed[raws[0]]
    return {
        **one.row,
        "ties": json.dumps(ties, ensure_ascii=False),
        "dropped_tiles": dropped,
    }


def _rejected_row(rejected: Rejected) -> dict[str, object]:
    file = rejected.file
    return {
        "raw": file.raw,
        "label": file.label,
        "source": file.source,
        "reason": rejected.reason,
        "detail": rejected.detail,
    }


def _remove_unused(prepared: Path, kept: list[Prepared]) -> None:
    used = {str(one.row["picture"]) for one in kept}
    for path in prepared.rglob("*"):
        if path.is_file() and path.relative_to(prepared).as_posix() not in used:
            path.unlink()


def _demand_enough(raw: Path, files: int, rejected: list[Rejected], allowed: float) -> None:
    if len(rejected) <= allowed * files:
        return
    raise RawFolderError(
        f"{raw}: {len(rejected)} of {files} raw files are rejected, more than "
        f"prepare.max_rejected_share allows ({allowed:g}); commonest reasons: "
        f"{_reasons(rejected)}; mend the files or raise the limit"
    )


def _demand_both_classes(raw: Path, kept: list[Prepared], rejected: list[Rejected]) -> None:
    for label in LABELS:
        if not any(one.row["label"] == label for one in kept):
            raise RawFolderError(
                f"{raw}: no {label} picture is left after preparation; reasons: "
                f"{_reasons(rejected)}; see what they have in common, or add pictures"
            )


def _reasons(rejected: list[Rejected]) -> str:
    """The five commonest reasons and how often each was given."""
    common = Counter(one.reason for one in rejected).most_common(5)
    return ", ".join(f"{reason} ({count})" for reason, count in common)


def _counts(
    label: str, files: list[RawFile], kept: list[Prepared], rejected: list[Rejected]
) -> dict[str, object]:
    """What was done to the raw files and pictures of one class, to be compared with the other's."""
    rows = [one.row for one in kept if one.row["label"] == label]
    cropped = [row for row in rows if row["removed"]]
    return {
        "raw_files": sum(file.label == label for file in files),
        "rejected": sum(one.file.label == label for one in rejected),
        "split": len({row["raw"] for row in rows if row["tile"]}),
        "pictures": len(rows),
        "cropped": len(cropped),
        "cropped_share": round(len(cropped) / len(rows), 4),
    }


def _report(raw: Path, counts: Mapping[str, Mapping[str, object]]) -> None:
    for label, own in counts.items():
        print(
            f"{raw}: {own['raw_files']} raw files of {label}, {own['rejected']} rejected, "
            f"{own['split']} split into tiles; {own['pictures']} pictures, {own['cropped']} cropped"
        )


if __name__ == "__main__":
    with told_in_one_sentence():
        raw, overrides, prepared, metrics = map(Path, sys.argv[1:])
        run(
            raw,
            overrides,
            prepared,
            metrics,
            params=load(PrepareParams, "prepare"),
            strengths=load(AugmentationParams, "train.augmentation"),
        )
