"""What everything is fitted on: val, or the sources that were left out of training in turn."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Floats, Groups, Labels
from real_or_ai.conventions.errors import SplitError


@dataclass(frozen=True)
class FittedOn:
    """Pictures with their uncalibrated logits, and what the next picture may be new by."""

    name: str
    unit: str  # group, of sources that are val's; or source
    logits: Floats  # [N]
    labels: Labels  # [N]
    units: Groups  # [N]

    @property
    def left_out(self) -> tuple[str, ...]:
        """The sources that none of the trainings saw which scored them."""
        return tuple(sorted(set(self.units))) if self.unit == "source" else ()


def choose(val: pd.DataFrame, logits: Floats, turns: pd.DataFrame) -> FittedOn:
    """What the turns left out, if they left out any; else val, rows of split.csv, with `logits`.

    Raises SplitError if that lacks a class.
    """
    name, unit, rows = "val", "group", val
    if len(turns):
        name, unit, rows = "what calibrate.turns leave out", "source", turns
        logits = turns["logit"].to_numpy()
    labels = tables.label_indices(rows)
    if len(np.unique(labels)) < 2:
        raise SplitError(
            f"{name} holds {len(labels)} pictures of one class; calibration needs both: raise "
            "split.val, or add pictures"
        )
    return FittedOn(name, unit, logits, labels, rows[unit].to_numpy())
