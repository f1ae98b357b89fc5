"""The sentences that say who wins a split, of numbers made by hand."""

import numpy as np
import pytest

from real_or_ai.stages.compare.in_words import in_words
from real_or_ai.stages.compare.over_seeds import Trainings, difference, spread

AUCS = {"lenet5": 0.7, "cnn": 0.9, "svm": 0.6}


def figure(name: str, value: float, half: float) -> dict[str, float]:
    return {name: value, f"{name}_low": value - half, f"{name}_high": value + half}


def words(*, pictures: float, seeds: float | None, trainings: int = 3) -> str:
    """pictures, seeds: half the width of the interval of each lead; None without other seeds."""
    numbers = {
        model: {"test": {"n": 60, "groups": 60, "group_size": 1}
                | figure("roc_auc", auc, 0.05) | figure("accuracy", 0.8, 0.1)}
        for model, auc in AUCS.items()
    }  # fmt: skip
    differences = {}
    for pair in ("lenet5 - cnn", "lenet5 - svm", "cnn - svm"):
        one, other = pair.split(" - ")
        lead = AUCS[one] - AUCS[other]
        differences[pair] = {"holm_p": 1.0} | figure("roc_auc", lead, pictures)
        if seeds is not None:
            differences[pair] |= figure("roc_auc_over_seeds", lead / 2, seeds)
    spreads = {"cnn": {"seeds": trainings, "roc_auc_lowest": 0.81, "roc_auc_highest": 0.93}}
    return in_words("test", numbers, differences, spreads)


@pytest.mark.parametrize(
    ("pictures", "seeds", "said"),
    [
        (0.1, 0.05, "is more than chance gives"),
        (0.1, 0.15, "could be chance"),  # another seed may turn it round
        (0.3, 0.05, "could be chance"),
        (0.1, None, "is more than chance gives"),
    ],
)
def test_a_lead_is_sure_where_it_holds_for_pictures_and_seeds(pictures, seeds, said):
    assert f", {said}." in words(pictures=pictures, seeds=seeds)


def test_a_lead_is_the_winners_whatever_the_order_of_the_pair():
    told = words(pictures=0.1, seeds=0.05)
    assert "CNN ranks the classes best: ROC AUC 0.900" in told
    assert (
        "over LeNet-5, 0.200 [0.100, 0.300] over pictures and 0.100 [0.050, 0.150] over seeds too"
    ) in told


def test_one_seed_is_said_to_be_one():
    told = words(pictures=0.1, seeds=None, trainings=1)
    assert "(of one seed: what another changes is not known)" in told
    assert "By the seed" not in told
    assert "alone the AUC goes: CNN from 0.810 to 0.930." in words(pictures=0.1, seeds=0.1)


def trained(count: int, *, trained: bool = True) -> Trainings:
    chance = np.random.default_rng(count)
    labels = np.arange(40) % 2
    logits = labels + chance.normal(size=(count, 40))
    return Trainings.of(labels, logits, np.arange(40).astype(str), 1, trained=trained)


def test_a_single_training_tells_no_difference_over_seeds():
    assert difference(trained(3), trained(1), 40) is None
    assert difference(trained(1), trained(3), 40) is None
    of_svm = difference(trained(3), trained(1, trained=False), 40)
    assert of_svm is not None
    assert of_svm.low < of_svm.value < of_svm.high


def test_the_spread_of_one_training_has_no_deviation():
    found = spread(np.array([0, 1, 1]), np.array([[-1.0, 2.0, -0.5]]))
    assert found["roc_auc_mean"] == found["roc_auc_lowest"] == 1.0
    assert found["accuracy_at_half_mean"] == pytest.approx(2 / 3)
    assert not any(name.endswith("_sd") for name in found)
    assert "roc_auc_mean" not in spread(np.array([1, 1]), np.array([[1.0, 2.0]]))
