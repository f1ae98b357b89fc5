"""Sources that are left out of training in turn: what a detector says of sources it has not seen.

Parameter `calibrate.turns` names the sources of each. What is said of them stands in
models/turns/<model>.csv, and `calibrate` fits on that instead of val where there is any.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Bools, Floats
from real_or_ai.conventions.errors import ParamsError
from real_or_ai.conventions.labels import LABELS, ORIGINAL, TRAIN, VAL
from real_or_ai.conventions.sections import Turns

Rows = NDArray[np.intp]


def write(
    path: Path, split: pd.DataFrame, turns: Turns, logits: Callable[[Bools, Rows], Floats]
) -> None:
    """A row a picture that a turn leaves out; without turns the header alone.

    logits: of ai [n], of the rows in its second argument, by what learnt from some of those that
    its first [N] allows.
    """
    asked = [
        split.iloc[rows].assign(logit=logits(allowed, rows))
        for allowed, rows in parted(split, turns)
    ]
    tables.save(path, tables.TurnRow, pd.concat([split.head(0).assign(logit=0.0), *asked]))


def parted(split: pd.DataFrame, turns: Turns) -> Iterator[tuple[Bools, Rows]]:
    """Of each turn which rows [N] of split.csv may be learnt from, and which ones it asks about.

    It asks about the pictures of its sources in train and val; what shares a group with one of
    them is not learnt from. Raises ParamsError for sources that are not there, and where none of
    a class is left.
    """
    known = split["split"].isin([TRAIN, VAL])
    sources = set(split["source"][known])
    for turn in turns:
        if missing := sorted(set(turn) - sources):
            raise ParamsError(
                f"calibrate.turns: no picture of {', '.join(missing)} is in train or val, where "
                f"those of {', '.join(sorted(sources))} are; correct the names"
            )
        out = known & split["source"].isin(turn)
        allowed = ~split["group"].isin(split["group"][out])
        for part in (TRAIN, VAL):
            left = set(split["label"][allowed & (split["split"] == part)])
            if lacking := sorted(set(LABELS) - left):
                raise ParamsError(
                    f"calibrate.turns: without {', '.join(turn)} there is nothing {lacking[0]} in "
                    f"{part}; leave out fewer sources together"
                )
        yield allowed.to_numpy(), np.flatnonzero(out & (split["view"] == ORIGINAL))
