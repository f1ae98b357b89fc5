"""Labels and scores -> numbers and curves. `ai` (1) is the positive class.

Every metric is written for weighted pictures, so that a value and its bootstrap are one formula.
scikit-learn is not imported, which takes longer than all that most stages do here; tests hold the
formulas to its own.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from real_or_ai.conventions.arrays import Bools, Floats, Labels
from real_or_ai.conventions.labels import AI, LABELS, REAL

FPRS = {"tpr_at_fpr_01": 0.01, "tpr_at_fpr_05": 0.05, "tpr_at_fpr_10": 0.10}
FALSE_ALARMS = 2  # that a rate must allow: the TPR at less is mostly chance (docs/coverage.md)
MAX_BINS, MIN_IN_BIN = 15, 10  # bins of equal mass for calibration


def summary(labels: Labels, logits: Floats, scores: Floats, called: Bools) -> dict[str, float]:
    """Every metric of one split, and its n.

    labels [N] in {0, 1}; logits, scores [N]: of ai; called [N]: whether the verdict is ai.
    recall_real and recall_ai are the accuracies of either class. What one class alone leaves
    undefined is left out, and what so few real pictures cannot tell.
    """
    once = np.ones((1, len(labels)))
    numbers: dict[str, float] = {"n": len(labels), "loss": cross_entropy(labels, logits)}
    numbers |= _only(weighted(labels, scores, called, once))
    return {name: value for name, value in numbers.items() if name not in beyond(labels)}


def beyond(labels: Labels) -> set[str]:
    """The TPRs whose rate allows too few false alarms among these real pictures."""
    real = int((labels == REAL).sum())
    return {name for name, fpr in FPRS.items() if real * fpr < FALSE_ALARMS - 1e-9}


def weighted(
    labels: Labels, scores: Floats, called: Bools, weights: Floats
) -> dict[str, NDArray[np.float64]]:
    """Every metric but the loss, [D] each, for D ways to weigh the pictures: weights [D, N].

    A whole weight stands for that many copies. Precision, recall and F1 stand three times:
    weighted by class size, of ai and of real. A way that leaves out a class has NaN where that
    class is needed.
    """
    return of_calls(labels, called, weights) | of_scores(labels, scores, weights)


def summary_of_calls(labels: Labels, called: Bools) -> dict[str, float]:
    """Accuracies, precision, recall and F1; precision is 0 if nothing is called so.

    A class that is absent has none.
    """
    return _only(of_calls(labels, called, np.ones((1, len(labels)))))


def cross_entropy(labels: Labels, logits: Floats) -> float:
    """Mean of `losses`."""
    return float(losses(labels, logits).mean())


def losses(labels: Labels, logits: Floats) -> Floats:
    """Negative log likelihood [N] in nats, from logits, where a score of 1.0 loses nothing."""
    return np.logaddexp(0, np.where(labels == AI, -logits, logits))


def roc(labels: Labels, scores: Floats) -> pd.DataFrame:
    """Columns fpr, tpr, threshold; the curve's corners only.

    The first threshold, above all scores, is written as 1: no reader agrees on infinity.
    """
    distinct, false, true = _above_each(labels, scores)
    corner = np.ones(len(distinct), dtype=np.bool_)
    corner[1:-1] = (np.diff(false, 2) != 0) | (np.diff(true, 2) != 0)
    fpr, tpr = (np.append(0, part[corner]) / part[-1] for part in (false, true))
    return pd.DataFrame({"fpr": fpr, "tpr": tpr, "threshold": np.append(1, distinct[corner])})


def precision_recall(labels: Labels, scores: Floats) -> pd.DataFrame:
    """Columns recall, precision, from every threshold in the scores, the lowest first.

    Ends at a recall of 0, where precision is 1 by agreement.
    """
    _, false, true = _above_each(labels, scores)
    recall, precision = true / true[-1], true / (true + false)
    return pd.DataFrame(
        {"recall": np.append(recall[::-1], 0), "precision": np.append(precision[::-1], 1)}
    )


def bin_count(n: int) -> int:
    """Bins of equal mass for n pictures."""
    return max(1, min(MAX_BINS, n // MIN_IN_BIN))


def bin_means(labels: Labels, scores: Floats) -> tuple[Floats, Floats]:
    """Mean score and share of ai [B] in each bin of equal mass, by rising score.

    A picture on a border is shared between its two bins; tied scores are taken as one.
    """
    bins = bin_count(len(labels))
    runs = _runs(labels, scores, np.ones((1, len(labels))))
    # Sums of sums leave [0, 1] by a rounding.
    means, shares = (np.clip(mass[0] * bins / len(labels), 0, 1) for mass in _binned(*runs, bins))
    return means, shares


def auc(labels: Labels, scores: Floats, weights: Floats) -> Floats:
    """ROC AUC [D] of pictures weighed in D ways, weights [D, N]; NaN where a class is left out."""
    _, real, ai = _runs(labels, scores, weights)
    return _auc(real, ai)


def auc_pull(labels: Labels, scores: Floats) -> tuple[float, Floats]:
    """ROC AUC, and by how much each picture [N] pulls it up or down (DeLong et al. 1988).

    A picture's pull is its share of pairs in the right order, less the AUC, over its class's size.
    """
    real, ai = np.sort(scores[labels == REAL]), np.sort(scores[labels == AI])
    share = np.where(labels == AI, _below(real, scores), 1 - _below(ai, scores))
    whole = float(share[labels == AI].mean())
    return whole, (share - whole) / np.where(labels == AI, len(ai), len(real))


def _below(ordered: Floats, scores: Floats) -> Floats:
    """Share of the ordered that lies below each score, ties counting half."""
    strictly = np.searchsorted(ordered, scores)
    return (strictly + np.searchsorted(ordered, scores, side="right")) / 2 / len(ordered)


def of_scores(labels: Labels, scores: Floats, weights: Floats) -> dict[str, Floats]:
    """What no threshold decides; as `weighted`."""
    distinct, real, ai = _runs(labels, scores, weights)
    total = real.sum(axis=1) + ai.sum(axis=1)
    score_mass, ai_mass = _binned(distinct, real, ai, bin_count(len(labels)))
    found = {
        "brier": (ai @ (1 - distinct) ** 2 + real @ distinct**2) / total,
        "ece": np.abs(score_mass - ai_mass).sum(axis=1) / total,
    }
    return found | (_of_ranking(real, ai) if len(np.unique(labels)) == 2 else {})


def of_calls(labels: Labels, called: Bools, weights: Floats) -> dict[str, Floats]:
    """What depends on the calls alone; as `weighted`."""
    cells = [(labels == label) & (called == said) for label in (REAL, AI) for said in (REAL, AI)]
    real_right, real_wrong, ai_wrong, ai_right = (weights @ np.stack(cells, axis=1)).T
    right = {REAL: real_right, AI: ai_right}
    actual = {REAL: real_right + real_wrong, AI: ai_right + ai_wrong}
    said = {REAL: real_right + ai_wrong, AI: ai_right + real_wrong}
    total = actual[REAL] + actual[AI]

    found = {"accuracy": (real_right + ai_right) / total}
    by_class = {
        label: {
            "precision": _ratio(right[label], said[label], 0),
            "recall": _ratio(right[label], actual[label], np.nan),
            "f1": _ratio(2 * right[label], np.where(actual[label], actual[label] + said[label], 0)),
        }
        for label in (AI, REAL)
    }
    found["balanced_accuracy"] = (by_class[AI]["recall"] + by_class[REAL]["recall"]) / 2
    for name in ("precision", "recall", "f1"):
        parts = [np.nan_to_num(by_class[label][name]) * actual[label] for label in (AI, REAL)]
        found[f"{name}_weighted"] = (parts[0] + parts[1]) / total
    present = [label for label in (AI, REAL) if (labels == label).any()]
    if len(present) < 2:
        del found["balanced_accuracy"]
    for label in present:
        found |= {f"{name}_{LABELS[label]}": value for name, value in by_class[label].items()}
    return found


def _of_ranking(real: Floats, ai: Floats) -> dict[str, Floats]:
    """What depends on the order of the scores alone, from the masses of `_runs`."""
    all_real, all_ai = real.sum(axis=1), ai.sum(axis=1)
    # Pictures of each class at or above each score, the highest score first.
    false, true = (np.cumsum(mass[:, ::-1], axis=1) for mass in (real, ai))
    precision = _ratio(true, true + false, 0)
    found = {
        "roc_auc": _auc(real, ai),
        "average_precision": _ratio((ai[:, ::-1] * precision).sum(axis=1), all_ai, np.nan),
    }
    for name, fpr in FPRS.items():
        allowed = false <= fpr * all_real[:, None] + 1e-9  # 0.05 * 20 is more than 1
        found[name] = _ratio(np.where(allowed, true, 0).max(axis=1), all_ai, np.nan)
        found[name][all_real == 0] = np.nan
    return found


def _auc(real: Floats, ai: Floats) -> Floats:
    """Share of (real, ai) pairs in the right order, ties counting half (Mann & Whitney 1947)."""
    pairs = real.sum(axis=1) * ai.sum(axis=1)
    return _ratio((ai * (np.cumsum(real, axis=1) - real / 2)).sum(axis=1), pairs, np.nan)


def _runs(labels: Labels, scores: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """The distinct scores [U], rising, and the weight of real and of ai [D, U] at each."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    is_ai, ordered = labels[order] == AI, weights[:, order]
    real, ai = (np.add.reduceat(ordered * mine, starts, axis=1) for mine in (~is_ai, is_ai))
    return scores[order][starts], real, ai


