"""Numbers -> the lines of metrics/report.md: the report's tables beside ours, and what they say."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from real_or_ai.drawing import markdown
from real_or_ai.registry import DETECTORS, TITLES
from real_or_ai.stages.compare import report_tables
from real_or_ai.stages.compare.cells import WEAK, cell, is_weak
from real_or_ai.stages.compare.in_words import in_words
from real_or_ai.stages.compare.side_by_side import OVER_SEEDS, SIGNIFICANT, BySplit, Numbers
from real_or_ai.statistics.figure import Figure

Differences = Mapping[str, Mapping[str, Numbers]]  # split -> pair -> number

HOW_TO_READ = """\
Brackets: 95 % interval. Those of shares, balanced accuracy and the F1 of one class are derived from
Wilson's, that of the ROC AUC is Newcombe's, all with the groups' design effect; the others are the
grouped bootstrap's. {weak} marks intervals that, at this size, value and layout of groups, held the
truth in less than 93 % of simulated cases instead of 95 (docs/coverage.md). The ECE has no
interval: none that was tried holds the truth at such sizes.

Calls are taken at the threshold that val chose, and for what is named `_at_half` at 0.5 of the
uncalibrated score, as the report's. `recall_real` and `recall_ai` are the accuracies of each class.
Precision, recall and F1 are weighted means for the networks and of the real class for the SVM, as
in the report."""
BESIDE = """\
# The report's tables beside ours

Ours: {name}. The report's: its own 929 pictures, which are not these, and which
it augmented before it split them. The two stand side by side to show that every figure is there,
not to be compared in size.
"""
ALONE = """\
# Results on {name}
"""

OF_DIFFERENCES = """\
The AUC difference is of the shipped detectors, its interval over pictures; beside it that of the
means over seeds, for other pictures and other trainings. McNemar's exact test and the accuracy
beside it take one picture of each of {count} groups, and each detector's calls at its own threshold
from val; * marks p < {p} after Holm's correction."""
METRICS = (
    "accuracy_at_half",
    "precision_at_half",
    "recall_at_half",
    "f1_at_half",
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
AVERAGED = ("precision", "recall", "f1")  # over classes, or of one: as the report did
DIFFERENCES = {"roc_auc": "auc_difference", OVER_SEEDS: "auc_difference_over_seeds"}


def lines(
    name: str,
    data: Mapping[str, Any],
    numbers: BySplit,
    differences: Differences,
    *,
    spreads: BySplit,
    folds: Any,
    chosen: str,
    beside_report: bool,
) -> Iterable[str]:
    """All lines.

    name: what the data are called; spreads: split -> model -> `over_seeds.spread`; data, folds:
    data.json and fit_svm.json; chosen: the model that people get by default; beside_report: with
    the report's figures, which say nothing of pictures of one's own.
    """
    yield (BESIDE if beside_report else ALONE).format(name=name)
    yield HOW_TO_READ.format(weak=WEAK.strip())
    splits = list(next(iter(numbers.values())))
    yield ""
    yield "## In words"
    for split in splits[1:]:  # val chose epochs and thresholds
        yield ""
        yield in_words(split, numbers, differences[split], spreads[split])
    yield ""
    yield f"Chosen for `real-or-ai check`, by its ROC AUC on val alone: {TITLES[chosen]}."
    for split in splits:
        yield ""
        yield from _split_table(split, numbers, beside_report=beside_report)
        yield ""
        yield from _difference_table(differences[split], split, numbers)
        yield ""
        yield from _unsure_table(split, numbers)
        yield ""
        yield from _seed_table(split, spreads[split])
    yield ""
    yield from report_tables.folds(folds, beside_report=beside_report)
    yield ""
    yield from report_tables.data(data, beside_report=beside_report)


def _split_table(split: str, numbers: BySplit, *, beside_report: bool) -> Iterable[str]:
    any_model = next(iter(numbers.values()))
    yield f"## {split} (n = {any_model[split]['n']})"
    yield ""
    rows = []
    for metric in METRICS:
        row = [metric]
        for model, detector in DETECTORS.items():
            name, at_half, _ = metric.partition("_at_half")
            key = f"{name}_{detector.average}{at_half}" if name in AVERAGED else metric
            row.append(cell(numbers[model][split], key))
            if beside_report:
                row.append(report_tables.figure(split, model, metric))
        rows.append(row)
    more = ("report",) if beside_report else ()
    titles = [heading for title in TITLES.values() for heading in (title, *more)]
    yield markdown.table([split, *titles], rows)


def _difference_table(
    differences: Mapping[str, Numbers], split: str, by_model: BySplit
) -> Iterable[str]:
    rows = []
    for name, numbers in differences.items():
        models = name.split(" - ")
        own = [by_model[model][split] for model in models]
        aucs = (_auc_difference(numbers, own, name, metric) for name, metric in DIFFERENCES.items())
        mark = " *" if numbers["holm_p"] < SIGNIFICANT else ""
        values = (f"{numbers[name]:.3f}" for name in ("accuracy", "mcnemar_p", "holm_p"))
        rows.append([" - ".join(TITLES[model] for model in models), *aucs, *values])
        rows[-1][-1] += mark
    headings = (
        "models",
        "AUC difference",
        "over seeds too",
        "accuracy difference",
        "McNemar p",
        "with Holm",
    )
    yield markdown.table(headings, rows)
    yield ""
    count = next(iter(differences.values()))["groups"]
    yield OF_DIFFERENCES.format(count=count, p=f"{SIGNIFICANT:g}")


def _auc_difference(numbers: Numbers, own: Sequence[Numbers], name: str, metric: str) -> str:
    """own: the numbers of both models; metric: whose simulated coverage the interval has."""
    if name not in numbers:
        return "-"
    mean = sum(one["roc_auc"] for one in own) / len(own)
    return Figure.read(numbers, name).text() + WEAK * is_weak(metric, mean, own[0])


def _unsure_table(split: str, numbers: BySplit) -> Iterable[str]:
    metrics = {
        "promised at most (alpha)": "alpha",
        "real called ai": "real_called_ai",
        "ai called real": "ai_called_real",
        "real decided": "real_decided",
        "ai decided": "ai_decided",
        "wrong among the decided (nothing is promised)": "error_of_decided",
    }
    rows = (
        [title, *(cell(numbers[model][split], metric) for model in TITLES)]
        for title, metric in metrics.items()
    )
    yield markdown.table([f"verdicts on {split}", *TITLES.values()], rows)


def _seed_table(split: str, spreads: Mapping[str, Numbers]) -> Iterable[str]:
    """Of each network over its seeds: mean ± deviation, lowest to highest."""

    def cell(of: Numbers, name: str) -> str:
        if f"{name}_mean" not in of:
            return "-"
        deviation = f" ± {of[f'{name}_sd']:.3f}" if f"{name}_sd" in of else ""
        return (
            f"{of[f'{name}_mean']:.3f}{deviation} "
            f"({of[f'{name}_lowest']:.3f} to {of[f'{name}_highest']:.3f})"
        )

    rows = (
        [TITLES[model], f"{of['seeds']:.0f}", cell(of, "roc_auc"), cell(of, "accuracy_at_half")]
        for model, of in spreads.items()
    )
    heads = (f"over seeds on {split}", "trainings", "ROC AUC", "accuracy at 0.5")
    yield markdown.table(heads, rows)
