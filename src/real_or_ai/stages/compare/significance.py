"""Whether one detector is better than another by more than chance, on the same pictures."""

from collections.abc import Mapping

import numpy as np
from scipy.special import bdtr

from real_or_ai.conventions.arrays import Bools, Groups


def mcnemar(right_a: Bools, right_b: Bools, groups: Groups) -> float:
    """Exact two-sided p (McNemar 1947) that a and b are right equally often.

    Pictures of one group are not independent: the first of each group, in the given order, counts.
    """
    _, first = np.unique(groups, return_index=True)
    only_a = int((right_a & ~right_b)[first].sum())
    only_b = int((right_b & ~right_a)[first].sum())
    if not only_a + only_b:
        return 1.0
    tail = bdtr(min(only_a, only_b), only_a + only_b, 0.5)  # scipy.stats takes a second to import
    return min(1.0, 2 * float(tail))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p-values adjusted for their number (Holm 1979), in the given order."""
    adjusted, highest = {}, 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = highest
    return {name: adjusted[name] for name in p_values}
