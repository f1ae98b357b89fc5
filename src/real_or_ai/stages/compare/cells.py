"""Numbers as the tables print them, marked where an interval holds the truth too seldom."""

from real_or_ai.conventions.labels import LABELS
from real_or_ai.stages.compare import interval_coverage
from real_or_ai.stages.compare.side_by_side import Numbers
from real_or_ai.statistics.figure import Figure

WEAK = " ~"


def cell(numbers: Numbers, metric: str) -> str:
    """A number with its interval, or a dash; marked where the interval is known to be weak."""
    if metric not in numbers:
        return "-"
    if f"{metric}_low" not in numbers:
        return f"{numbers[metric]:.3f}"
    figure = Figure.read(numbers, metric)
    truth = numbers.get("roc_auc") if metric in interval_coverage.BY_AUC else figure.value
    weak = truth is not None and is_weak(metric, truth, numbers)
    return figure.text() + WEAK * weak


def is_weak(metric: str, truth: float, of: Numbers) -> bool:
    """Whether such an interval, of so many pictures, held the truth in too few simulated cases."""
    share = 1.0
    if metric == "error_of_decided":
        share = of["n_decided"] / of["n"]
    elif set(LABELS) & set(metric.split("_")):
        share = 0.5  # one class's metrics are of about half the pictures
    n, groups = (max(1, int(of[count] * share)) for count in ("n", "groups"))
    held = interval_coverage.simulated(
        metric, truth, n=n, groups=groups, group_size=of["group_size"]
    )
    return held is not None and held < interval_coverage.LOW
