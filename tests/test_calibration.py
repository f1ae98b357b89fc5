import subprocess
import sys

import numpy as np
import pytest

from real_or_ai.detector_file.description import Unsure
from real_or_ai.detector_file.session import score_of
from real_or_ai.stages.calibrate.cuts import best_threshold, unsure_cuts
from real_or_ai.stages.calibrate.platt import fit_platt

ONE_EACH = np.array([f"{number:04}" for number in range(4000)])


def classes_of(n):
    return np.arange(n) % 2


def test_platt_recovers_slope_and_intercept():
    chance = np.random.default_rng(0)
    raw = 50 + 10 * chance.normal(size=20_000)
    labels = (chance.random(20_000) < score_of(0.2 * raw - 9)).astype(np.int64)
    fitted = fit_platt(raw, labels)
    assert (fitted.slope, fitted.intercept) == pytest.approx((0.2, -9), rel=0.03)
    assert not fitted.flat
    calibrated = score_of(fitted.logits(raw))
    assert calibrated.mean() == pytest.approx(labels.mean(), abs=1e-3)


def test_platt_is_logistic_regression_of_the_smoothed_targets():
    raw = np.array([-2.0, -1, 0.5, -0.3, 1, 3])
    labels = np.array([0, 0, 0, 1, 1, 1])
    fitted = fit_platt(raw, labels)
    gap = score_of(fitted.logits(raw)) - np.where(labels == 1, 4 / 5, 1 / 5)
    assert (gap.sum(), (gap * raw).sum()) == pytest.approx((0, 0), abs=1e-8)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_platt_of_a_separable_val_stays_finite_and_does_not_depend_on_the_unit(unit):
    raw, labels = np.array([-3.0, -2, -1, 1, 2, 3]), np.array([0, 0, 0, 1, 1, 1])
    fitted = fit_platt(raw * unit, labels)
    scores = score_of(fitted.logits(raw * unit))
    assert 0 < scores.min() < 0.2 < 0.8 < scores.max() < 1
    assert scores == pytest.approx(score_of(fit_platt(raw, labels).logits(raw)))
    assert not fitted.flat


def test_platt_survives_extreme_logits():
    raw, labels = np.array([-1e12, -5.0, -1, 1, 2, 900]), np.array([0, 0, 1, 0, 1, 1])
    fitted = fit_platt(raw, labels)
    assert np.isfinite([fitted.slope, fitted.intercept]).all()
    assert fitted.slope > 0


@pytest.mark.parametrize(
    "raw", [np.array([3.0, 2, 1, -1, -2]), np.full(5, 0.1), np.array([1.0, -1, 0, 1, -1])]
)
def test_platt_never_turns_the_order_around_and_says_so(raw):
    fitted = fit_platt(raw, np.array([0, 0, 1, 1, 1]))
    assert fitted.flat
    assert fitted.slope > 0
    targets = [1 / 4, 1 / 4, 4 / 5, 4 / 5, 4 / 5]
    assert score_of(fitted.logits(raw)) == pytest.approx(np.full(5, np.mean(targets)), abs=0.001)


def test_the_threshold_is_midway_and_ties_go_to_the_higher_cut():
    scores, labels = np.array([0.1, 0.2, 0.6, 0.9]), np.array([0, 0, 1, 1])
    assert best_threshold(scores, labels) == pytest.approx(0.4)
    # cutting at 0.25 and at 0.75 are both 3/4 right
    tied = np.array([0.2, 0.3, 0.7, 0.8]), np.array([0, 1, 0, 1])
    assert best_threshold(*tied) == pytest.approx(0.75)
    with pytest.raises(ValueError, match="both classes"):
        best_threshold(scores, np.ones(4, dtype=np.int64))


def test_the_threshold_balances_the_classes():
    # accuracy would call all ai; balanced accuracy gives up two of 10 ai for the one real
    scores = np.concatenate([[0.5], np.linspace(0.4, 0.45, 2), np.linspace(0.6, 0.9, 8)])
    labels = np.array([0] + [1] * 10)
    assert best_threshold(scores, labels) == pytest.approx(0.55)


@pytest.mark.parametrize("seed", range(5))
def test_no_cut_does_better_than_the_threshold(seed):
    chance = np.random.default_rng(seed)
    labels = classes_of(31)
    scores = np.clip(0.2 * labels + chance.random(31), 0, 1).round(1)

    def balanced(cut):
        called = scores >= cut
        return called[labels == 1].mean() + (~called)[labels == 0].mean()

    best = balanced(best_threshold(scores, labels))
    assert best == pytest.approx(max(balanced(cut) for cut in np.linspace(0, 1.01, 500)))


