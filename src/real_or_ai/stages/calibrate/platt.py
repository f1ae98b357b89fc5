"""A detector's scores become probabilities: Platt's scaling, fitted on val.

numpy only: the stage starts fast.
"""

from dataclasses import dataclass

import numpy as np

from real_or_ai.conventions.arrays import Floats, Labels
from real_or_ai.conventions.labels import AI

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
