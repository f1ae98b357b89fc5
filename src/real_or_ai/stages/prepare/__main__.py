"""Stage `prepare`: a raw folder becomes clean pictures, a manifest and a list of what was rejected.

Raw files are never written to. Pictures left whole are copied byte for byte; tiles and cropped
pictures are stored without loss, and so are the copies that `prepare.protocol: paper` asks for.
"""

import sys
from functools import partial
from pathlib import Path

from real_or_ai.conventions import tables
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load
from real_or_ai.conventions.sections import AugmentationParams
from real_or_ai.conventions.tables import PreparedRow, RejectedRow
from real_or_ai.pictures.parallel import in_order
from real_or_ai.stages.prepare import PrepareParams, annotations, demands, identical, tally
from real_or_ai.stages.prepare.raw_file import digest, prepare_file, with_copies
from real_or_ai.stages.prepare.raw_folder import GROUPS_CSV, walk
from real_or_ai.stages.prepare.ties import tied


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
    there = walk(raw, params.class_folders)
    files = there.files
    raws = {file.raw for file in files}
    said = annotations.read_overrides(overrides, raws)
    groups = annotations.read_groups(raw / GROUPS_CSV, raws)
    excluded = annotations.excluded(files, said)
    wanted = [(file, said.get(file.raw)) for file in files if file not in excluded]
    with replacing(prepared) as temporary:
        temporary.mkdir()
        prepare_one = partial(prepare_file, raw=raw, prepared=temporary, params=params)
        made = in_order(prepare_one, wanted, "prepare")
        found = {file: one for (file, _), one in zip(wanted, made, strict=True)}
        outcomes = {file: excluded.get(file) or found[file] for file in files}
        suspects = identical.suspects(outcomes.values())
        digest_one = partial(digest, prepared=temporary, max_pixels=params.max_pixels)
        digests = in_order(digest_one, suspects, "compare")
        names = (row.picture for row in suspects)
        kept, rejected = identical.settle(outcomes, dict(zip(names, digests, strict=True)))
        _remove_unused(temporary, {one.row.picture for one in kept})
        collapsed = identical.collapsed_tiles(outcomes.values(), kept)
        originals = rows = [tied(one, groups, collapsed) for one in kept]
        if params.protocol == "paper":
            copy_one = partial(with_copies, prepared=temporary, params=params, strengths=strengths)
            rows = [row for views in in_order(copy_one, originals, "copies") for row in views]
        tables.write(temporary / "manifest.csv", PreparedRow, rows)
        tables.write(temporary / "rejected.csv", RejectedRow, rejected)
        demands.demand_enough(raw, len(files), rejected, params.max_rejected_share)
        demands.demand_both_classes(raw, originals, rejected)
    counts = tally.counts(files, originals, rejected)
    write_json(metrics, counts)
    print(tally.told(raw, counts, there.left_out))


def _remove_unused(prepared: Path, used: set[str]) -> None:
    for path in prepared.rglob("*"):
        if path.is_file() and path.relative_to(prepared).as_posix() not in used:
            path.unlink()


if __name__ == "__main__":
    with told_in_one_sentence():
        params = load(PrepareParams, "prepare")
        run(
            Path(params.raw),  # not by the command: a shell would read in it what is none of its
            Path(params.overrides),
            *map(Path, sys.argv[1:]),
            params=params,
            strengths=load(AugmentationParams, "train.augmentation"),
        )
