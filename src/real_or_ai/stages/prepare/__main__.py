"""Stage `prepare`: a raw folder becomes clean pictures, a manifest and a list of what was rejected.

Raw files are never written to. Pictures left whole are copied byte for byte; tiles and cropped
pictures are stored without loss, and so are the copies that `prepare.protocol: paper` asks for.
"""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Set
from functools import partial
from pathlib import Path

import numpy as np

from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import RawFolderError
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import LABELS
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load
from real_or_ai.networks import AugmentationParams
from real_or_ai.pictures import decoding
from real_or_ai.pictures.parallel import in_order
from real_or_ai.stages.prepare import PrepareParams, annotations, identical, raw_folder
from real_or_ai.stages.prepare.annotations import Override
from real_or_ai.stages.prepare.fingerprint import pixel_digest
from real_or_ai.stages.prepare.raw_file import (
    Outcome,
    Prepared,
    Rejected,
    Row,
    prepare_file,
    with_copies,
)
from real_or_ai.stages.prepare.raw_folder import RawFile

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
        outcomes = {file: outcomes[file] for file in files}
        suspects = [one.picture for one in identical.suspects(outcomes.values())]
        digest = partial(_digest, prepared=temporary, max_pixels=params.max_pixels)
        digests = zip(suspects, in_order(digest, suspects, "compare"), strict=True)
        kept, rejected = identical.settle(outcomes, dict(digests))
        _remove_unused(temporary, kept)
        collapsed = identical.collapsed_tiles(outcomes.values(), kept)
        rows: list[Row] = [_row(one, groups, collapsed) for one in kept]
        if params.protocol == "paper":
            add_copies = partial(
                with_copies, prepared=temporary, params=params, strengths=strengths
            )
            rows = [row for all_views in in_order(add_copies, rows, "copies") for row in all_views]
        tables.write(temporary / "manifest.csv", tables.MANIFEST, rows)
        tables.write(temporary / "rejected.csv", tables.REJECTED, map(_rejected_row, rejected))
        _demand_enough(raw, len(files), rejected, params.max_rejected_share)
        _demand_both_classes(raw, kept, rejected)
    counts: dict[str, Mapping[str, object]] = {
        label: _counts(label, files, kept, rejected) for label in LABELS
    }
    write_json(metrics, counts)
    _report(raw, counts)


def _digest(picture: str, *, prepared: Path, max_pixels: int) -> str:
    """Of the pixels of a prepared picture."""
    image = decoding.decode((prepared / picture).read_bytes(), max_pixels).image
    return pixel_digest(np.asarray(image))


def _row(
    one: Prepared, groups: Mapping[str, Set[str]], collapsed: Mapping[str, int]
) -> dict[str, object]:
    """The manifest's row: a picture is tied to all that its copies were tied to."""
    raws = (one.raw, *one.copies)
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
    used = {one.picture for one in kept}
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
