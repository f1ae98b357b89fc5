"""What became of all pictures: raw, rejected, prepared and split, by class and by source."""

from typing import Any

import pandas as pd

from real_or_ai.conventions import tables
from real_or_ai.conventions.labels import LABELS, ORIGINAL, SPLITS


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


def _by_class(rows: pd.DataFrame) -> dict[str, Any]:
    """n counts files outside the class folders too, which have no class."""
    return {"n": len(rows)} | {label: int((rows["label"] == label).sum()) for label in LABELS}


def _by_class_and_source(rows: pd.DataFrame) -> dict[str, object]:
    named = rows[rows["source"] != ""]
    by_source = {source: _by_class(part) for source, part in named.groupby("source", sort=True)}
    return _by_class(rows) | {"by_source": by_source}
