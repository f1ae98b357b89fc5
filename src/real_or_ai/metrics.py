"""Labels and scores -> numbers, curves and intervals. `ai` (1) is the positive class."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

from real_or_ai.labels import AI, LABELS, REAL

Labels = NDArray[np.int64]
Floats = NDArray[np.float64]

DRAWS = 2000  # of the bootstrap


def summary(
    labels: Labels, logits: Floats, scores: Floats, called: NDArray[np.bool_]
) -> dict[str, float]:
    """Every metric of one split, and its n.

    labels [N] in {0, 1}; logits, scores [N]: of ai; called [N]: whether the verdict is ai.
    Precision, recall and F1 stand three times: weighted by class size, of the ai class and of the
    real class. With one class alone there is no ROC AUC and no average precision.
    """
    numbers: dict[str, float] = {
        "n": len(labels),
        "accuracy": float((called == (labels == AI)).mean()),
        "loss": cross_entropy(labels, logits),
    }
    if len(np.unique(labels)) == 2:
        numbers["roc_auc"] = float(roc_auc_score(labels, scores))
        numbers["average_precision"] = float(average_precision_score(labels, scores))
    return numbers | prf(labels, called.astype(np.int64))


def prf(labels: Labels, called: Labels) -> dict[str, float]:
    """Precision, recall and F1: weighted, of ai, of real; 0 where nothing was called so."""
    each = precision_recall_fscore_support(labels, called, labels=[REAL, AI], zero_division=0)
    weighted = precision_recall_fscore_support(labels, called, average="weighted", zero_division=0)
    names = ("precision", "recall", "f1")
    numbers = {
        f"{name}_weighted": float(value) for name, value in zip(names, weighted, strict=False)
    }
    for label in (AI, REAL):
        for name, values in zip(names, each, strict=False):
            numbers[f"{name}_{LABELS[label]}"] = float(values[label])
    return numbers


def cross_entropy(labels: Labels, logits: Floats) -> float:
    """Mean negative log likelihood in nats, from logits, where a score of 1.0 loses nothing."""
    return float(np.logaddexp(0, np.where(labels == AI, -logits, logits)).mean())


def roc(labels: Labels, scores: Floats) -> pd.DataFrame:
    """Columns fpr, tpr, threshold; the curve's corners only.

    The first threshold, above all scores, is written as 1: no reader agrees on infinity.
    """
    fpr, tpr, threshold = roc_curve(labels, scores)
    return pd.DataFrame(
        {"fpr": fpr, "tpr": tpr, "threshold": np.where(np.isinf(threshold), 1, threshold)}
    )


def precision_recall(labels: Labels, scores: Floats) -> pd.DataFrame:
    """Columns recall, precision, from every threshold in the scores."""
    precision, recall, _ = precision_recall_curve(labels, scores)
    return pd.DataFrame({"recall": recall, "precision": precision})


def grouped_bootstrap(
    labels: Labels, scores: Floats, called: NDArray[np.bool_], groups: NDArray[np.str_], seed: int
) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of accuracy and ROC AUC; whole groups are drawn with replacement.

    called [N]: whether the detector's verdict is ai.

    Each draw gives a picture the weight of how often its group was drawn. The AUC of weighted
    pictures is the weighted share of (real, ai) pairs in the right order, ties counting half
    (Mann & Whitney 1947), so that a draw is one pass over the sorted scores. With one class alone
    there is no interval of the AUC.
    """
    order = np.argsort(scores, kind="stable")
    _, group = np.unique(groups[order], return_inverse=True)
    sorted_scores, is_ai = scores[order], labels[order] == AI
    right = called[order] == is_ai
    starts = np.flatnonzero(np.diff(sorted_scores, prepend=-np.inf))  # of each run of ties

    count = int(group.max()) + 1
    chance = np.random.default_rng(seed)
    accuracies, aucs = np.empty(DRAWS), np.empty(DRAWS)
    for draw in range(DRAWS):
        drawn = np.bincount(chance.integers(count, size=count), minlength=count)
        weights = drawn[group].astype(np.float64)
        accuracies[draw] = weights[right].sum() / weights.sum()
        real = np.add.reduceat(np.where(is_ai, 0, weights), starts)
        ai = np.add.reduceat(np.where(is_ai, weights, 0), starts)
        pairs = real.sum() * ai.sum()
        # A draw of one class alone has no AUC.
        aucs[draw] = (ai * (np.cumsum(real) - real / 2)).sum() / pairs if pairs else np.nan
    intervals = {"accuracy": _interval(accuracies)}
    if len(np.unique(labels)) == 2:
        intervals["roc_auc"] = _interval(aucs)
    return intervals


def _interval(draws: Floats) -> tuple[float, float]:
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return float(low), float(high)
