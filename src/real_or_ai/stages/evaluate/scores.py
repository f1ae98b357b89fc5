"""A detector's scores on one split, and every number that follows from them."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Floats
from real_or_ai.detector_file.session import Session, score_of
from real_or_ai.statistics import intervals, metrics

HEADLINES = ("roc_auc", "accuracy", "balanced_accuracy", "ece")


def scored(detector: Session, rows: pd.DataFrame, logits: Floats) -> pd.DataFrame:
    """Rows of split.csv with the score, the call and the verdict of each; logits [N]."""
    scores = score_of(logits)
    return rows.assign(
        score=scores, called=detector.calls(scores), verdict=detector.verdicts(scores)
    )


def numbers(
    detector: Session, split: str, scored: pd.DataFrame, logits: Floats, *, seed: int
) -> dict[str, float]:
    """Every metric of one split with its interval, at the threshold and as the report's 0.5."""
    labels, groups = tables.label_indices(scored), scored["group"].to_numpy()
    scores, called = scored["score"].to_numpy(), tables.called_ai(scored)
    found = intervals.beside(
        metrics.summary(labels, logits, scores, called),
        intervals.intervals(labels, logits, scores, called, groups, seed),
    )
    at_half = detector.raw_logits(logits) >= 0
    found |= intervals.beside(
        metrics.summary_of_calls(labels, at_half),
        intervals.of_calls(labels, at_half, groups, seed),
        end="_at_half",
    )
    found |= {"groups": len(np.unique(groups)), "group_size": intervals.group_size(groups)}
    found |= intervals.decided(labels, list(scored["verdict"]), groups)
    if detector.description.unsure and split in detector.description.promised:
        found["alpha"] = detector.description.unsure.alpha
    return found


def headlines(numbers: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Split -> the few numbers, without intervals, that DVC compares between commits."""
    return {
        split: {name: of_split[name] for name in HEADLINES if name in of_split}
        for split, of_split in numbers.items()
    }


def reliability(split: str, scored: pd.DataFrame, before: Floats) -> Iterator[pd.DataFrame]:
    """Tables of scores against shares of ai; before: the scores [N] without calibration."""
    labels = tables.label_indices(scored)
    for when, scores in (("before", before), ("after", scored["score"].to_numpy())):
        yield intervals.reliability(labels, scores).assign(split=split, when=when)
