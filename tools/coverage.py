"""Simulates how often our 95 % intervals hold the truth; writes its table and docs/coverage.md.

make coverage
"""

import json
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.stats import norm

from real_or_ai.conventions.labels import AI
from real_or_ai.detector_file.session import score_of
from real_or_ai.drawing import markdown
from real_or_ai.stages.compare.interval_coverage import (
    BY_AUC,
    LAYOUTS,
    LOW,
    METHODS,
    SIZES,
    TABLE,
    TRUTHS,
    smoothed,
)
from real_or_ai.stages.compare.over_seeds import Trainings, difference
from real_or_ai.statistics import intervals, metrics

DOCS = Path(__file__).parents[1] / "docs"
REPETITIONS = 1000
DRAWS = 400  # a fifth of the pipeline's, for time
ALIKE = 0.5  # correlation of the logits of one group's pictures, and of two detectors'
SEED = 4
SEEDS = 3  # trainings of each of two detectors
APART = 0.3  # standard deviation of how far apart a training puts the classes, in theirs


def main() -> None:
    intervals.DRAWS = DRAWS
    cells = list(product(LAYOUTS, TRUTHS, SIZES))
    shares = Parallel(n_jobs=-1, verbose=5)(delayed(covered)(*cell) for cell in cells)
    found: dict[str, dict[str, list[list[float]]]] = {
        metric: {layout: [[] for _ in TRUTHS] for layout in LAYOUTS} for metric in METHODS
    }
    for (layout, truth, _), of_cell in zip(cells, shares, strict=True):
        for metric in METHODS:
            found[metric][layout][TRUTHS.index(truth)].append(of_cell[metric])
    setting = {"repetitions": REPETITIONS, "draws": DRAWS, "alike": ALIKE, "seed": SEED}
    setting |= {"truths": TRUTHS, "n": SIZES, "seeds": SEEDS, "apart": APART}
    text = json.dumps(setting | {"coverage": found}, indent=2)
    TABLE.write_text(text + "\n", encoding="utf-8")
    (DOCS / "coverage.md").write_text("\n".join(page(found)) + "\n", encoding="utf-8")


def covered(layout: str, truth: float, n: int) -> dict[str, float]:
    """Metric -> share of the repetitions in which its interval held the truth."""
    intervals.DRAWS = DRAWS  # in a process of joblib's
    chance = np.random.default_rng([SEED, int(1000 * truth), n, list(LAYOUTS).index(layout)])
    held: dict[str, int] = dict.fromkeys(METHODS, 0)
    true_of = of_scores(apart_at(truth))
    for _ in range(REPETITIONS):
        for metric, true, (low, high) in one(chance, truth, true_of, n, layout):
            held[metric] += low <= true <= high
    return {metric: count / REPETITIONS for metric, count in held.items()}


