"""Simulates how often our 95 % intervals hold the truth; writes its table and docs/coverage.md.

make coverage
"""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from real_or_ai.conventions.labels import AI
from real_or_ai.detector_file.session import score_of
from real_or_ai.stages.compare.interval_coverage import (
    GROUP_SIZES,
    LOW,
    METHODS,
    SIZES,
    TABLE,
    TRUTHS,
)
from real_or_ai.statistics import intervals

DOCS = Path(__file__).parents[1] / "docs"
REPETITIONS = 1000
DRAWS = 400  # a fifth of the pipeline's, for time
ALIKE = 0.5  # correlation of the logits of one group's pictures, and of two detectors'
SEED = 4


def main() -> None:
    intervals.DRAWS = DRAWS
    found: dict[str, dict[str, list[float]]] = {metric: {} for metric in METHODS}
    for size, truth in product(GROUP_SIZES, TRUTHS):
        columns = [covered(truth, n, size) for n in SIZES]
        for metric in METHODS:
            found[metric][f"{size} {truth}"] = [column[metric] for column in columns]
    setting = {"repetitions": REPETITIONS, "draws": DRAWS, "alike": ALIKE, "seed": SEED}
    text = json.dumps(setting | {"n": SIZES, "coverage": found}, indent=2)
    TABLE.write_text(text + "\n", encoding="utf-8")
    (DOCS / "coverage.md").write_text("\n".join(page(found)) + "\n", encoding="utf-8")


def covered(truth: float, n: int, size: int) -> dict[str, float]:
    """Metric -> share of the repetitions in which its interval held the truth."""
    chance = np.random.default_rng([SEED, int(1000 * truth), n, size])
    held = [
        {
            metric: low <= (0 if metric == "auc_difference" else truth) <= high
            for metric, (low, high) in one(chance, truth, n, size)
        }
        for _ in range(REPETITIONS)
    ]
    return {metric: sum(row[metric] for row in held) / REPETITIONS for metric in METHODS}


def one(
    chance: np.random.Generator, truth: float, n: int, size: int
) -> Iterator[tuple[str, intervals.Interval]]:
    """The interval of each metric from one test set; classes' logits are normal, some way apart."""
    labels = np.repeat([0, 1], n // 2)
    group = np.concatenate([np.arange(n // 2), np.arange(n // 2) + n]) // size
    groups, seed = group.astype(str), int(chance.integers(2**31))
    common, own, other = (noise(chance, group) for _ in range(3))
    mine = np.sqrt(ALIKE) * common + np.sqrt(1 - ALIKE) * own
    theirs = np.sqrt(ALIKE) * common + np.sqrt(1 - ALIKE) * other

    def scores(apart: float, luck: NDArray[np.float64]) -> NDArray[np.float64]:
        return score_of(apart * (labels - 0.5) + luck)

    # At the middle cut accuracy, precision, recall and F1 are all the same.
    at_cut = scores(2 * norm.ppf(truth), mine)
    called = at_cut >= 0.5
    right = called == (labels == AI)
    yield "accuracy", intervals.wilson(right, groups)
    yield "balanced_accuracy", intervals.balanced_interval(labels, right, groups)
    yield "f1_ai", intervals.f1_interval(labels == AI, right, groups)
    drawn = intervals.grouped_bootstrap(labels, at_cut, called, groups, seed)
    yield "f1_weighted", drawn["f1_weighted"]
    apart = np.sqrt(2) * norm.ppf(truth)
    a, b = scores(apart, mine), scores(apart, theirs)
    yield "roc_auc", intervals.auc_interval(labels, a, groups)
    yield "auc_difference", intervals.auc_difference(labels, a, b, groups, seed)[1:]
    ranked = scores(APART_AT_PRECISION[truth], mine)
    drawn = intervals.grouped_bootstrap(labels, ranked, called, groups, seed)
    yield "average_precision", drawn["average_precision"]


def noise(chance: np.random.Generator, group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Standard normal, alike within a group."""
    shared = chance.normal(size=group.max() + 1)[group]
    return np.sqrt(ALIKE) * shared + np.sqrt(1 - ALIKE) * chance.normal(size=len(group))


def average_precision(apart: float) -> float:
    """Of balanced classes whose logits are normal, `apart` standard deviations."""
    cuts = np.linspace(apart + 8, -apart - 8, 20_001)
    true, false = norm.sf(cuts - apart), norm.sf(cuts)
    return float(np.trapezoid(true / (true + false), true))


APART_AT_PRECISION = {
    truth: brentq(lambda apart, truth=truth: average_precision(apart) - truth, 0.1, 6)
    for truth in TRUTHS
}


def page(found: dict[str, dict[str, list[float]]]) -> Iterator[str]:
    yield "# How often the 95 % intervals hold the truth"
    yield ""
    yield f"Simulated by `make coverage`: {REPETITIONS:,} test sets a cell, so 0.950 is good to"
    yield f"± 0.014; {DRAWS} draws of the bootstrap, a fifth of the pipeline's. Half of n are real,"
    yield "half ai; their logits are normal. In groups of 4, which are of one class, the logits"
    yield f"correlate by {ALIKE:g}. *Truth* is the true value of the metric; of `auc_difference`,"
    yield "whose truth is 0, it is the AUC of both detectors."
    yield ""
    yield f"**Bold**: under {LOW:g}. `metrics/report.md` says so where it prints such an interval."
    for metric, method in METHODS.items():
        yield ""
        yield f"## {metric}: {method}"
        yield ""
        yield f"| groups of | truth | {' | '.join(f'n = {n}' for n in SIZES)} |"
        yield "|---|---|" + "---|" * len(SIZES)
        for size, truth in product(GROUP_SIZES, TRUTHS):
            shares = found[metric][f"{size} {truth}"]
            cells = [f"**{share:.3f}**" if share < LOW else f"{share:.3f}" for share in shares]
            yield f"| {size} | {truth:g} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
