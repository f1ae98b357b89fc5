from functools import partial

import numpy as np
import pytest

from real_or_ai.detector_file.session import score_of
from real_or_ai.statistics import intervals, metrics


def drawn_pictures(n, seed, signal=1.0, group_size=2):
    """labels, logits, scores, called, groups: what `intervals.intervals` takes."""
    chance = np.random.default_rng(seed)
    labels = chance.permutation(np.arange(n) % 2)
    logits = signal * (2 * labels - 1) + chance.normal(size=n).round(1)
    scores = score_of(logits)
    groups = np.array([f"g{number // group_size}" for number in range(n)])
    return labels, logits, scores, scores >= 0.5, groups


def test_the_bootstrap_is_its_definition(monkeypatch):
    """Draw by draw, with copies of pictures instead of weights."""
    monkeypatch.setattr(intervals, "DRAWS", 400)
    labels, _, scores, called, groups = drawn_pictures(24, 1)
    names = np.unique(groups)
    chance = np.random.default_rng(5)
    numbers = []
    for _ in range(intervals.DRAWS):
        drawn = names[chance.integers(len(names), size=len(names))]
        rows = np.concatenate([np.flatnonzero(groups == name) for name in drawn])
        numbers.append(metrics.summary(labels[rows], scores[rows], scores[rows], called[rows]))
    found = intervals.grouped_bootstrap(
        partial(metrics.weighted, labels, scores, called), groups, seed=5
    )
    assert set(found) - metrics.beyond(labels) == set(numbers[0]) - {"n", "loss"}
    for name, interval in found.items():
        if name in metrics.beyond(labels):
            continue
        values = [number[name] for number in numbers if name in number]
        assert interval == pytest.approx(tuple(np.percentile(values, [2.5, 97.5]))), name


def test_parts_that_bound_memory_change_nothing(monkeypatch):
    _, _, _, _, groups = drawn_pictures(24, 1)
    whole = np.concatenate(list(intervals.draws(groups, 3)))
    monkeypatch.setattr(intervals, "CELLS", 24 * 7)
    parts = list(intervals.draws(groups, 3))
    assert len(parts) == 286
    assert np.array_equal(np.concatenate(parts), whole)
    assert (whole[:, ::2] == whole[:, 1::2]).all()  # a group is drawn whole
    assert (whole.sum(axis=1) == 24).all()


def test_every_metric_has_an_interval_around_it():
    pictures = drawn_pictures(60, 2)
    numbers = metrics.summary(*pictures[:4])
    found = intervals.intervals(*pictures, seed=0)
    assert set(found) == set(numbers) - {"n", "ece"}
    for name, (low, high) in found.items():
        assert 0 <= low <= numbers[name] <= high, name
        assert low < high, name
    assert found["recall_weighted"] == found["accuracy"]
    assert found == intervals.intervals(*pictures, seed=0)


def test_one_class_alone_has_the_intervals_of_its_metrics():
    pictures = drawn_pictures(60, 2)
    ai = [part[pictures[0] == 1] for part in pictures]
    found = intervals.intervals(*ai, seed=0)
    assert set(found) == set(metrics.summary(*ai[:4])) - {"n", "ece"}


def test_one_group_alone_shows_no_spread_of_its_own():
    labels, logits, scores, called, _ = drawn_pictures(20, 2)
    found = intervals.intervals(labels, logits, scores, called, np.repeat(["one"], 20), 0)
    assert not {"f1_weighted", "brier", "loss", "average_precision"} & set(found)
    for name in ("accuracy", "roc_auc", "balanced_accuracy", "recall_ai"):
        low, high = found[name]
        assert high - low > 0.5, name  # as of one or two pictures


def test_low_and_high_stand_beside_their_number():
    flat = intervals.beside({"n": 3, "accuracy": 0.5}, {"accuracy": (0.25, 0.75)})
    assert list(flat.items()) == [
        ("n", 3),
        ("accuracy", 0.5),
        ("accuracy_low", 0.25),
        ("accuracy_high", 0.75),
    ]


