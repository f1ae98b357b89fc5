"""What a detector scores on each source by itself: how it ranks, and what became of its verdicts.

A detector serves one who has pictures of one source; the mean of several hides the worst.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from real_or_ai.conventions.arrays import Floats
from real_or_ai.conventions.outputs import replacing
from real_or_ai.detector_file.session import Session
from real_or_ai.stages.evaluate import scores

Row = dict[str, object]
METRICS = (
    *("roc_auc", "balanced_accuracy", "real_called_ai", "ai_called_real"),
    *("real_decided", "ai_decided", "error_of_decided"),
)
ENDS = ("", "_low", "_high")
COLUMNS = ["split", "source", "n", "groups", *(f"{name}{end}" for name in METRICS for end in ENDS)]


def rows(
    detector: Session, split: str, scored: pd.DataFrame, logits: Floats, *, seed: int
) -> Iterator[Row]:
    """A row a source of one split, with those of COLUMNS that its pictures allow.

    scored: as by `scores.scored`, with logits [N]. A source of one class ranks nothing.
    """
    places = scored.assign(place=range(len(scored))).groupby("source")["place"]
    for source, own in places:
        part = own.to_numpy()
        found = scores.numbers(detector, split, scored.iloc[part], logits[part], seed=seed)
        kept = {name: value for name, value in found.items() if name in COLUMNS}
        yield {"split": split, "source": source, **kept}


def write(path: Path, found: Sequence[Row]) -> None:
    """All rows, with every column."""
    with replacing(path) as temporary:
        pd.DataFrame(found, columns=COLUMNS).to_csv(temporary, index=False)
