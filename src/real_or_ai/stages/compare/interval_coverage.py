"""How often our 95 % intervals hold the truth, as `make coverage` simulated it."""

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TRUTHS = (0.7, 0.9, 0.97)
SIZES = (40, 60, 170)  # pictures, half of either class
GROUP_SIZES = (1, 4)
LOW = 0.93  # under it the output says so
METHODS = {
    "accuracy": "Wilson with design effect",
    "balanced_accuracy": "both classes' Wilson combined",
    "roc_auc": "Newcombe with design effect",
    "f1_ai": "from Wilson with design effect",
    "f1_weighted": "grouped bootstrap",
    "average_precision": "grouped bootstrap",
    "auc_difference": "paired grouped bootstrap",
}
# Metrics with the interval of another.
ALIKE = {
    "accuracy_at_half": "accuracy",
    "recall_weighted": "accuracy",
    "precision_real": "accuracy",
    "precision_ai": "accuracy",
    "recall_real": "accuracy",
    "recall_ai": "accuracy",
    "f1_real": "f1_ai",
    "precision_weighted": "f1_weighted",
}

# What make coverage simulated: metric -> "<group size> <truth>" -> a share for each of SIZES.
TABLE = Path(__file__).with_name("interval_coverage.json")


@cache
def _shares(metric: str) -> NDArray[np.float64]:
    """[group sizes, truths, sizes]."""
    rows = json.loads(TABLE.read_text(encoding="utf-8"))["coverage"][metric]
    return np.array([[rows[f"{size} {truth}"] for truth in TRUTHS] for size in GROUP_SIZES])


def simulated(metric: str, value: float, *, n: int, groups: int) -> float | None:
    """Coverage simulated nearest to a value of n pictures in so many groups; None if none was.

    value: of auc_difference the mean of the two AUCs. Precision and recall of one class have that
    class's n.
    """
    family = ALIKE.get(metric, metric)
    if family not in METHODS:
        return None
    size = np.abs(np.log(np.array(GROUP_SIZES) * groups / n)).argmin()
    truth = np.abs(np.array(TRUTHS) - value).argmin()
    return float(_shares(family)[size, truth, np.abs(np.log(np.array(SIZES) / n)).argmin()])
