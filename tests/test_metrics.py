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
    undefined = {"roc_auc", "average_precision", "balanced_accuracy", "recall_real", "f1_real"}
    assert not (undefined | set(metrics.FPRS)) & set(numbers)


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
