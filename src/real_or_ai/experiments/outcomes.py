"""What experiments scored, side by side: rows from metrics/<model>.json, means and differences.

Intervals of means and differences follow from those of their parts, which are of other pictures
each, but for groups that reach across sources, and are taken as independent (MOVER: Newcombe 1998,
Stat. Med. 17:873; Zou & Donner 2008, Stat. Med. 27:1693). They say how sure the numbers of these
sources are, not what another source would give.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from real_or_ai.conventions.labels import EXTERNAL, TEST, VAL

METRICS = (
    *("roc_auc", "balanced_accuracy", "accuracy"),
    *("real_called_ai", "ai_called_real"),  # which calibrate promised to be alpha at most
    *("real_decided", "ai_decided", "error_of_decided"),
)
MEAN = "mean"  # in the column held_out
_ENDS = ("", "_low", "_high")
_VALUES = ["n", "alpha", *(f"{metric}{end}" for metric in METRICS for end in _ENDS)]
_KEYS = ["data", "held_out", "experiment", "model", "split"]

Numbers = Mapping[str, Mapping[str, float]]  # split -> n, and each metric with its interval
Row = dict[str, object]


def rows(numbers: Mapping[str, Numbers], **keys: str) -> Iterator[Row]:
    """A row a model and split. numbers: by model. keys: the columns that name the run.

    A metric that is not there (ROC AUC of one class alone, alpha where nothing is promised) leaves
    its cells empty; one without its interval is a KeyError.
    """
    for model, splits in numbers.items():
        for split, found in splits.items():
            row: Row = {**keys, "model": model, "split": split, "n": found["n"]}
            row |= {"alpha": found["alpha"]} if "alpha" in found else {}
            for metric in METRICS:
                if metric in found:
                    row |= {f"{metric}{end}": found[f"{metric}{end}"] for end in _ENDS}
            yield row


def table(found: list[Row]) -> pd.DataFrame:
    """The rows with their columns in order; held_out only where it is used."""
    made = pd.DataFrame(found, columns=[*_KEYS, *_VALUES])
    return made.drop(columns="held_out") if made["held_out"].isna().all() else made


def with_means(held_out: pd.DataFrame) -> pd.DataFrame:
    """The table of leave one source out and, below, the mean over the sources held out.

    Only test and external are kept: how it goes at home, and at the source that was held out. The
    test sets of two runs share pictures, so that there is no mean of them.
    """
    kept = held_out[held_out["split"].isin([TEST, EXTERNAL])]
    means: list[Row] = []
    by = ["data", "experiment", "model", "split"]
    for values, part in kept[kept["split"] == EXTERNAL].groupby(by, sort=False):
        row: Row = dict(zip(by, values, strict=True)) | {"held_out": MEAN, "n": part["n"].sum()}
        for metric in METRICS:
            row |= _mean(part, metric)
        means.append(row)
    return pd.concat([kept, pd.DataFrame(means, columns=kept.columns)], ignore_index=True)


def inflation(pair: pd.DataFrame) -> pd.DataFrame:
    """By how much accuracy on val is above accuracy on test, for each experiment and model."""
    found: list[Row] = []
    by = ["data", "experiment", "model"]
    for values, part in pair.groupby(by, sort=False):
        val, test = (part[part["split"] == split].iloc[0] for split in (VAL, TEST))
        gap = val["accuracy"] - test["accuracy"]
        found.append(
            dict(zip(by, values, strict=True))
            | {"val": val["accuracy"], "test": test["accuracy"], "val_above_test": gap}
            | {"val_above_test_low": gap - _away(_below(val), _above(test))}
            | {"val_above_test_high": gap + _away(_above(val), _below(test))}
        )
    ends = ["val_above_test", "val_above_test_low", "val_above_test_high"]
    return pd.DataFrame(found, columns=[*by, "val", "test", *ends])


def _mean(part: pd.DataFrame, metric: str) -> Row:
    """Mean and interval over the rows that have the metric; nothing if none has."""
    present = part.dropna(subset=[metric])
    if present.empty:
        return {}
    mean = present[metric].mean()
    below, above = (
        np.sqrt(((present[metric] - present[f"{metric}_{end}"]) ** 2).sum()) / len(present)
        for end in ("low", "high")
    )
    return {metric: mean, f"{metric}_low": mean - below, f"{metric}_high": mean + above}


def _below(row: pd.Series) -> float:
    return float(row["accuracy"] - row["accuracy_low"])


def _above(row: pd.Series) -> float:
    return float(row["accuracy_high"] - row["accuracy"])


def _away(one: float, other: float) -> float:
    return float(np.hypot(one, other))