def _above_each(labels: Labels, scores: Floats) -> tuple[Floats, Floats, Floats]:
    """The distinct scores [U], falling, and how many real and ai pictures are at or above each."""
    distinct, real, ai = _runs(labels, scores, np.ones((1, len(labels))))
    false, true = (np.cumsum(mass[0, ::-1]) for mass in (real, ai))
    return distinct[::-1], false, true


def _binned(scores: Floats, real: Floats, ai: Floats, bins: int) -> tuple[Floats, Floats]:
    """Sums of scores and of ai [D, bins] in bins that hold equal shares of the weight."""
    mass = np.cumsum(real + ai, axis=1)
    sums = [np.cumsum(part, axis=1) for part in ((real + ai) * scores, ai)]
    borders = [np.zeros((2, len(mass)))]
    ways = np.arange(len(mass))
    for border in range(1, bins):
        cut = mass[:, -1] * border / bins
        right = (mass < cut[:, None]).sum(axis=1)  # the run that the border falls into
        inside = (mass[ways, right] - cut) / (real + ai)[ways, right]
        whole = [total[ways, right] for total in sums]
        own = ((real + ai)[ways, right] * scores[right], ai[ways, right])
        borders.append(np.stack([w - o * inside for w, o in zip(whole, own, strict=True)]))
    borders.append(np.stack([total[:, -1] for total in sums]))
    score_mass, ai_mass = np.diff(np.stack(borders, axis=2), axis=2)
    return score_mass, ai_mass


def _ratio(part: Floats, whole: Floats, empty: float = np.nan) -> Floats:
    """part / whole, and `empty` where the whole is 0."""
    shares = np.full(part.shape, float(empty))
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares


def _only(found: dict[str, Floats]) -> dict[str, float]:
    return {name: float(value[0]) for name, value in found.items()}