def one(
    chance: np.random.Generator, truth: float, true_of: dict[str, float], n: int, layout: str
) -> Iterator[tuple[str, float, intervals.Interval]]:
    """Metric, its true value and its interval from one test set.

    The logits of either class are normal. For accuracy and its like the classes are so far apart
    that it is `truth`; for all that is of scores, so far that the ROC AUC is.
    """
    labels = np.repeat([0, 1], n // 2)
    group = grouped(layout, n)
    groups, seed = group.astype(str), int(chance.integers(2**31))
    common, own, other = (noise(chance, group) for _ in range(3))
    mine = np.sqrt(ALIKE) * common + np.sqrt(1 - ALIKE) * own
    theirs = np.sqrt(ALIKE) * common + np.sqrt(1 - ALIKE) * other

    # At the middle cut accuracy, precision, recall and F1 are all the same.
    at_cut = score_of(2 * norm.ppf(truth) * (labels - 0.5) + mine)
    called = at_cut >= 0.5
    right = called == (labels == AI)
    yield "accuracy", truth, intervals.wilson(right, groups)
    yield "balanced_accuracy", truth, intervals.balanced_interval(labels, right, groups)
    yield "f1_ai", truth, intervals.f1_interval(labels == AI, right, groups)
    drawn = intervals.grouped_bootstrap(partial(metrics.of_calls, labels, called), groups, seed)
    yield "f1_weighted", truth, drawn["f1_weighted"]

    apart = apart_at(truth)
    logits, others = (apart * (apart * (labels - 0.5) + luck) for luck in (mine, theirs))
    a, b = score_of(logits), score_of(others)
    yield "roc_auc", truth, intervals.auc_interval(labels, a, groups)
    yield "auc_difference", 0.0, intervals.auc_difference(labels, a, b, groups, seed)[1:]
    yield (
        "loss",
        true_of["loss"],
        intervals.mean_interval(metrics.losses(labels, logits), groups, seed),
    )
    drawn = intervals.grouped_bootstrap(partial(metrics.of_scores, labels, a), groups, seed)
    for metric in true_of.keys() - {"loss"}:
        yield metric, true_of[metric], drawn[metric]
    yield "auc_difference_over_seeds", 0.0, over_seeds(labels, group, apart, seed)


def over_seeds(
    labels: NDArray[np.int64], group: NDArray[np.int64], apart: float, seed: int
) -> intervals.Interval:
    """Of the AUC difference of two detectors alike, of which each training has its own luck."""
    chance = np.random.default_rng([seed, SEEDS])  # its own, so that others stay as they are
    common = noise(chance, group)

    def trained() -> Trainings:
        own = noise(chance, group)
        logits = np.array(
            [
                chance.normal(apart, APART) * (labels - 0.5)
                + np.sqrt(ALIKE) * common
                + np.sqrt((1 - ALIKE) / 2) * (own + noise(chance, group))
                for _ in range(SEEDS)
            ]
        )
        return Trainings.of(labels, logits, group.astype(str), seed, trained=True)

    found = difference(trained(), trained(), int(group.max()) + 1)
    assert found is not None
    return found.low, found.high


def grouped(layout: str, n: int) -> NDArray[np.int64]:
    """The group [n] of each picture; each is of one class."""
    if layout == "fours":
        return np.concatenate([np.arange(n // 2), np.arange(n // 2) + n]) // 4
    group = np.arange(n)
    if layout == "one large":
        group[n - n // 5 :] = n
    return np.unique(group, return_inverse=True)[1]


def apart_at(auc: float) -> float:
    """By how many standard deviations two normal classes lie apart for this ROC AUC."""
    return float(np.sqrt(2) * norm.ppf(auc))


def of_scores(apart: float) -> dict[str, float]:
    """True values where the classes' logits are calibrated and normal.

    In their own unit the classes lie `apart` standard deviations from each other; then the log odds
    of ai are `apart` times that.
    """
    at = np.linspace(-apart - 8, apart + 8, 20_001)
    score = score_of(apart * at)
    of_ai = norm.pdf(at - apart / 2)  # real is its mirror image
    cuts = at[::-1]
    tpr, fpr = norm.sf(cuts - apart / 2), norm.sf(cuts + apart / 2)
    return {
        "loss": float(np.trapezoid(of_ai * np.logaddexp(0, -apart * at), at)),
        "brier": float(np.trapezoid(of_ai * (1 - score) ** 2, at)),
        "average_precision": float(np.trapezoid(tpr / (tpr + fpr), tpr)),
    } | {name: float(norm.sf(norm.isf(share) - apart)) for name, share in metrics.FPRS.items()}


def noise(chance: np.random.Generator, group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Standard normal, alike within a group."""
    shared = chance.normal(size=group.max() + 1)[group]
    return np.sqrt(ALIKE) * shared + np.sqrt(1 - ALIKE) * chance.normal(size=len(group))


def page(found: dict[str, dict[str, list[list[float]]]]) -> Iterator[str]:
    yield "# How often the 95 % intervals hold the truth"
    yield ""
    yield f"Simulated by `make coverage`: {REPETITIONS:,} test sets a cell, so 0.950 is good to"
    yield f"± 0.014; {DRAWS} draws of the bootstrap, a fifth of the pipeline's. Half of n are real,"
    yield "half ai; their logits are normal. Within a group, which is of one class, the logits"
    yield f"correlate by {ALIKE:g}, as do two detectors'. Over seeds: {SEEDS} trainings of each;"
    yield f"how far apart they put the classes has a standard deviation of {APART:g}."
    yield "*Truth* is the true value of the metric; of what is made of"
    yield f"scores ({', '.join(sorted(BY_AUC))}) it is the ROC AUC of the same pictures."
    yield ""
    yield "Layouts: " + "; ".join(f"*{name}*, {what}" for name, what in LAYOUTS.items()) + "."
    yield ""
    yield f"**Bold**: under {LOW:g} once smoothed over n and truth, as a cell by itself lies within"
    yield "its noise of that. `metrics/report.md` marks such intervals, by its own n and layout."
    for metric, method in METHODS.items():
        yield ""
        yield f"## {metric}: {method}"
        yield ""
        rows = []
        for layout, (at, truth) in product(LAYOUTS, enumerate(TRUTHS)):
            shares = zip(found[metric][layout][at], SIZES, strict=True)
            rows.append(
                [layout, f"{truth:g}", *(cell(metric, layout, truth, *of) for of in shares)]
            )
        yield markdown.table(("layout", "truth", *(f"n = {n}" for n in SIZES)), rows)


def cell(metric: str, layout: str, truth: float, share: float, n: int) -> str:
    weak = smoothed(metric, layout, truth, n) < LOW
    return f"**{share:.3f}**" if weak else f"{share:.3f}"


if __name__ == "__main__":
    main()
