"""Numbers -> the lines of metrics/report.md: the report's tables beside ours, and what they say."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from real_or_ai.conventions.labels import LABELS
from real_or_ai.stages.compare import course_report as report
from real_or_ai.stages.compare import interval_coverage

Numbers = Mapping[str, float]
BySplit = Mapping[str, Mapping[str, Numbers]]  # model -> split -> metric
Differences = Mapping[str, Mapping[str, Numbers]]  # split -> pair -> number

INTRODUCTION = """\
# The report's tables beside ours

Ours: {name}. The report's: its own 929 pictures, which are not these, and which
it augmented before it split them. The two stand side by side to show that every figure is there,
not to be compared in size.

Brackets: 95 % interval. Those of shares, balanced accuracy and the F1 of one class are derived from
Wilson's, that of the ROC AUC is Newcombe's, all with the groups' design effect; the others are the
grouped bootstrap's. {weak} marks intervals that, at about this size and value, held the truth in
less than 93 % of simulated cases instead of 95 (docs/coverage.md); those of loss, Brier, ECE and
TPR were not simulated and are never marked.

`accuracy`, precision, recall and F1 are taken at the threshold that val chose, `accuracy_at_half`
at 0.5 of the uncalibrated score, as all of the report's. `recall_real` and `recall_ai` are the
accuracies of each class. Precision, recall and F1 are weighted means for the networks and of the
real class for the SVM, as in the report."""

WEAK = " ~"

SIGNIFICANT = 0.05
METRICS = (
    "accuracy_at_half",
    "accuracy",
    "recall_real",
    "recall_ai",
    "balanced_accuracy",
    "roc_auc",
    "average_precision",
    "loss",
    "brier",
    "ece",
    "precision",
    "recall",
    "f1",
    "tpr_at_fpr_01",
    "tpr_at_fpr_05",
    "tpr_at_fpr_10",
)
AVERAGED = ("precision", "recall", "f1")


def pair(first: str, second: str) -> str:
    """The name of a comparison of two models."""
    return f"{first} - {second}"


def lines(
    name: str,
    data: Mapping[str, Any],
    numbers: BySplit,
    differences: Differences,
    folds: Any,
    chosen: str,
) -> Iterable[str]:
    """All lines.

    name: what the data are called; data, folds: data.json and fit_svm.json; chosen: the model that
    people get by default.
    """
    yield INTRODUCTION.format(name=name, weak=WEAK.strip())
    splits = list(next(iter(numbers.values())))
    yield ""
    yield "## In words"
    for split in splits[1:]:  # val chose epochs and thresholds
        yield ""
        yield in_words(split, numbers, differences[split])
    yield ""
    yield f"Chosen for `real-or-ai check`, by its ROC AUC on val alone: {report.TITLES[chosen]}."
    for split in splits:
        yield ""
        yield from _split_table(split, numbers)
        yield ""
        yield from _difference_table(differences[split], split, numbers)
        yield ""
        yield from _unsure_table(split, numbers)
    yield ""
    yield from _fold_table(folds)
    yield ""
    yield from _data_table(data)


def in_words(split: str, numbers: BySplit, differences: Mapping[str, Numbers]) -> str:
    """Who wins on a split, by how much, and whether that is more than chance."""
    own = {model: by_split[split] for model, by_split in numbers.items()}
    any_model = next(iter(own.values()))
    head = f"On {split} (n = {any_model['n']})"
    if "roc_auc" not in any_model:
        return f"{head} one class stands alone, so nothing can be ranked."
    first, second, *_ = sorted(own, key=lambda model: -own[model]["roc_auc"])
    best = own[first]
    sentence = (
        f"{head} {report.TITLES[first]} ranks the classes best: ROC AUC {_cell(best, 'roc_auc')}"
    )
    sentence += f", accuracy {_cell(best, 'accuracy')}."
    lead = _oriented(differences, first, second)
    more = "is more than chance gives" if lead["roc_auc_low"] > 0 else "could be chance"
    sentence += (
        f" Its lead in AUC over {report.TITLES[second]}, {lead['roc_auc']:.3f} "
        f"[{lead['roc_auc_low']:.3f}, {lead['roc_auc_high']:.3f}], {more}."
    )
    apart = [
        f"{report.TITLES[one]} and {report.TITLES[other]}"
        for one, other in combinations(own, 2)
        if differences[pair(one, other)]["holm_p"] < SIGNIFICANT
    ]
    told = f"The calls of {'; '.join(apart)} differ" if apart else "No two models' calls differ"
    sentence += f" {told} by more than chance (McNemar's test, Holm's correction)."
    near_chance = [report.TITLES[model] for model in own if own[model]["roc_auc_low"] <= 0.5]
    if near_chance:
        sentence += f" {', '.join(near_chance)} cannot be told from guessing."
    return sentence


def _oriented(differences: Mapping[str, Numbers], first: str, second: str) -> Numbers:
    """The AUC difference of two models as first less second."""
    if pair(first, second) in differences:
        found = differences[pair(first, second)]
        return {f"roc_auc{end}": found[f"roc_auc{end}"] for end in ("", "_low", "_high")}
    found = differences[pair(second, first)]
    return {
        "roc_auc": -found["roc_auc"],
        "roc_auc_low": -found["roc_auc_high"],
        "roc_auc_high": -found["roc_auc_low"],
    }


def _cell(numbers: Numbers, metric: str) -> str:
    """A number with its interval, or a dash; marked where the interval is known to be weak."""
    if metric not in numbers:
        return "-"
    if f"{metric}_low" not in numbers:
        return f"{numbers[metric]:.3f}"
    return _interval(numbers, metric) + WEAK * _is_weak(metric, numbers[metric], numbers)


def _interval(numbers: Numbers, metric: str) -> str:
    low, high = numbers[f"{metric}_low"], numbers[f"{metric}_high"]
    return f"{numbers[metric]:.3f} [{low:.2f}, {high:.2f}]"


def _is_weak(metric: str, value: float, of: Numbers) -> bool:
    """Whether such an interval, of so many pictures, held the truth in too few simulated cases."""
    part = 2 if metric.endswith(LABELS) else 1  # one class's metrics are of about half the pictures
    n, groups = int(of["n"]) // part, int(of["groups"]) // part
    held = interval_coverage.simulated(metric, value, n=n, groups=groups)
    return held is not None and held < interval_coverage.LOW


def _split_table(split: str, numbers: BySplit) -> Iterable[str]:
    any_model = next(iter(numbers.values()))
    yield f"## {split} (n = {any_model[split]['n']})"
    yield ""
    columns = [f"{title} | report" for title in report.TITLES.values()]
    yield f"| {split} | {' | '.join(columns)} |"
    yield "|---" * (1 + 2 * len(columns)) + "|"
    for metric in METRICS:
        cells = []
        for model in report.TITLES:
            key = f"{metric}_{report.AVERAGE[model]}" if metric in AVERAGED else metric
            cells.append(_cell(numbers[model][split], key))
            theirs = report.REPORTED[split].get(model, {}).get(metric)
            of_folds = " (folds)" if (split, model) == ("val", "svm") else ""
            cells.append("-" if theirs is None else f"{theirs:g}{of_folds}")
        yield f"| {metric} | {' | '.join(cells)} |"


def _difference_table(
    differences: Mapping[str, Numbers], split: str, by_model: BySplit
) -> Iterable[str]:
    yield "| models | AUC difference | accuracy difference | McNemar p | with Holm |"
    yield "|---|---|---|---|---|"
    for name, numbers in differences.items():
        models = name.split(" - ")
        titles = " - ".join(report.TITLES[model] for model in models)
        auc = "-"
        if "roc_auc" in numbers:
            own = [by_model[model][split] for model in models]
            mean = sum(one["roc_auc"] for one in own) / len(own)
            auc = _interval(numbers, "roc_auc") + WEAK * _is_weak("auc_difference", mean, own[0])
        mark = " *" if numbers["holm_p"] < SIGNIFICANT else ""
        cells = (
            auc,
            f"{numbers['accuracy']:.3f}",
            f"{numbers['mcnemar_p']:.3f}",
            f"{numbers['holm_p']:.3f}{mark}",
        )
        yield f"| {titles} | {' | '.join(cells)} |"
    yield ""
    count = next(iter(differences.values()))["groups"]
    yield f"McNemar's exact test and the accuracy beside it take one picture of each of {count}"
    yield f"groups; * marks p < {SIGNIFICANT:g} after Holm's correction."


def _unsure_table(split: str, numbers: BySplit) -> Iterable[str]:
    yield f"| verdicts on {split} | {' | '.join(report.TITLES.values())} |"
    yield "|---" * (1 + len(report.TITLES)) + "|"
    rows = {
        "promised at most (alpha)": "alpha",
        "real called ai": "real_called_ai",
        "ai called real": "ai_called_real",
        "real decided": "real_decided",
        "ai decided": "ai_decided",
        "wrong among the decided (nothing is promised)": "error_of_decided",
    }
    for title, metric in rows.items():
        cells = [_cell(numbers[model][split], metric) for model in report.TITLES]
        yield f"| {title} | {' | '.join(cells)} |"


def _fold_table(folds: Mapping[str, Any]) -> Iterable[str]:
    inside = folds["folds"]
    best = ", ".join(f"{name} = {value:.4g}" for name, value in folds["best"].items())
    yield f"## The SVM over {inside['count']} folds of train"
    yield ""
    yield f"Best of the grid: {best}. The report's: C = 1.7, gamma = 1/512."
    yield ""
    yield "| mean ± deviation | ours | report |"
    yield "|---|---|---|"
    reported = {
        "accuracy": "0.95 ± 0.0",
        "precision_real": "0.94 ± 0.02",
        "recall_real": "0.95 ± 0.01",
        "f1_real": "0.94 ± 0.0",
    }
    for metric, theirs in reported.items():
        mean, deviation = inside["mean"][metric], inside["deviation"][metric]
        yield f"| {metric} | {mean:.3f} ± {deviation:.3f} | {theirs} |"


def _data_table(data: Mapping[str, Any]) -> Iterable[str]:
    yield "## Pictures, real and ai"
    yield ""
    yield "| | ours | report |"
    yield "|---|---|---|"

    def counted(counts: Mapping[str, int]) -> str:
        return " and ".join(str(counts[label]) for label in LABELS)

    rows = {
        "raw": (data["raw"], report.RAW),
        "prepared": (data["prepared"], report.CLEAN),
    }
    split = data["split"]
    both = {label: split["train"][label] + split["val"][label] for label in LABELS}
    rows["train and val"] = (both, report.SPLIT["train and val"])
    rows |= {
        name: (split[name], report.SPLIT[name]) for name in ("test", "external") if name in split
    }
    for name, (ours, theirs) in rows.items():
        yield f"| {name} | {counted(ours)} | {counted(theirs)} |"
