"""What a detector learns from val after its training: calibrated scores, a threshold, when unsure.

numpy only: the stage that calls it starts fast.
"""

from dataclasses import dataclass

import numpy as np

from real_or_ai.conventions.arrays import Floats, Groups, Labels
from real_or_ai.conventions.labels import AI, LABELS, REAL, UNSURE, Decision

MIN_SLOPE = 1e-3  # per standard deviation of the logits; 0 would make all scores equal
STEPS, TOLERANCE = 100, 1e-10  # of Newton's method; the gradient's, per picture
RIDGE = 1e-12  # on the Hessian, as in Lin, Lin & Weng


@dataclass(frozen=True)
class Platt:
    """Calibrated log odds are slope * logit + intercept; slope > 0, so that the order stays.

    flat: val showed no order, or the opposite one, and the slope was set to almost nothing
    (MIN_SLOPE) instead of reversing it: scores then say little more than the share of ai in val.
    """

    slope: float
    intercept: float
    flat: bool

    def logits(self, raw: Floats) -> Floats:
        """Calibrated log odds [N]."""
        return self.slope * raw + self.intercept


@dataclass(frozen=True)
class Cuts:
    """A score above `real_above` does not conform with real, one below `ai_below` not with ai."""

    real_above: float
    ai_below: float


def fit_platt(logits: Floats, labels: Labels) -> Platt:
    """Platt scaling (1999) by Newton's method with backtracking (Lin, Lin & Weng 2007).

    logits [N], finite. Platt's smoothed targets keep the slope finite where a cut separates the
    classes.
    """
    mean = float(logits.mean())
    scale = float(logits.std()) if np.ptp(logits) else 1.0
    targets = _smoothed(labels)
    slope, intercept = _newton((logits - mean) / scale, targets)
    flat = slope < MIN_SLOPE
    if flat:
        slope, intercept = MIN_SLOPE, _log_odds(targets)
    return Platt(slope / scale, intercept - slope / scale * mean, flat=flat)


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


def unsure_cuts(scores: Floats, labels: Labels, groups: Groups, alpha: float) -> Cuts | None:
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
    return Cuts(real_above, -ai_below)


def verdicts(scores: Floats, cuts: Cuts | None) -> list[Decision]:
    """The one class that a score conforms with; unsure for both, for none and without cuts."""
    if cuts is None:
        return [UNSURE] * len(scores)
    conforms = zip(scores <= cuts.real_above, scores >= cuts.ai_below, strict=True)
    return [UNSURE if real == ai else LABELS[AI if ai else REAL] for real, ai in conforms]


def _smoothed(labels: Labels) -> Floats:
    """Platt's targets [N]: (n + 1) / (n + 2) for each of n ai, 1 / (n + 2) for each of n real."""
    ai = labels == AI
    n_ai = int(ai.sum())
    return np.where(ai, (n_ai + 1) / (n_ai + 2), 1 / (len(ai) - n_ai + 2))


def _log_odds(targets: Floats) -> float:
    return float(np.log(targets.mean() / (1 - targets.mean())))


def _newton(x: Floats, targets: Floats) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of targets [N] in (0, 1) on x [N]."""
    design = np.stack([x, np.ones(len(x))], axis=1)

    def loss(at: Floats) -> float:
        return float((np.logaddexp(0, design @ at) - targets * (design @ at)).sum())

    at = np.array([0.0, _log_odds(targets)])
    for _ in range(STEPS):
        likely = np.exp(-np.logaddexp(0, -design @ at))
        gradient = design.T @ (likely - targets)
        if np.abs(gradient).max() < TOLERANCE * len(x):
            break
        hessian = (design.T * (likely * (1 - likely))) @ design + RIDGE * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while (
            size > TOLERANCE and loss(at - size * step) > loss(at) - 1e-4 * size * gradient @ step
        ):
            size /= 2
        at = at - size * step
    return float(at[0]), float(at[1])


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
