"""Every number of an evaluation once more, from labels, scores and groups, by other means.

scikit-learn and SciPy where they know the metric, its definition where they do not; nothing of
real_or_ai.statistics.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import norm
from sklearn import metrics

Z = norm.ppf(0.975)
RATES = {"tpr_at_fpr_01": 0.01, "tpr_at_fpr_05": 0.05, "tpr_at_fpr_10": 0.10}


def figure(name: str, value: float, interval: tuple[float, float]) -> dict[str, float]:
    return {name: value, f"{name}_low": interval[0], f"{name}_high": interval[1]}


def effect(values: np.ndarray, groups: np.ndarray) -> float:
    """Kish's design effect, 1 at the least; of equal values that of wholly alike groups."""
    table = pd.DataFrame({"value": np.asarray(values, float), "group": groups})
    sizes = table.groupby("group").size()
    if table["value"].nunique() == 1 or len(sizes) == 1:
        return float((sizes**2).sum() / len(table))
    totals = (table["value"] - table["value"].mean()).groupby(table["group"]).sum()
    of_groups = len(sizes) / (len(sizes) - 1) * (totals**2).sum()
    return max(1.0, of_groups / (len(table) * table["value"].var(ddof=1)))


def wilson(right: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Where a share of the effective n lies Z standard errors from that of `right`."""
    if not len(right):
        return 0.0, 1.0
    return wilson_of(right.mean(), len(right) / effect(right, groups))


def wilson_of(share: float, n: float) -> tuple[float, float]:
    low, high = sorted(np.roots([1 + Z**2 / n, -(2 * share + Z**2 / n), share**2]).real)
    return float(max(0, low)), float(min(1, high))


def newcombe(labels: np.ndarray, scores: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Method 5, of as many pictures of each class as DeLong's components are worth."""
    auc = metrics.roc_auc_score(labels, scores)
    real, ai = scores[labels == 0], scores[labels == 1]
    above = (np.sign(ai[:, None] - real[None]) + 1) / 2
    pull = np.zeros(len(labels))
    pull[labels == 1] = (above.mean(axis=1) - auc) / len(ai)
    pull[labels == 0] = (above.mean(axis=0) - auc) / len(real)
    inflated = effect(pull, groups)
    n_ai, n_real = len(ai) / inflated, len(real) / inflated

    def beyond(true: float) -> float:
        pairs = 1 + ((n_ai + n_real) / 2 - 1) * ((1 - true) / (2 - true) + true / (1 + true))
        return (true - auc) ** 2 - Z**2 * true * (1 - true) * pairs / (n_ai * n_real)

    return brentq(beyond, 0, auc, xtol=1e-13), brentq(beyond, auc, 1, xtol=1e-13)


def resampled(groups: np.ndarray, seed: int, draws: int) -> Iterator[np.ndarray]:
    """Rows of pictures, whole groups drawn with replacement."""
    names = np.unique(groups)
    for drawn in np.random.default_rng(seed).integers(len(names), size=(draws, len(names))):
        yield np.concatenate([np.flatnonzero(groups == names[one]) for one in drawn])


def percentiles(values: list[float]) -> tuple[float, float]:
    low, high = np.percentile([value for value in values if not np.isnan(value)], [2.5, 97.5])
    return float(low), float(high)


def bins(labels: np.ndarray, scores: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean score and share of ai in `count` bins of as many pictures; tied scores share labels."""
    order = np.argsort(scores)
    tied = pd.Series(labels[order], dtype=float).groupby(scores[order]).transform("mean")
    borders = np.linspace(0, len(labels), count + 1)
    masses = (
        np.diff(np.interp(borders, np.arange(len(labels) + 1), np.append(0, np.cumsum(one))))
        for one in (scores[order], tied.to_numpy())
    )
    means, shares = (mass * count / len(labels) for mass in masses)
    return means, shares


def count_bins(n: int) -> int:
    """At least ten pictures in each, 15 at the most."""
    return max(1, min(15, n // 10))


def drawn_calls(labels: np.ndarray, called: np.ndarray) -> dict[str, float]:
    """Of the calls those whose interval is the bootstrap's."""
    averaged = {"average": "weighted", "zero_division": 0}
    return {
        "precision_weighted": metrics.precision_score(labels, called, **averaged),
        "f1_weighted": metrics.f1_score(labels, called, **averaged),
    }


def drawn_scores(labels: np.ndarray, scores: np.ndarray, count: int) -> dict[str, float]:
    """Those whose interval is the bootstrap's; count: of bins. NaN where a class is missing."""
    means, shares = bins(labels, scores, count)
    found = {
        "loss": metrics.log_loss(labels, scores, labels=[0, 1]),
        "brier": float(((scores - labels) ** 2).mean()),
        "ece": float(np.abs(means - shares).mean()),
    }
    if len(np.unique(labels)) < 2:
        return found | dict.fromkeys(["average_precision", *RATES], np.nan)
    fpr, tpr, _ = metrics.roc_curve(labels, scores, drop_intermediate=False)
    found["average_precision"] = metrics.average_precision_score(labels, scores)
    return found | {name: tpr[fpr <= rate + 1e-9].max() for name, rate in RATES.items()}


def evaluation(
    rows: pd.DataFrame, raw_logits: np.ndarray, *, seed: int, draws: int
) -> dict[str, float]:
    """All numbers of one split but alpha. rows: of predictions/<model>.csv, both classes there."""
    labels = (rows["label"] == "ai").to_numpy().astype(int)
    scores, groups = rows["score"].to_numpy(), rows["group"].to_numpy()
    called = (rows["called"] == "ai").to_numpy().astype(int)
    found: dict[str, float] = {"n": len(rows), "groups": rows["group"].nunique()}
    found["group_size"] = rows.groupby("group")["group"].transform("size").mean()
    count = count_bins(len(rows))
    drawn = list(resampled(groups, seed, draws))
    values = [drawn_scores(labels[one], scores[one], count) for one in drawn]
    for name, value in drawn_scores(labels, scores, count).items():
        found |= figure(name, value, percentiles([one[name] for one in values]))
    real = int((labels == 0).sum())
    for name, rate in RATES.items():
        if real * rate < 2 - 1e-9:  # false alarms that it allows
            del found[name], found[f"{name}_low"], found[f"{name}_high"]
    del found["ece_low"], found["ece_high"]
    found |= figure(
        "roc_auc", metrics.roc_auc_score(labels, scores), newcombe(labels, scores, groups)
    )
    found |= of_calls(labels, called, groups, drawn)
    at_half = of_calls(labels, (raw_logits >= 0).astype(int), groups, drawn)
    ends = [("_low", "_at_half_low"), ("_high", "_at_half_high"), ("", "_at_half")]
    for name, value in at_half.items():
        old, new = next(end for end in ends if name.endswith(end[0]))
        found[name.removesuffix(old) + new] = value
    return found | verdicts(rows, labels, groups)


def of_calls(
    labels: np.ndarray, called: np.ndarray, groups: np.ndarray, drawn: list[np.ndarray]
) -> dict[str, float]:
    """Every number that the calls alone decide."""
    right = called == labels
    values = [drawn_calls(labels[one], called[one]) for one in drawn]
    found: dict[str, float] = {}
    for name, value in drawn_calls(labels, called).items():
        found |= figure(name, value, percentiles([one[name] for one in values]))
    found |= figure("accuracy", metrics.accuracy_score(labels, called), wilson(right, groups))
    found |= figure("recall_weighted", found["accuracy"], wilson(right, groups))
    arms = []
    for label, name in enumerate(("real", "ai")):
        mine, said = labels == label, called == label
        either = mine | said
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            labels, called, labels=[label], average=None, zero_division=0
        )
        low, high = wilson(right[either], groups[either])
        found |= figure(f"f1_{name}", f1[0], (2 * low / (1 + low), 2 * high / (1 + high)))
        found |= figure(f"precision_{name}", precision[0], wilson(right[said], groups[said]))
        found |= figure(f"recall_{name}", recall[0], wilson(right[mine], groups[mine]))
        arms.append([recall[0] - found[f"recall_{name}_low"], found[f"recall_{name}_high"]])
        arms[-1][1] -= recall[0]
    below, above = (np.hypot(*ends) / 2 for ends in zip(*arms, strict=True))
    middle = metrics.balanced_accuracy_score(labels, called)
    return found | figure("balanced_accuracy", middle, (middle - below, middle + above))


def verdicts(rows: pd.DataFrame, labels: np.ndarray, groups: np.ndarray) -> dict[str, float]:
    """What the verdicts came to."""
    said = rows["verdict"].to_numpy()
    found: dict[str, float] = {"n_decided": int((said != "unsure").sum())}
    for label, (name, other) in enumerate((("real", "ai"), ("ai", "real"))):
        mine = labels == label
        for title, which in (
            (f"{name}_called_{other}", said[mine] == other),
            (f"{name}_decided", said[mine] != "unsure"),
        ):
            found |= figure(title, which.mean(), wilson(which, groups[mine]))
    decided = said != "unsure"
    if decided.any():
        wrong = said[decided] != rows["label"].to_numpy()[decided]
        found |= figure("error_of_decided", wrong.mean(), wilson(wrong, groups[decided]))
    return found
