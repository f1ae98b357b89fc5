import json
from itertools import product

import numpy as np
import pytest

from conftest import ROOT
from real_or_ai.stages.compare import interval_coverage
from real_or_ai.stages.compare.interval_coverage import (
    BY_AUC,
    LAYOUTS,
    LOW,
    METHODS,
    SIZES,
    TABLE,
    TRUTHS,
    nearest_layout,
    simulated,
    smoothed,
)
from real_or_ai.statistics import intervals, metrics


def alone(n: int) -> dict[str, float]:
    return {"n": n, "groups": n, "group_size": 1}


def test_the_table_is_the_one_in_the_docs():
    made = json.loads(TABLE.read_text(encoding="utf-8"))
    assert (made["n"], made["truths"]) == (list(SIZES), list(TRUTHS))
    assert made["repetitions"] >= 1000
    assert set(made["coverage"]) == set(METHODS)
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    for metric, layouts in made["coverage"].items():
        part = page.split(f"## {metric}: ")[1].split("\n## ")[0]
        for layout, (at, truth) in product(LAYOUTS, enumerate(TRUTHS)):
            shares = layouts[layout][at]
            weak = [smoothed(metric, layout, truth, n) < LOW for n in SIZES]
            cells = [
                f"**{share:.3f}**" if mark else f"{share:.3f}"
                for share, mark in zip(shares, weak, strict=True)
            ]
            assert f"| {layout} | {truth:g} | {' | '.join(cells)} |" in part


@pytest.mark.parametrize("metric", METHODS)
def test_smoothing_follows_the_simulation(metric):
    """Where coverage is good a cell lies off by its noise; where it is bad it is marked anyway."""
    made = json.loads(TABLE.read_text(encoding="utf-8"))["coverage"][metric]
    apart = []
    for layout, (row, truth), (column, n) in product(LAYOUTS, enumerate(TRUTHS), enumerate(SIZES)):
        share, smooth = made[layout][row][column], smoothed(metric, layout, truth, n)
        apart.append(share - smooth)
        assert abs(share - smooth) < 0.03 or max(share, smooth) < LOW, (layout, truth, n)
    assert abs(np.mean(apart)) < 0.01


def test_outside_what_was_simulated_the_nearest_counts():
    assert simulated("f1_ai", 0.99, **alone(30)) == simulated("f1_ai", 0.97, **alone(40))
    assert simulated("f1_ai", 0.3, **alone(5000)) == simulated("f1_ai", 0.7, **alone(170))
    of_rest = simulated("real_called_ai", 0.1, **alone(60))
    assert of_rest == simulated("accuracy", 0.9, **alone(60))
    assert of_rest != simulated("accuracy", 0.7, **alone(60))
    assert simulated("ece", 0.1, **alone(60)) is None
    assert simulated("recall_real_at_half", 0.1, **alone(60)) == of_rest


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n", [40, 60, 170, 400])
def test_a_layout_is_known_by_its_groups(layout, n):
    sizes = {
        "single": [1] * n,
        "fours": [4] * (n // 4),
        "one large": [n // 5] + [1] * (n - n // 5),
    }[layout]
    groups = np.repeat(np.arange(len(sizes)), sizes).astype(str)
    assert nearest_layout(len(groups), len(sizes), intervals.group_size(groups)) == layout


def test_every_metric_that_borrows_a_coverage_exists():
    labels, scores = np.arange(400) % 2, np.linspace(0, 1, 400)
    known = set(metrics.summary(labels, scores, scores, scores >= 0.5))
    known |= set(intervals.decided(labels, ["ai", "real"] * 200, labels.astype(str)))
    known |= {"auc_difference", "auc_difference_over_seeds"}  # of two detectors
    assert set(interval_coverage.ALIKE) | set(METHODS) <= known
    assert set(interval_coverage.ALIKE.values()) | BY_AUC <= set(METHODS)


def test_the_intervals_we_lean_on_hold_the_truth():
    for metric in ("accuracy", "balanced_accuracy", "roc_auc", "f1_ai"):
        for layout, truth, n in product(("single", "fours"), TRUTHS, SIZES):
            assert smoothed(metric, layout, truth, n) > 0.88, (metric, layout, truth, n)
