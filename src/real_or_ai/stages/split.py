"""Stage `split`: a group and a split for every picture, and counts of what became of all."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from real_or_ai import manifest, splitting
from real_or_ai.errors import SplitError, told_in_one_sentence
from real_or_ai.labels import LABELS, SPLITS
from real_or_ai.outputs import replacing, write_json
from real_or_ai.params.base import load
from real_or_ai.params.split import SplitParams
from real_or_ai.splitting import Member


def run(prepared: Path, split_csv: Path, data_json: Path, params: SplitParams) -> None:
    """Writes split.csv and the counts of raw, rejected and split pictures.

    The written table is read back and checked; SplitError if it breaks a rule.
    """
    pictures = manifest.read(prepared / "manifest.csv")
    members = grouped(pictures, params.max_distance)
    _name_absent_sources(params.external, {member.source for member in members})
    try:
        splits = splitting.assign_splits(
            members, external=params.external, test=params.test, val=params.val, seed=params.seed
        )
    except SplitError as error:
        raise SplitError(f"{prepared}: {error}") from error
    with replacing(split_csv) as temporary:
        rows = [{**vars(member), "split": splits[member.group]} for member in members]
        manifest.write(temporary, manifest.SPLIT, rows)
        written = manifest.read(temporary)
        check_written(written, members, params.external)
    rejected = manifest.read(prepared / "rejected.csv")
    write_json(data_json, counts(pictures, rejected, written))


def check_written(written: pd.DataFrame, members: list[Member], external: tuple[str, ...]) -> None:
    """Raises SplitError unless the table as read back has these members and breaks no rule."""
    columns = [written[name] for name in ("picture", "label", "source", "group")]
    read_back = [Member(*values) for values in zip(*columns, strict=True)]
    if read_back != members:
        raise SplitError("split.csv does not hold what was written to it")
    splitting.check(
        read_back, dict(zip(written["picture"], written["split"], strict=True)), external
    )


def grouped(pictures: pd.DataFrame, max_distance: int) -> list[Member]:
    """The manifest's pictures with the groups that their ties and their looks make."""
    names = [str(name) for name in pictures["picture"]]
    first: dict[str, int] = {}
    tied = [
        (first.setdefault(tie, index), index)
        for index, ties in enumerate(pictures["ties"])
        for tie in json.loads(ties)
    ]
    near = splitting.near_duplicates(_hashes(pictures), max_distance)
    links = np.concatenate([near, np.array(tied, np.int64).reshape(-1, 2)])
    groups = splitting.connected(names, links)
    return [
        Member(picture=name, label=label, source=source, group=group)
        for name, label, source, group in zip(
            names, pictures["label"], pictures["source"], groups, strict=True
        )
    ]


def counts(
    pictures: pd.DataFrame, rejected: pd.DataFrame, split: pd.DataFrame
) -> dict[str, object]:
    """Raw files, rejections by reason, and pictures by split, each by class and by source."""
    raws = pd.concat([pictures.drop_duplicates("raw"), rejected])
    return {
        "raw": _by_class_and_source(raws),
        "rejected": {
            reason: _by_class_and_source(rows)
            for reason, rows in rejected.groupby("reason", sort=True)
        },
        "prepared": _by_class_and_source(pictures),
        "tiles": _by_class(pictures[pictures["tile"] != ""]),
        "cropped": _by_class(pictures[(pictures["crop_box"] != "") & (pictures["tile"] == "")]),
        "groups": {
            "n": split["group"].nunique(),
            "largest": int(split["group"].value_counts().max()),
        },
        "split": {
            name: _by_class_and_source(split[split["split"] == name])
            for name in SPLITS
            if (split["split"] == name).any()
        },
    }


def _by_class(rows: pd.DataFrame) -> dict[str, Any]:
    """n counts files outside the class folders too, which have no class."""
    return {"n": len(rows)} | {label: int((rows["label"] == label).sum()) for label in LABELS}


def _by_class_and_source(rows: pd.DataFrame) -> dict[str, object]:
    named = rows[rows["source"] != ""]
    by_source = {source: _by_class(part) for source, part in named.groupby("source", sort=True)}
    return _by_class(rows) | {"by_source": by_source}


def _hashes(pictures: pd.DataFrame) -> NDArray[np.uint64]:
    """uint64 [N, 4] of the 256-bit hashes."""
    data = bytes.fromhex("".join(pictures["phash"]))
    return np.frombuffer(data, dtype=">u8").reshape(len(pictures), -1).astype(np.uint64)


def _name_absent_sources(external: tuple[str, ...], sources: set[str]) -> None:
    absent = [name for name in external if name not in sources]
    if absent:
        print(
            f"split.external names {', '.join(absent)}, which the data lacks; it has "
            f"{', '.join(sorted(sources))}"
        )


if __name__ == "__main__":
    with told_in_one_sentence():
        prepared, split_csv, data_json = map(Path, sys.argv[1:])
        run(prepared, split_csv, data_json, load(SplitParams, "split"))
