"""How sure a number is: 95 % intervals and tests in which whole groups are the unit."""

from collections.abc import Iterator, Mapping
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from real_or_ai import metrics
from real_or_ai.labels import AI, LABELS
from real_or_ai.metrics import Bools, Floats, Labels

Groups = NDArray[np.str_]
Interval = tuple[float, float]

DRAWS = 2000  # of the bootstrap
CELLS = 2_000_000  # weights held at once: 16 MB
Z = NormalDist().inv_cdf(0.975)


def intervals(
    labels: Labels, logits: Floats, scores: Floats, called: Bools, groups: Groups, seed: int
) -> dict[str, Interval]:
    """The 95 % interval of each metric of `metrics.summary`, by its name.

    Wilson's for the shares of whole pictures (accuracy, precision and recall of each class), the
    grouped bootstrap's for all others.
    """
    found = {"loss": mean_interval(metrics.losses(labels, logits), groups, seed)}
    found |= grouped_bootstrap(labels, scores, called, groups, seed)
    right = called == (labels == AI)
    shares = {"accuracy": np.full(len(labels), True)}
    shares["recall_weighted"] = shares["accuracy"]  # the same number under the report's name
    for label in np.unique(labels):
        shares[f"recall_{LABELS[label]}"] = labels == label
        shares[f"precision_{LABELS[label]}"] = called == (label == AI)
    return found | {name: wilson(right[of], groups[of]) for name, of in shares.items()}


def beside(numbers: Mapping[str, float], found: Mapping[str, Interval]) -> dict[str, float]:
    """The numbers with `<name>_low` and `<name>_high` after each that has an interval."""
    flat: dict[str, float] = {}
    for name, value in numbers.items():
        flat[name] = value
        if name in found:
            flat[f"{name}_low"], flat[f"{name}_high"] = found[name]
    return flat


def grouped_bootstrap(
    labels: Labels, scores: Floats, called: Bools, groups: Groups, seed: int
) -> dict[str, Interval]:
    """Percentile intervals of `metrics.weighted`; whole groups are drawn with replacement.

    called [N]: whether the verdict is ai. Draws that leave out a class are not counted where it is
    needed.
    """
    parts = [metrics.weighted(labels, scores, called, weights) for weights in draws(groups, seed)]
    return {name: _middle(np.concatenate([part[name] for part in parts])) for name in parts[0]}


def mean_interval(values: Floats, groups: Groups, seed: int) -> Interval:
    """Grouped bootstrap's percentile interval of a mean over pictures [N]."""
    means = [weights @ values / weights.sum(axis=1) for weights in draws(groups, seed)]
    return _middle(np.concatenate(means))


def auc_difference(
    labels: Labels, scores_a: Floats, scores_b: Floats, groups: Groups, seed: int
) -> tuple[float, float, float]:
    """ROC AUC of a less that of b on the same pictures, and its interval from paired draws."""

    def difference(weights: Floats) -> Floats:
        return metrics.auc(labels, scores_a, weights) - metrics.auc(labels, scores_b, weights)

    drawn = np.concatenate([difference(weights) for weights in draws(groups, seed)])
    return float(difference(np.ones((1, len(labels))))[0]), *_middle(drawn)


def draws(groups: Groups, seed: int) -> Iterator[Floats]:
    """DRAWS rows of weights [d, N] in parts that bound memory: how often each group was drawn."""
    _, group = np.unique(groups, return_inverse=True)
    count = int(group.max()) + 1
    chance = np.random.default_rng(seed)
    step = max(1, CELLS // len(groups))
    for start in range(0, DRAWS, step):
        rows = min(step, DRAWS - start)
        drawn = chance.integers(count, size=(rows, count)) + np.arange(rows)[:, None] * count
        counts = np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count)
        yield counts[:, group].astype(np.float64)


def wilson(right: Bools, groups: Groups) -> Interval:
    """Wilson's interval (1927) of the share of `right`, for an effective n = n / design effect.

    Of no pictures it is (0, 1).
    """
    if not len(right):
        return 0.0, 1.0
    return wilson_of(float(right.mean()), len(right) / design_effect(right, groups))


def wilson_of(share: float, n: float) -> Interval:
    """Wilson's interval (JASA 22, 1927) of a share of n independent pictures."""
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def design_effect(right: Bools, groups: Groups) -> float:
    """By how much groups inflate the variance of a share (Kish, Survey Sampling, 1965); >= 1.

    The variance between group totals over the binomial one. Where all pictures are right, or all
    wrong, or of one group, nothing shows how alike a group is: its pictures count as one then
    (the effect for an intra-class correlation of 1).
    """
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    share, n, count = right.mean(), len(right), len(sizes)
    if share in (0, 1) or count == 1:
        return float((sizes**2).sum() / n)
    totals = np.bincount(group, weights=right - share)
    clustered = count / (count - 1) * (totals**2).sum() / n**2
    return max(1.0, float(clustered / (share * (1 - share) / (n - 1))))


def reliability(labels: Labels, scores: Floats) -> pd.DataFrame:
    """Columns score, share_ai, share_ai_low, share_ai_high, n: a row per bin of equal mass.

    score: the mean in the bin. The intervals take pictures as independent.
    """
    mean_scores, shares = metrics.bin_means(labels, scores)
    n = len(labels) / len(shares)
    rows = [
        {"score": score, **beside({"share_ai": share}, {"share_ai": wilson_of(share, n)}), "n": n}
        for score, share in zip(mean_scores, shares, strict=True)
    ]
    return pd.DataFrame(rows)


def _middle(drawn: Floats) -> Interval:
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return float(low), float(high)
