import math

import numpy as np
import pandas as pd
import pytest

from real_or_ai.experiments import outcomes


def scored(value: float, n: int = 50, *, half: float = 0.1, auc: bool = True) -> dict[str, float]:
    """What one split of metrics/<model>.json holds, all metrics alike."""
    names = [name for name in outcomes.METRICS if auc or name != "roc_auc"]
    found = {
        f"{name}{end}": value + away
        for name in (*names, "recall_ai")
        for end, away in (("", 0.0), ("_low", -half), ("_high", half))
    }
    return {"n": n} | found


def left_out(*parts: tuple[str, dict[str, float]]) -> pd.DataFrame:
    """A table of leave one source out for one model, with the external part of each source."""
    rows = []
    for source, external in parts:
        numbers = {"svm": {"val": scored(0.9), "test": scored(0.8), "external": external}}
        rows += outcomes.rows(numbers, data="a toy", experiment="delivered", held_out=source)
    return outcomes.table(rows)


def test_a_row_a_model_and_split_with_all_intervals():
    numbers = {"cnn": {"val": scored(0.7), "test": scored(0.6, 60)}, "svm": {"val": scored(0.5)}}
    table = outcomes.table(list(outcomes.rows(numbers, data="a toy", experiment="leaky")))
    assert list(table.columns) == [
        *("data", "experiment", "model", "split", "n", "alpha"),
        *(f"{name}{end}" for name in outcomes.METRICS for end in ("", "_low", "_high")),
    ]
    assert table[["model", "split", "n", "accuracy", "accuracy_low", "roc_auc_high"]].to_numpy(
    ).tolist() == [
        ["cnn", "val", 50, 0.7, pytest.approx(0.6), pytest.approx(0.8)],
        ["cnn", "test", 60, 0.6, 0.5, 0.7],
        ["svm", "val", 50, 0.5, 0.4, 0.6],
    ]  # fmt: skip


def test_a_metric_without_its_interval_is_a_bug():
    numbers = {"cnn": {"val": {"n": 5, "accuracy": 0.7}}}
    with pytest.raises(KeyError, match="accuracy_low"):
        list(outcomes.rows(numbers, experiment="leaky"))


def test_a_table_reads_back_as_it_was(tmp_path):
    table = outcomes.with_means(left_out(("web", scored(0.7)), ("a, b", scored(1 / 3, auc=False))))
    path = tmp_path / "table.csv"
    table.to_csv(path, index=False)
    assert ",,," in path.read_text(encoding="utf-8")  # no ROC AUC of one class: empty cells
    pd.testing.assert_frame_equal(pd.read_csv(path), table, check_dtype=False)


def test_the_mean_is_over_the_sources_that_have_the_metric():
    table = outcomes.with_means(
        left_out(("web", scored(0.9, 40)), ("studio", scored(0.5, 20, auc=False)))
    )
    assert list(zip(table["held_out"], table["split"], strict=True)) == [
        ("web", "test"), ("web", "external"), ("studio", "test"), ("studio", "external"),
        ("mean", "external"),
    ]  # fmt: skip
    mean = table.iloc[-1]
    assert (mean["experiment"], mean["model"], mean["n"]) == ("delivered", "svm", 60)
    assert mean["accuracy"] == pytest.approx(0.7)
    assert mean["accuracy_high"] == pytest.approx(0.7 + 0.1 / math.sqrt(2))
    assert mean["roc_auc"] == 0.9
    assert (mean["roc_auc_low"], mean["roc_auc_high"]) == pytest.approx((0.8, 1.0))


def test_no_source_with_both_classes_leaves_no_mean():
    table = outcomes.with_means(left_out(("web", scored(0.9, auc=False))))
    assert table.iloc[-1][["roc_auc", "roc_auc_low", "roc_auc_high"]].isna().all()


def test_the_interval_of_a_mean_covers_it():
    chance = np.random.default_rng(0)
    true, sizes = np.array([0.9, 0.75, 0.6]), np.array([60, 80, 120])
    covered = 0
    for _ in range(150):
        shares = chance.binomial(sizes, true) / sizes
        halves = 1.96 * np.sqrt(shares * (1 - shares) / sizes)
        table = left_out(
            *((str(i), scored(shares[i], int(sizes[i]), half=halves[i])) for i in range(3))
        )
        mean = outcomes.with_means(table).iloc[-1]
        covered += mean["accuracy_low"] <= true.mean() <= mean["accuracy_high"]
    assert 0.89 < covered / 150 < 0.99


def test_inflation_is_val_above_test_with_newcombes_interval():
    """Newcombe 1998, table II (a), method 10: 56/70 against 48/80 is 0.2 (0.0524 to 0.3339)."""
    numbers = {
        "cnn": {
            "val": {"n": 70, "accuracy": 0.8, "accuracy_low": 0.6918, "accuracy_high": 0.8769},
            "test": {"n": 80, "accuracy": 0.6, "accuracy_low": 0.4904, "accuracy_high": 0.7005},
        }
    }
    pair = outcomes.table(list(outcomes.rows(numbers, data="a toy", experiment="leaky")))
    (row,) = outcomes.inflation(pair).to_dict("records")
    assert (row["val"], row["test"]) == (0.8, 0.6)
    assert row["val_above_test"] == pytest.approx(0.2)
    assert row["val_above_test_low"] == pytest.approx(0.0524, abs=2e-4)
    assert row["val_above_test_high"] == pytest.approx(0.3339, abs=2e-4)
