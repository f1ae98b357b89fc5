import numpy as np
import pytest

from real_or_ai.conventions.errors import SplitError
from real_or_ai.statistics import folds

LABELS = np.arange(40) % 2
GROUPS = np.array([f"g{number // 4}-{number % 2}" for number in range(40)])  # 10 of each class


def test_groups_stay_whole_and_every_row_is_outside_once():
    parts = folds.grouped(LABELS, GROUPS, 4, 1, asked_by="x.folds")
    assert sorted(np.concatenate([outside for _, outside in parts])) == list(range(40))
    for inside, outside in parts:
        assert not set(GROUPS[inside]) & set(GROUPS[outside])
        assert set(LABELS[outside]) == {0, 1}


def test_the_seed_decides():
    first, again, other = (
        [outside.tolist() for _, outside in folds.grouped(LABELS, GROUPS, 4, seed, asked_by="x")]
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_too_few_groups_are_an_error():
    with pytest.raises(
        SplitError, match=r"x\.folds is 11, but train has 10 groups of real pictures"
    ):
        folds.grouped(LABELS, GROUPS, 11, 1, asked_by="x.folds")
    with pytest.raises(SplitError, match="train has 0 groups of ai pictures; add pictures"):
        folds.grouped(np.zeros(40, np.int64), GROUPS, 4, 1, asked_by="x.folds")
