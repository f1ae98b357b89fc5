import json
from itertools import product

import numpy as np
import pytest

from conftest import ROOT
from real_or_ai.stages.compare import interval_coverage
from real_or_ai.stages.compare.interval_coverage import (
    GROUP_SIZES,
    METHODS,
    SIZES,
    TABLE,
    TRUTHS,
    simulated,
)
from real_or_ai.statistics import metrics


def test_the_table_is_the_one_in_the_docs():
    made = json.loads(TABLE.read_text(encoding="utf-8"))
    assert made["n"] == list(SIZES)
    assert made["repetitions"] >= 1000
    assert set(made["coverage"]) == set(METHODS)
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    for metric, rows in made["coverage"].items():
        for size, truth in product(GROUP_SIZES, TRUTHS):
            shares = rows[f"{size} {truth}"]
            found = [simulated(metric, truth, n=n, groups=n // size) for n in SIZES]
            assert found == pytest.approx(shares), (metric, size, truth)
            cells = [f"**{s:.3f}**" if s < interval_coverage.LOW else f"{s:.3f}" for s in shares]
            assert f"| {size} | {truth:g} | {' | '.join(cells)} |" in page


def test_the_nearest_setting_is_taken():
    assert simulated("f1_ai", 0.99, n=30, groups=30) == simulated("f1_ai", 0.97, n=40, groups=40)
    assert simulated("f1_ai", 0.3, n=5000, groups=900) == simulated("f1_ai", 0.7, n=170, groups=42)
    assert simulated("f1_ai", 0.85, n=100, groups=51) == simulated("f1_ai", 0.9, n=60, groups=60)
    assert simulated("recall_ai", 0.9, n=60, groups=60) == simulated(
        "accuracy", 0.9, n=60, groups=60
    )
    assert simulated("brier", 0.1, n=60, groups=60) is None


def test_every_metric_that_borrows_a_coverage_exists():
    labels, scores = np.arange(20) % 2, np.linspace(0, 1, 20)
    known = set(metrics.summary(labels, scores, scores, scores >= 0.5))
    known |= {"auc_difference", "accuracy_at_half"}  # of two detectors; of the uncalibrated one
    assert set(interval_coverage.ALIKE) | set(METHODS) <= known
    assert set(interval_coverage.ALIKE.values()) <= set(METHODS)


def test_the_intervals_we_lean_on_hold_the_truth():
    for metric in ("accuracy", "balanced_accuracy", "roc_auc", "f1_ai"):
        shares = [
            simulated(metric, truth, n=n, groups=n // size)
            for size, truth, n in product(GROUP_SIZES, TRUTHS, SIZES)
        ]
        assert min(shares) > 0.88, metric
