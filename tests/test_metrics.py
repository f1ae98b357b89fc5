import numpy as np
import pytest
import sklearn.metrics as sk

from real_or_ai.detector_file.session import score_of
from real_or_ai.statistics import metrics

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
    numbers = metrics.summary_of_calls(LABELS, np.zeros(7, dtype=np.bool_))
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


def drawn_pictures(seed, n=60):
    """Labels, scores with ties, and verdicts."""
    chance = np.random.default_rng(seed)
    labels = chance.permutation(np.arange(n) % 2)
    scores = np.clip(labels * 0.3 + chance.random(n), 0, 1).round(1)
    return labels, scores, scores >= 0.6


@pytest.mark.parametrize("decimals", [1, 9])  # ties, and none
@pytest.mark.parametrize("seed", range(3))
def test_curves_are_those_of_scikit_learn(seed, decimals):
    chance = np.random.default_rng(seed)
    labels = chance.integers(0, 2, 80)
    scores = (labels * 0.3 + chance.random(80)).round(decimals)
    fpr, tpr, threshold = sk.roc_curve(labels, scores)
    found = metrics.roc(labels, scores)
    assert found["fpr"].tolist() == fpr.tolist()
    assert found["tpr"].tolist() == tpr.tolist()
    assert found["threshold"].tolist() == [1, *threshold[1:]]
    precision, recall, _ = sk.precision_recall_curve(labels, scores)
    curve = metrics.precision_recall(labels, scores)
    assert curve["precision"].tolist() == precision.tolist()
    assert curve["recall"].tolist() == recall.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_weighted_metrics_are_those_of_scikit_learn(seed):
    labels, scores, called = drawn_pictures(seed)
    weights = np.random.default_rng(seed).integers(0, 4, size=(5, 60)).astype(float)
    found = metrics.weighted(labels, scores, called, weights)
    for row, weight in enumerate(weights):
        expected = {
            "accuracy": sk.accuracy_score(labels, called, sample_weight=weight),
            "balanced_accuracy": sk.balanced_accuracy_score(labels, called, sample_weight=weight),
            "roc_auc": sk.roc_auc_score(labels, scores, sample_weight=weight),
            "average_precision": sk.average_precision_score(labels, scores, sample_weight=weight),
            "brier": sk.brier_score_loss(labels, scores, sample_weight=weight),
        }
        for name in ("precision", "recall", "f1"):
            score = getattr(sk, f"{name}_score")
            expected[f"{name}_weighted"] = score(
                labels, called, average="weighted", sample_weight=weight
            )
            for label, of in enumerate(("real", "ai")):
                expected[f"{name}_{of}"] = score(
                    labels, called, pos_label=label, sample_weight=weight
                )
        fpr, tpr, _ = sk.roc_curve(labels, scores, sample_weight=weight, drop_intermediate=False)
        expected |= {name: tpr[fpr <= limit].max() for name, limit in metrics.FPRS.items()}
        assert {name: found[name][row] for name in expected} == pytest.approx(expected)
        assert set(found) - set(expected) == {"ece"}


def test_whole_weights_are_copies():
    labels, scores, called = drawn_pictures(4)
    weights = np.random.default_rng(4).permutation(np.arange(60) % 3)
    copies = np.repeat(np.arange(60), weights)
    assert len(copies) == 60  # as many bins
    found = metrics.weighted(labels, scores, called, weights[None].astype(float))
    copied = metrics.weighted(labels[copies], scores[copies], called[copies], np.ones((1, 60)))
    assert {name: value[0] for name, value in found.items()} == pytest.approx(
        {name: value[0] for name, value in copied.items()}
    )


def test_ece_of_a_constructed_case():
    # three bins of ten: scores 0.1, 0.5, 0.9; shares of ai 0.3, 0.5, 0.6
    labels = np.repeat([1, 0, 1, 0, 1, 0], [3, 7, 5, 5, 6, 4])
    scores = np.repeat([0.1, 0.5, 0.9], 10)
    numbers = metrics.summary(labels, np.log(scores / (1 - scores)), scores, scores >= 0.5)
    assert numbers["ece"] == pytest.approx((0.2 + 0 + 0.3) / 3)
    assert numbers["brier"] == pytest.approx(((scores - labels) ** 2).mean())
    means, shares = metrics.bin_means(labels, scores)
    assert means == pytest.approx([0.1, 0.5, 0.9])
    assert shares == pytest.approx([0.3, 0.5, 0.6])


def test_a_picture_on_a_border_is_shared_by_its_bins():
    labels = np.arange(25) % 2
    scores = np.arange(25) / 25
    means, shares = metrics.bin_means(labels, scores)  # two bins of 12.5: picture 12 is in both
    assert means == pytest.approx(
        [(scores[:12].sum() + 0.24) / 12.5, (0.24 + scores[13:].sum()) / 12.5]
    )
    assert shares == pytest.approx([6 / 12.5, 6 / 12.5])


def test_tied_pictures_may_come_in_any_order():
    labels, scores, called = drawn_pictures(5)
    logits = np.log((scores + 0.01) / (1.01 - scores))
    other = np.random.default_rng(0).permutation(60)
    assert metrics.summary(labels, logits, scores, called) == pytest.approx(
        metrics.summary(labels[other], logits[other], scores[other], called[other])
    )


@pytest.mark.parametrize(("n", "bins"), [(1, 1), (19, 1), (60, 6), (149, 14), (1000, 15)])
def test_bins_hold_ten_pictures_or_more(n, bins):
    assert metrics.bin_count(n) == bins


def test_tpr_at_low_fpr_needs_no_false_alarm_where_one_would_be_too_many():
    # 20 real pictures: 1 % and 5 % allow 0 and 1 of them, 10 % allows 2
    labels = np.repeat([0, 1], [20, 4])
    scores = np.concatenate([np.linspace(0, 0.5, 17), [0.6, 0.7, 0.8], [0.55, 0.65, 0.75, 0.9]])
    found = metrics.weighted(labels, scores, scores >= 0.5, np.ones((1, 24)))
    assert [found[name][0] for name in metrics.FPRS] == [1 / 4, 2 / 4, 3 / 4]
    numbers = metrics.summary(labels, scores, scores, scores >= 0.5)
    assert [name for name in metrics.FPRS if name in numbers] == ["tpr_at_fpr_10"]
    assert metrics.beyond(labels[1:]) == set(metrics.FPRS)
    assert metrics.beyond(np.repeat([0, 1], [200, 4])) == set()
