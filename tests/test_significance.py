import numpy as np
import pytest

from real_or_ai.stages.compare.significance import holm, mcnemar


def told_apart(only_a, only_b, both=10):
    """Which pictures a and b have right, and groups of one."""
    right_a = np.repeat([True, False, True], [only_a, only_b, both])
    right_b = np.repeat([False, True, True], [only_a, only_b, both])
    return right_a, right_b, np.array([f"{number:03}" for number in range(len(right_a))])


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [
        (0, 0, 1),
        (3, 3, 1),
        (5, 0, 2 / 2**5),
        (1, 9, 2 * (1 + 10) / 2**10),
        (10, 2, 2 * (1 + 12 + 66) / 2**12),
    ],
)
def test_mcnemar_is_a_binomial_of_the_pictures_they_differ_on(only_a, only_b, p):
    assert mcnemar(*told_apart(only_a, only_b)) == pytest.approx(p)


def test_one_picture_of_a_group_counts_and_it_is_the_first():
    right_a, right_b, groups = told_apart(5, 0)
    copied = [np.repeat(part, 4) for part in (right_a, right_b, groups)]
    assert mcnemar(*copied) == pytest.approx(2 / 2**5)
    one = np.full(len(groups), "one")
    assert mcnemar(right_a, right_b, one) == 1  # p of a single difference
    assert mcnemar(right_a, ~right_a, np.repeat(["a", "b"], [5, 10])) == pytest.approx(0.5)


def test_holm_of_a_known_example():
    # 4 * 0.005; 3 * 0.01; 2 * 0.03; then never below the one before
    found = holm({"d": 0.04, "a": 0.01, "c": 0.03, "b": 0.005})
    assert found == pytest.approx({"d": 0.06, "a": 0.03, "c": 0.06, "b": 0.02})
    assert list(found) == ["d", "a", "c", "b"]
    assert holm({"a": 0.7, "b": 0.6}) == {"a": 1, "b": 1}
    assert holm({}) == {}
