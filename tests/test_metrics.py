import numpy as np
import pytest

from real_or_ai import metrics
from real_or_ai.detector import score_of

LABELS = np.array([0, 0, 0, 1, 1, 1, 1])
SCORES = np.array([0.1, 0.4, 0.7, 0.35, 0.8, 0.9, 0.6])
LOGITS = np.log(SCORES / (1 - SCORES))


def test_a_known_ranking_has_its_known_metrics():
    numbers = metrics.summary(LABELS, LOGITS, SCORES, SCORES >= 0.5)
    assert numbers["n"] == 7
    # of 12 (real, ai) pairs all but (0.4, 0.35), (0.7, 0.35) and (0.7, 0.6) are in order
    assert numbers["roc_auc"] == pytest.approx(9 / 12)
    # called ai: 0.7 (real) and 0.8, 0.9, 0.6
    assert numbers["accuracy"] == pytest.approx(5 / 7)
    assert (numbers["precision_ai"], numbers["recall_ai"]) == pytest.approx((3 / 4, 3 / 4))
    assert (numbers["precision_real"], numbers["recall_real"]) == pytest.approx((2 / 3, 2 / 3))
    assert numbers["f1_weighted"] == pytest.approx((4 * 3 / 4 + 3 * 2 / 3) / 7)
    own = np.where(LABELS == 1, SCORES, 1 - SCORES)
    assert numbers["loss"] == pytest.approx(-np.log(own).mean())
    # precision at each ai picture from the top: 0.9, 0.8, (0.7 real), 0.6, (0.4 real), 0.35
    assert numbers["average_precision"] == pytest.approx((1 + 1 + 3 / 4 + 4 / 6) / 4)


def test_a_class_never_called_has_zero_precision_and_no_warning():
    numbers = metrics.prf(LABELS, np.zeros(7, dtype=np.int64))
    assert numbers["precision_ai"] == numbers["recall_ai"] == numbers["f1_ai"] == 0
    assert numbers["recall_real"] == 1


def test_one_class_alone_has_no_ranking():
    one = LABELS == 1
    numbers = metrics.summary(LABELS[one], LOGITS[one], SCORES[one], SCORES[one] >= 0.5)
    assert numbers["recall_ai"] == numbers["accuracy"] == 3 / 4
    assert not {"roc_auc", "average_precision"} & set(numbers)
    groups = np.arange(4).astype(str)
    assert set(
        metrics.grouped_bootstrap(LABELS[one], SCORES[one], SCORES[one] >= 0.5, groups, 0)
    ) == {"accuracy"}


def test_loss_and_scores_survive_extreme_logits():
    logits = np.array([-1000.0, 1000.0])
    assert metrics.cross_entropy(np.array([0, 1]), logits) == 0
    assert metrics.cross_entropy(np.array([1, 0]), logits) == 1000
    assert score_of(logits).tolist() == [0, 1]


def test_curves_start_and_end_where_they_should():
    roc = metrics.roc(LABELS, SCORES)
    assert roc.iloc[0][["fpr", "tpr"]].tolist() == [0, 0]
    assert roc.iloc[-1][["fpr", "tpr"]].tolist() == [1, 1]
    assert np.trapezoid(roc["tpr"], roc["fpr"]) == pytest.approx(9 / 12)
    assert np.isfinite(roc.to_numpy()).all()
    assert metrics.precision_recall(LABELS, SCORES)["recall"].tolist()[0] == 1


def slow_bootstrap(labels, scores, called, groups, seed):
    """The definition, draw by draw, with repeated pictures instead of weights."""
    from sklearn.metrics import roc_auc_score

    names = np.unique(groups)
    chance = np.random.default_rng(seed)
    accuracies, aucs = [], []
    for _ in range(metrics.DRAWS):
        drawn = names[chance.integers(len(names), size=len(names))]
        rows = np.concatenate([np.flatnonzero(groups == name) for name in drawn])
        accuracies.append((called[rows] == (labels[rows] == 1)).mean())
        if len(set(labels[rows])) == 2:
            aucs.append(roc_auc_score(labels[rows], scores[rows]))
    return np.percentile(accuracies, [2.5, 97.5]), np.percentile(aucs, [2.5, 97.5])


def test_the_bootstrap_is_its_definition():
    chance = np.random.default_rng(1)
    labels = chance.integers(0, 2, size=24)
    scores = (labels * 0.3 + chance.random(24)).round(1)  # with ties
    groups = np.array([f"g{number // 2}" for number in range(24)])
    called = scores >= 0.6
    found = metrics.grouped_bootstrap(labels, scores, called, groups, seed=5)
    accuracy, auc = slow_bootstrap(labels, scores, called, groups, seed=5)
    assert found["accuracy"] == pytest.approx(tuple(accuracy))
    assert found["roc_auc"] == pytest.approx(tuple(auc))


def test_groups_widen_the_interval():
    chance = np.random.default_rng(2)
    labels = np.repeat(chance.integers(0, 2, size=30), 8)
    scores = np.repeat(chance.random(30), 8)
    called = scores > 0.5

    def width(groups):
        low, high = metrics.grouped_bootstrap(labels, scores, called, groups, 0)["accuracy"]
        return high - low

    alone, together = np.arange(240).astype(str), (np.arange(240) // 8).astype(str)
    assert width(together) > 2 * width(alone)