@pytest.mark.parametrize(("n", "alpha", "rank"), [(9, 0.1, 9), (19, 0.1, 18), (20, 0.1, 19)])
def test_cuts_are_the_conformal_ranks(n, alpha, rank):
    real = np.arange(1, n + 1) / 100
    scores, labels = np.concatenate([real, 1 - real]), np.repeat([0, 1], n)
    shuffled = np.random.default_rng(0).permutation(2 * n)
    cuts = unsure_cuts(scores[shuffled], labels[shuffled], ONE_EACH[: 2 * n], alpha)
    assert cuts.real_above == pytest.approx(rank / 100)
    assert cuts.ai_below == pytest.approx(1 - rank / 100)


def test_too_few_groups_of_a_class_decide_nothing():
    scores, labels = np.linspace(0, 1, 40), np.repeat([0, 1], 20)
    eight = np.concatenate([np.arange(20), 20 + np.arange(20) % 8]).astype(str)
    nine = np.concatenate([np.arange(20), 20 + np.arange(20) % 9]).astype(str)
    assert unsure_cuts(scores, labels, eight, 0.1) is None
    assert unsure_cuts(scores, labels, nine, 0.1) is not None


def test_a_group_weighs_one_however_large():
    # ten groups of real: nine single pictures, and one of 5; mass needed: 0.8 * 11 = 8.8 of 10
    scores = np.array(
        [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, *np.arange(0.5, 1, 0.1)]
    )
    groups = np.array([*"abcdefghi", *"jjjjj"])
    both = np.concatenate([scores, 1 - scores])
    labels = np.repeat([0, 1], 14)
    cuts = unsure_cuts(both, labels, np.concatenate([groups, np.char.add("ai", groups)]), 0.2)
    assert cuts.real_above == pytest.approx(0.09)
    # 0.1 * 11 above: 9.9 of the 10 is reached within group j, at its fifth picture
    cuts = unsure_cuts(both, labels, np.concatenate([groups, np.char.add("ai", groups)]), 0.1)
    assert cuts.real_above == pytest.approx(0.9)
    # 9.35 of the 10: at its second picture
    cuts = unsure_cuts(both, labels, np.concatenate([groups, np.char.add("ai", groups)]), 0.15)
    assert cuts.real_above == pytest.approx(0.6)


def test_a_verdict_is_the_only_class_left():
    scores = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    overlapping = Unsure(alpha=0.1, real_above=0.7, ai_below=0.3)
    assert overlapping.decisions(scores) == ["real", "unsure", "unsure", "unsure", "ai"]
    apart = Unsure(alpha=0.1, real_above=0.3, ai_below=0.7)
    assert apart.decisions(scores) == ["real", "real", "unsure", "ai", "ai"]


def simulated(chance, groups, size):
    """Scores and labels of groups that share most of their luck."""
    labels = np.repeat(classes_of(groups), size)
    luck = np.repeat(chance.normal(size=groups), size) + 0.5 * chance.normal(size=groups * size)
    return score_of(luck + labels), labels


@pytest.mark.parametrize("size", [1, 4])
def test_at_most_alpha_is_called_wrongly_on_average(size):
    alpha, repetitions, wrong = 0.1, 400, []
    chance = np.random.default_rng(size)
    for _ in range(repetitions):
        scores, labels = simulated(chance, 60, size)
        cuts = unsure_cuts(scores, labels, np.repeat(ONE_EACH[:60], size), alpha)
        fresh, truth = simulated(chance, 200, 1)
        said = np.array(cuts.decisions(fresh))
        wrong.append([(said[truth == 0] == "ai").mean(), (said[truth == 1] == "real").mean()])
    shares = np.mean(wrong, axis=0)
    noise = np.std(wrong, axis=0) / np.sqrt(repetitions)
    assert (shares < alpha + 3 * noise).all()
    assert (shares > alpha - 0.04).all()  # nor does it give away much


def test_it_needs_numpy_alone():
    code = (
        "import sys, real_or_ai.stages.calibrate.cuts, real_or_ai.stages.calibrate.platt;"
        "print({'sklearn', 'scipy', 'torch', 'pandas', 'onnxruntime'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
