"""All detectors side by side: headline numbers, differences, the one people get by default."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from real_or_ai.conventions import tables
from real_or_ai.conventions.labels import AI, VAL
from real_or_ai.stages.compare import over_seeds, significance
from real_or_ai.statistics import intervals

Numbers = Mapping[str, float]
BySplit = Mapping[str, Mapping[str, Numbers]]  # model -> split -> metric

HEADLINES = ("accuracy", "balanced_accuracy", "roc_auc", "ece")
OVER_SEEDS = "roc_auc_over_seeds"  # the name of that difference
SIGNIFICANT = 0.05  # of p values after Holm's correction


def pair(first: str, second: str) -> str:
    """The name of a comparison of two models."""
    return f"{first} - {second}"


def comparison(
    scored: Mapping[str, pd.DataFrame],
    by_seed: Mapping[str, pd.DataFrame],
    numbers: BySplit,
    *,
    seed: int,
) -> dict[str, Any]:
    """All of metrics/comparison.json.

    scored: predictions of each model; by_seed: as `over_seeds.read`; numbers: of metrics/evaluate.
    """
    splits = list(next(iter(numbers.values())))
    return headlines(numbers) | {
        "differences": {
            split: differences(scored, split, by_seed=by_seed, seed=seed) for split in splits
        },
        "seeds": {split: over_seeds.spreads(scored, by_seed, split) for split in splits},
        "chosen": {"model": chosen(numbers)},
    }


def chosen(numbers: BySplit) -> str:
    """The model that people get by default: the best ROC AUC on val, the first of equals.

    On val, for what test and external come to must not choose anything.
    """
    return max(numbers, key=lambda model: numbers[model][VAL]["roc_auc"])


def headlines(numbers: BySplit) -> dict[str, dict[str, dict[str, float]]]:
    """split -> model -> n and the headline metrics with their intervals."""
    names = ["n", *(f"{metric}{end}" for metric in HEADLINES for end in ("", "_low", "_high"))]
    return {
        split: {
            model: {name: by_split[split][name] for name in names if name in by_split[split]}
            for model, by_split in numbers.items()
        }
        for split in next(iter(numbers.values()))
    }


def differences(
    scored: Mapping[str, pd.DataFrame],
    split: str,
    *,
    by_seed: Mapping[str, pd.DataFrame],
    seed: int,
) -> dict[str, dict[str, float]]:
    """Every pair of models on the same pictures: pair -> differences and p values.

    by_seed: as `over_seeds.read`.
    """
    of_split = {name: table[table["split"] == split] for name, table in scored.items()}
    any_table = next(iter(of_split.values()))
    labels, groups = tables.label_indices(any_table), any_table["group"].to_numpy()
    right = {name: tables.called_ai(table) == (labels == AI) for name, table in of_split.items()}
    pairs = list(combinations(of_split, 2))
    p_values = {
        pair(one, other): significance.mcnemar(right[one], right[other], groups)
        for one, other in pairs
    }
    holm = significance.holm(p_values)
    first = np.unique(groups, return_index=True)[1]
    ranked = len(np.unique(labels)) == 2
    anew = over_seeds.differences(of_split, by_seed, seed) if ranked else {}
    found = {}
    for one, other in pairs:
        name = pair(one, other)
        found[name] = {
            "groups": len(first),
            "accuracy": float(right[one][first].mean() - right[other][first].mean()),
            "mcnemar_p": p_values[name],
            "holm_p": holm[name],
        }
        if ranked:
            a, b = (of_split[model]["score"].to_numpy() for model in (one, other))
            difference, low, high = intervals.auc_difference(labels, a, b, groups, seed)
            found[name] |= {"roc_auc": difference, "roc_auc_low": low, "roc_auc_high": high}
        if figure := anew.get((one, other)):
            found[name] |= figure.named(OVER_SEEDS)
    return found