def test_scores_that_know_nothing_have_an_auc_around_one_half():
    labels, logits, scores, called, groups = drawn_pictures(170, 3, group_size=1)
    permuted = np.random.default_rng(0).permutation(labels)
    low, high = intervals.intervals(permuted, logits, scores, called, groups, 0)["roc_auc"]
    assert low < 0.5 < high
    assert intervals.intervals(labels, logits, scores, called, groups, 0)["roc_auc"][0] > 0.8


def test_groups_widen_every_interval():
    chance = np.random.default_rng(2)
    labels = np.repeat(np.arange(30) % 2, 8)
    logits = np.repeat(chance.normal(size=30), 8) + labels
    scores = score_of(logits)
    alone, together = np.arange(240).astype(str), (np.arange(240) // 8).astype(str)

    def widths(groups):
        found = intervals.intervals(labels, logits, scores, scores >= 0.5, groups, 0)
        return np.array([high - low for low, high in found.values()])

    assert (widths(together) > 1.5 * widths(alone)).all()


def test_wilson_ends_at_the_share_itself_where_all_or_none_are_right():
    for n in range(1, 200):
        assert intervals.wilson(np.ones(n, np.bool_), np.arange(n))[1] == 1.0
        assert intervals.wilson(np.zeros(n, np.bool_), np.arange(n))[0] == 0.0


def test_wilson_has_its_textbook_value():
    # 15 of 20; scipy.stats.binomtest(15, 20).proportion_ci(method="wilson")
    right = np.arange(20) < 15
    low, high = intervals.wilson(right, np.arange(20).astype(str))
    assert (low, high) == pytest.approx((0.53129, 0.88814), abs=1e-5)
    assert intervals.wilson(right[:0], np.array([], dtype=str)) == (0, 1)
    assert intervals.wilson(np.full(20, True), np.arange(20).astype(str))[1] == 1


def test_f1_is_read_off_a_share():
    labels, _, _, called, groups = drawn_pictures(60, 9, group_size=1)
    right = called == (labels == 1)
    mine = labels == 1
    true_ai, wrong = (right & mine).sum(), (~right).sum()
    either = np.arange(true_ai + wrong) < true_ai
    share = intervals.wilson(either, groups[: len(either)])
    low, high = intervals.f1_interval(mine, right, groups)
    assert (low, high) == pytest.approx(tuple(2 * end / (1 + end) for end in share))
    numbers = metrics.summary_of_calls(labels, called)
    assert numbers["f1_ai"] == pytest.approx(2 * either.mean() / (1 + either.mean()))
    assert low < numbers["f1_ai"] < high


def test_copies_of_a_picture_count_once():
    right = np.random.default_rng(0).random(40) < 0.7
    alone = intervals.wilson(right, np.arange(40).astype(str))
    copied = intervals.wilson(np.repeat(right, 4), np.repeat(np.arange(40), 4).astype(str))
    assert copied == pytest.approx(alone, abs=0.005)
    assert intervals.design_effect(right, np.arange(40).astype(str)) == 1


@pytest.mark.parametrize("all_right", [True, False])
def test_where_nothing_shows_how_alike_groups_are_each_counts_as_one(all_right):
    right = np.full(40, all_right)
    groups = np.repeat(np.arange(10), 4).astype(str)
    assert intervals.design_effect(right, groups) == 4
    assert intervals.wilson(right, groups) == intervals.wilson_of(float(all_right), 10)
    assert intervals.design_effect(np.arange(40) < 20, np.repeat(["one"], 40)) == 40


def test_the_difference_of_a_detector_to_itself_is_nothing():
    labels, _, scores, _, groups = drawn_pictures(60, 4)
    assert intervals.auc_difference(labels, scores, scores, groups, 0) == (0, 0, 0)


def test_pairing_narrows_the_difference_of_two_alike_detectors():
    labels, logits, scores, _, groups = drawn_pictures(100, 5, group_size=1)
    near = score_of(logits + 0.2 * np.random.default_rng(0).normal(size=100))
    difference, low, high = intervals.auc_difference(labels, scores, near, groups, 0)
    both = (
        metrics.auc(labels, scores, np.ones((1, 100))),
        metrics.auc(labels, near, np.ones((1, 100))),
    )
    assert difference == pytest.approx(float(both[0][0] - both[1][0]))
    assert low < difference < high
    alone = intervals.grouped_bootstrap(partial(metrics.of_scores, labels, scores), groups, 0)[
        "roc_auc"
    ]
    assert high - low < (alone[1] - alone[0]) / 2
    random = np.random.default_rng(1).random(100)
    assert intervals.auc_difference(labels, scores, random, groups, 0)[1] > 0


def test_reliability_holds_every_picture_once():
    labels, _, scores, _, _ = drawn_pictures(65, 6)
    table = intervals.reliability(labels, scores)
    assert len(table) == 6
    assert table["n"].sum() == pytest.approx(65)
    assert (table["n"] * table["share_ai"]).sum() == pytest.approx(labels.sum())
    assert (table["n"] * table["score"]).sum() == pytest.approx(scores.sum())
    assert table["score"].is_monotonic_increasing
    assert table["share_ai"].between(table["share_ai_low"], table["share_ai_high"]).all()


def test_decided_tells_the_promised_error_from_that_of_the_decided():
    labels = np.repeat([0, 1], [10, 5])
    verdicts = ["real"] * 5 + ["ai"] + ["unsure"] * 4 + ["ai", "real"] + ["unsure"] * 3
    found = intervals.decided(labels, verdicts, np.arange(15).astype(str))
    assert (found["real_called_ai"], found["ai_called_real"]) == pytest.approx((1 / 10, 1 / 5))
    assert (found["real_decided"], found["ai_decided"]) == pytest.approx((6 / 10, 2 / 5))
    assert found["error_of_decided"] == pytest.approx(2 / 8)
    assert found["n_decided"] == 8
    assert found["real_called_ai_low"] < 1 / 10 < found["real_called_ai_high"]
    nothing = intervals.decided(labels, ["unsure"] * 15, np.arange(15).astype(str))
    assert "error_of_decided" not in nothing
    assert nothing["ai_decided"] == nothing["n_decided"] == 0


def test_auc_pulls_are_those_of_leaving_a_picture_out():
    labels, _, scores, _, _ = drawn_pictures(30, 7)
    whole, pull = metrics.auc_pull(labels, scores)
    assert whole == pytest.approx(float(metrics.auc(labels, scores, np.ones((1, 30)))[0]))
    without = metrics.auc(labels, scores, 1 - np.eye(30))
    # of n pictures of a class, leaving one out moves the AUC by its pull * n / (n - 1)
    assert whole - without == pytest.approx(pull * 15 / 14)


def test_the_auc_interval_is_newcombes():
    # Solved by hand at auc = 1, 20 against 20: (1 - x)^2 = z^2 x (1 - x) (1 + 19 s(x)) / 400
    labels, scores = np.repeat([0, 1], 20), np.arange(40) / 40
    low, high = intervals.auc_interval(labels, scores, np.arange(40).astype(str))
    assert high == 1
    spread = (1 - low) / (2 - low) + low / (1 + low)
    assert 1 - low == pytest.approx(intervals.Z**2 * low * (1 + 19 * spread) / 400)
    assert 0.8 < low < 0.95
    mirrored = intervals.auc_interval(1 - labels, scores, np.arange(40).astype(str))
    assert mirrored == pytest.approx((0, 1 - low))


def test_copies_do_not_narrow_the_auc():
    labels, _, scores, _, groups = drawn_pictures(60, 8, group_size=1)
    alone = intervals.auc_interval(labels, scores, groups)
    copied = intervals.auc_interval(*(np.repeat(part, 4) for part in (labels, scores, groups)))
    assert copied == pytest.approx(alone, abs=0.01)
