"""Which pictures belong together: the manifest's ties, and looks that are nearly the same."""

import json

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from real_or_ai.conventions.labels import ORIGINAL
from real_or_ai.stages.split import near_duplicates
from real_or_ai.stages.split.splitting import Member


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


def _parts(pictures: pd.DataFrame) -> list[tuple[str, str]]:
    """What tells the originals apart, and a copy shares with its own: raw file and tile."""
    return list(zip(pictures["raw"], pictures["tile"], strict=True))


def _hashes(pictures: pd.DataFrame) -> NDArray[np.uint64]:
    """uint64 [N, 4] of the 256-bit hashes."""
    data = bytes.fromhex("".join(pictures["phash"]))
    return np.frombuffer(data, dtype=">u8").reshape(len(pictures), -1).astype(np.uint64)
