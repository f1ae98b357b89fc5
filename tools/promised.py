"""What cuts fitted on val, and on sources left out in turn, come to on external sources."""

from pathlib import Path

import pandas as pd
from tools.benchmarked import Read
from tools.cells import cell, rows

from real_or_ai.card_text import OF_SOURCES
from real_or_ai.conventions import tables
from real_or_ai.conventions.labels import EXTERNAL, VAL
from real_or_ai.detector_file.description import Unsure
from real_or_ai.drawing.markdown import table
from real_or_ai.stages.calibrate.cuts import unsure_cuts
from real_or_ai.statistics import intervals

SHARES = ("real_called_ai", "ai_called_real", "real_decided", "ai_decided", "error_of_decided")


def compared(predictions_csv: Path, of_turns: Unsure) -> pd.DataFrame:
    """A row an external source and kind of cuts: the shares of SHARES, and their ends.

    Both promise the same. predictions_csv: of a detector with the cuts `of_turns`.
    """
    predictions = tables.read(predictions_csv)
    val = predictions[predictions["split"] == VAL]
    labels, groups = tables.label_indices(val), val["group"].to_numpy()
    of_val = unsure_cuts(val["score"].to_numpy(), labels, groups, of_turns.alpha)
    found = []
    for source, part in predictions[predictions["split"] == EXTERNAL].groupby("source"):
        for name, cuts in (("val", of_val), ("sources left out", of_turns)):
            if cuts is not None:
                said = cuts.decisions(part["score"].to_numpy())
                truth, groups = tables.label_indices(part), part["group"].to_numpy()
                row = {"source": source, "cuts": name, "n": len(part)}
                found.append(row | intervals.decided(truth, said, groups))
    return pd.DataFrame(found)


def promises(read: Read, path: str) -> str:
    """The table of `compared`, as Markdown."""
    lines = [
        [f"{row['source']}, {row['n']}", row["cuts"], *(cell(row, name) for name in SHARES)]
        for row in rows(read(path))
    ]
    headings = ("source, n", "cuts fitted on", *(OF_SOURCES[name] for name in SHARES))
    return table(headings, lines)
