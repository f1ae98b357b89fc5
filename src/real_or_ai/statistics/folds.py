"""Cross-validation folds that keep groups whole."""

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from real_or_ai.conventions.errors import SplitError
from real_or_ai.conventions.labels import AI, LABELS, REAL

Folds = list[tuple[NDArray[np.intp], NDArray[np.intp]]]  # rows inside and outside, once a fold


def grouped(
    labels: NDArray[np.int64], groups: NDArray[np.str_], count: int, seed: int, *, asked_by: str
) -> Folds:
    """`count` folds of N rows, each with its share of both classes.

    asked_by: the parameter that holds the count.
    Raises SplitError if a class has fewer groups than there are folds.
    """
    for label in (REAL, AI):
        there = _of_class(label, labels, groups)
        if there < count:
            advice = f"lower it to {there} or add pictures" if there > 1 else "add pictures"
            raise SplitError(
                f"{asked_by} is {count}, but train has {there} groups of {LABELS[label]} "
                f"pictures; {advice}"
            )
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    return list(splitter.split(labels, labels, groups))


def most(labels: NDArray[np.int64], groups: NDArray[np.str_]) -> int:
    """The largest count that `grouped` takes."""
    return min(_of_class(label, labels, groups) for label in (REAL, AI))


def _of_class(label: int, labels: NDArray[np.int64], groups: NDArray[np.str_]) -> int:
    return len(np.unique(groups[labels == label]))
