"""How often our 95 % intervals hold the truth, as `make coverage` simulated it."""

import json
import math
from functools import cache
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

TRUTHS = (0.7, 0.9, 0.97)
SIZES = (40, 60, 170)  # pictures, half of either class
LAYOUTS = {
    "single": "every picture its own group",
    "fours": "groups of 4",
    "one large": "one group of a fifth of all pictures, every other picture its own",
}
LOW = 0.93  # under it the output says so
METHODS = {
    "accuracy": "Wilson with design effect",
    "balanced_accuracy": "both classes' Wilson combined",
    "roc_auc": "Newcombe with design effect",
    "f1_ai": "from Wilson with design effect",
    "f1_weighted": "grouped bootstrap",
    "average_precision": "grouped bootstrap",
    "loss": "grouped bootstrap",
    "brier": "grouped bootstrap",
    "tpr_at_fpr_01": "grouped bootstrap",
    "tpr_at_fpr_05": "grouped bootstrap",
    "tpr_at_fpr_10": "grouped bootstrap",
    "auc_difference": "paired grouped bootstrap",
    "auc_difference_over_seeds": "Student's t over pictures and seeds",
}
# Whose simulated truth is the ROC AUC of the same pictures, not their own value.
BY_AUC = {"average_precision", "loss", "brier"} | {
    name for name in METHODS if name.startswith(("tpr", "auc"))
}
# Metrics with the interval of another.
ALIKE = {
    "recall_weighted": "accuracy",
    "precision_real": "accuracy",
    "precision_ai": "accuracy",
    "recall_real": "accuracy",
    "recall_ai": "accuracy",
    "real_called_ai": "accuracy",
    "ai_called_real": "accuracy",
    "real_decided": "accuracy",
    "ai_decided": "accuracy",
    "error_of_decided": "accuracy",
    "f1_real": "f1_ai",
    "precision_weighted": "f1_weighted",
}
# What make coverage simulated: metric -> layout -> a row for each truth, a share for each size.
TABLE = Path(__file__).with_name("interval_coverage.json")


def simulated(metric: str, truth: float, *, n: int, groups: int, group_size: float) -> float | None:
    """Coverage at this truth, n and layout, smoothed over the simulated ones; None if none was.

    truth: the value, or the ROC AUC of the same pictures for those of BY_AUC. groups: how many;
    group_size: of the group that a picture is in, on average. Precision and recall of one class
    have that class's n. Outside what was simulated the nearest that was counts.
    """
    metric = metric.removesuffix("_at_half")
    family = ALIKE.get(metric, metric)
    if family not in METHODS:
        return None
    if family == "accuracy":
        truth = max(truth, 1 - truth)  # Wilson's interval of a share is that of the rest
    return smoothed(family, nearest_layout(n, groups, group_size), truth, n)


def nearest_layout(n: int, groups: int, group_size: float) -> str:
    """By pictures a group and by the size of the group that a picture is in."""
    large = 0.2 * n
    known = {"single": (1, 1), "fours": (4, 4), "one large": (1.25, 0.2 * large + 0.8)}

    def away(layout: str) -> float:
        each, own = known[layout]
        return math.hypot(math.log(n / groups / each), math.log(group_size / own))

    return min(LAYOUTS, key=away)


def smoothed(family: str, layout: str, truth: float, n: int) -> float:
    """By a plane through the logits of the simulated shares, bent over the truth.

    A cell by itself is good to 0.014 and would be marked or not by chance.
    """
    truth = min(max(truth, TRUTHS[0]), TRUTHS[-1])
    n = min(max(n, SIZES[0]), SIZES[-1])
    logit = float(_plane(family, layout) @ _coordinates(truth, n))
    return 1 / (1 + math.exp(-logit))


@cache
def _plane(family: str, layout: str) -> NDArray[np.float64]:
    """Weighted least squares; the weights are the inverse variances of the logits."""
    shares = np.clip(_shares()[family][layout], 0.001, 0.999)
    at = np.array([[_coordinates(truth, n) for n in SIZES] for truth in TRUTHS]).reshape(-1, 5)
    weight = np.sqrt(shares * (1 - shares)).ravel()
    logits = np.log(shares / (1 - shares)).ravel()
    plane: NDArray[np.float64] = np.linalg.lstsq(at * weight[:, None], logits * weight)[0]
    return plane


def _coordinates(truth: float, n: int) -> NDArray[np.float64]:
    size, far = math.log(n), NormalDist().inv_cdf(truth)
    return np.array([1, size, far, far**2, far * size])


@cache
def _shares() -> dict[str, dict[str, list[list[float]]]]:
    coverage: dict[str, dict[str, list[list[float]]]] = json.loads(TABLE.read_text("utf-8"))[
        "coverage"
    ]
    return coverage
