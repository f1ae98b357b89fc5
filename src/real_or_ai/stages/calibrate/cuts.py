"""Where a score is called ai, and between which scores a verdict is unsure; fitted on val."""

import numpy as np

from real_or_ai.conventions.arrays import Floats, Groups, Labels
from real_or_ai.conventions.labels import AI, REAL
from real_or_ai.detector_file.description import Unsure


def best_threshold(scores: Floats, labels: Labels) -> float:
    """The cut with the highest balanced accuracy; a score at or above it is called ai.

    scores [N] in [0, 1]. The cut lies midway between neighbouring scores; ties go to the higher
    one (fewer false alarms). Raises ValueError if a class is absent.
    """
    real, ai = (np.sort(scores[labels == label]) for label in (REAL, AI))
    if not len(real) or not len(ai):
        raise ValueError("a threshold needs pictures of both classes")
    borders = np.concatenate([[0], np.unique(scores), [1]])
    cuts = (borders[:-1] + borders[1:]) / 2
    right_real = np.searchsorted(real, cuts)
    right_ai = len(ai) - np.searchsorted(ai, cuts)
    balanced = right_real * len(ai) + right_ai * len(real)  # whole numbers: ties are ties
    return float(cuts[np.flatnonzero(balanced == balanced.max())[-1]])


def unsure_cuts(scores: Floats, labels: Labels, groups: Groups, alpha: float) -> Unsure | None:
    """Cuts by which at most alpha of real pictures is called ai, and at most alpha of ai real.

    Class-wise split conformal with whole groups as the unit (hierarchical conformal prediction:
    Lee, Barber & Willett 2023). It holds on average over val sets for a picture of a new group
    that is exchangeable with val's. With one picture a group, real_above is the
    ceil((n + 1)(1 - alpha))-th smallest of n scores. None if a class has fewer than 1 / alpha - 1
    groups: nothing can be decided then.
    """
    real, ai = labels == REAL, labels == AI
    real_above = _conformal_quantile(scores[real], groups[real], alpha)
    ai_below = _conformal_quantile(-scores[ai], groups[ai], alpha)
    if real_above is None or ai_below is None:
        return None
    return Unsure(alpha=alpha, real_above=real_above, ai_below=-ai_below)


def _conformal_quantile(scores: Floats, groups: Groups, alpha: float) -> float | None:
    """The smallest score that all but alpha of the weight lies at or below; None if none does.

    Each of K groups weighs 1 / (K + 1), shared by its pictures; the last 1 / (K + 1) is infinite.
    """
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.argsort(scores)
    mass = np.cumsum((1 / sizes)[group][order])
    # 9 groups suffice for alpha = 0.1, whatever the sums round to.
    enough = np.flatnonzero(mass >= (1 - alpha) * (len(sizes) + 1) - 1e-9)
    return float(scores[order][enough[0]]) if len(enough) else None
