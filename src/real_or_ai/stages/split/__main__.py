"""Stage `split`: a group and a split for every picture, and counts of what became of all."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import SplitError
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import LABELS, ORIGINAL, SPLITS
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load
from real_or_ai.stages.prepare import PrepareParams, Protocol
from real_or_ai.stages.split import SplitParams, near_duplicates, splitting
from real_or_ai.stages.split.splitting import Member


def run(
    prepared: Path, split_csv: Path, data_json: Path, params: SplitParams, protocol: Protocol
) -> None:
    """Writes split.csv, in the manifest's order, and counts of raw, rejected and split pictures.

    protocol: `grouped` keeps groups whole; `paper`, the report's, cuts them between train and val.
    The written table is read back and checked; SplitError if it breaks a rule.
    """
    pictures = tables.read(prepared / "manifest.csv")
    members = grouped(pictures, params.max_distance)
    _name_absent_sources(params.external, {member.source for member in members})
    originals = [member for member in members if member.view == ORIGINAL]
    try:
        of_group = splitting.assign_splits(
            originals, external=params.external, test=params.test, val=params.val, seed=params.seed
        )
    except SplitError as error:
        raise SplitError(f"{prepared}: {error}") from error
    if protocol == "paper":
        splits = splitting.assign_pictures(members, of_group, val=params.val, seed=params.seed)
    else:
        splits = {member.picture: of_group[member.group] for member in members}
    with replacing(split_csv) as temporary:
        rows = [
            {**vars(member), "split": splits[member.picture], "drawn": drawn}
            for member, drawn in zip(members, pictures["drawn"], strict=True)
        ]
        tables.write(temporary, tables.SPLIT, rows)
        written = tables.read(temporary)
        check_written(written, members, params.external, protocol)
    rejected = tables.read(prepared / "rejected.csv")
    write_json(data_json, counts(pictures, rejected, written))


def check_written(
    written: pd.DataFrame, members: list[Member], external: tuple[str, ...], protocol: Protocol
) -> None:
    """Raises SplitError unless the table as read back has these members and breaks no rule."""
    columns = [written[name] for name in ("picture", "label", "source", "group", "view")]
    read_back = [Member(*values) for values in zip(*columns, strict=True)]
    if read_back != members:
        raise SplitError("split.csv does not hold what was written to it")
    split_of = dict(zip(written["picture"], written["split"], strict=True))
    splitting.check(read_back, split_of, external=external, protocol=protocol)


def grouped(pictures: pd.DataFrame, max_distance: int) -> list[Member]:
    """The manifest's pictures with the groups that their ties and their looks make.

    Copies are of their original's group, whatever they look like: else they would change the groups
    and with them what is tested on.
    """
    originals = pictures[pictures["view"] == ORIGINAL]
    names = [str(name) for name in originals["picture"]]
    first: dict[str, int] = {}
    tied = [
        (first.setdefault(tie, index), index)
        for index, ties in enumerate(originals["ties"])
        for tie in json.loads(ties)
    ]
    near = near_duplicates.links(_hashes(originals), max_distance)
    links = np.concatenate([near, np.array(tied, np.int64).reshape(-1, 2)])
    groups = near_duplicates.connected(names, links)
    group_of = dict(zip(_parts(originals), groups, strict=True))
    return [
        Member(picture=name, label=label, source=source, group=group_of[part], view=view)
        for name, label, source, part, view in zip(
            pictures["picture"],
            pictures["label"],
            pictures["source"],
            _parts(pictures),
            pictures["view"],
            strict=True,
        )
    ]


def counts(
    pictures: pd.DataFrame, rejected: pd.DataFrame, split: pd.DataFrame
) -> dict[str, object]:
    """Raw files, rejections by reason, and pictures by split, each by class and by source.

    Copies are counted apart, if there are any.
    """
    copies = split.loc[split["view"] != ORIGINAL, "split"].value_counts(sort=False)
    pictures, split = (table[table["view"] == ORIGINAL] for table in (pictures, split))
    raws = pd.concat([pictures.drop_duplicates("raw"), rejected])
    return {
        "raw": _by_class_and_source(raws),
        "rejected": {
            reason: _by_class_and_source(rows)
            for reason, rows in rejected.groupby("reason", sort=True)
        },
        "prepared": _by_class_and_source(pictures),
        "drawn": tables.count_drawn(split),
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
    } | ({"copies": copies.sort_index().to_dict()} if len(copies) else {})


def _parts(pictures: pd.DataFrame) -> list[tuple[str, str]]:
    """What tells the originals apart, and a copy shares with its own: raw file and tile."""
    return list(zip(pictures["raw"], pictures["tile"], strict=True))


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
        run(
            prepared,
            split_csv,
            data_json,
            load(SplitParams, "split"),
            load(PrepareParams, "prepare").protocol,
        )
