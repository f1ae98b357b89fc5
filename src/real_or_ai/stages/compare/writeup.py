"""Numbers -> the lines of metrics/report.md: the report's tables beside ours, and what they say."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from real_or_ai.card import broken_promises
from real_or_ai.conventions.labels import LABELS
from real_or_ai.drawing import markdown
from real_or_ai.registry import DETECTORS, TITLES
from real_or_ai.stages.compare import course_report as report
from real_or_ai.stages.compare import interval_coverage
from real_or_ai.stages.compare.side_by_side import BySplit, Numbers, pair
from real_or_ai.statistics.figure import Figure

Differences = Mapping[str, Mapping[str, Numbers]]  # split -> pair -> number

HOW_TO_READ = """\
Brackets: 95 % interval. Those of shares, balanced accuracy and the F1 of one class are derived from
Wilson's, that of the ROC AUC is Newcombe's, all with the groups' design effect; the others are the
grouped bootstrap's. {weak} marks intervals that, at this size, value and layout of groups, held the
truth in less than 93 % of simulated cases instead of 95 (docs/coverage.md). The ECE has no
interval: none that was tried holds the truth at such sizes.

`accuracy`, precision, recall and F1 are taken at the threshold that val chose, `accuracy_at_half`
at 0.5 of the uncalibrated score, as all of the report's. `recall_real` and `recall_ai` are the
accuracies of each class. Precision, recall and F1 are weighted means for the networks and of the
real class for the SVM, as in the report."""
BESIDE = """\
# The report's tables beside ours

Ours: {name}. The report's: its own 929 pictures, which are not these, and which
it augmented before it split them. The two stand side by side to show that every figure is there,
not to be compared in size.
"""
ALONE = """\
# Results on {name}
"""

WEAK = " ~"

SIGNIFICANT = 0.05
OVER_SEEDS = "roc_auc_over_seeds"
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
    data.json and fit_svm.json; chosen: the model that
    people get by default; beside_report: with the report's figures, which say nothing of pictures
    of one's own.
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
    yield from _fold_table(folds, beside_report=beside_report)
    yield ""
    yield from _data_table(data, beside_report=beside_report)


def in_words(
    split: str,
    numbers: BySplit,
    differences: Mapping[str, Numbers],
    spreads: Mapping[str, Numbers],
) -> str:
    """Who wins on a split, by how much, and whether that is more than chance."""
    own = {model: by_split[split] for model, by_split in numbers.items()}
    any_model = next(iter(own.values()))
    head = f"On {split} (n = {any_model['n']})"
    if "roc_auc" not in any_model:
        return f"{head} one class stands alone, so nothing can be ranked."
    first, second, *_ = sorted(own, key=lambda model: -own[model]["roc_auc"])
    best = own[first]
    sentence = f"{head} {TITLES[first]} ranks the classes best: ROC AUC {_cell(best, 'roc_auc')}"
    sentence += f", accuracy {_cell(best, 'accuracy')}."
    sentence += _lead_in_words(differences, first, second) + _seeds_in_words(spreads)
    apart = [
        f"{TITLES[one]} and {TITLES[other]}"
        for one, other in combinations(own, 2)
        if differences[pair(one, other)]["holm_p"] < SIGNIFICANT
    ]
    told = f"The calls of {'; '.join(apart)} differ" if apart else "No two models' calls differ"
    sentence += f" {told} by more than chance (McNemar's test, Holm's correction)."
    for model in own:
        for broken in broken_promises(own[model]):
            sentence += f" {TITLES[model]}: {broken}."
    near_chance = [TITLES[model] for model in own if own[model]["roc_auc_low"] <= 0.5]
    if near_chance:
        sentence += f" {', '.join(near_chance)} cannot be told from guessing."
    return sentence


def _lead_in_words(differences: Mapping[str, Numbers], first: str, second: str) -> str:
    """Whether a lead in AUC holds for other pictures, and for other seeds too."""
    lead = _lead(differences, first, second, "roc_auc")
    anew = _lead(differences, first, second, OVER_SEEDS)
    assert lead is not None  # both classes are there
    told = f" Its lead in AUC over {TITLES[second]}, {lead.text(of_ends=3)}"
    if anew is None:
        told += " over pictures (of one seed: what another changes is not known)"
    else:
        told += f" over pictures and {anew.text(of_ends=3)} over seeds too"
    sure = lead.low > 0 and (anew is None or anew.low > 0)
    return f"{told}, {'is more than chance gives' if sure else 'could be chance'}."


def _lead(differences: Mapping[str, Numbers], first: str, second: str, what: str) -> Figure | None:
    """The AUC difference of two models as first less second; None where it is not known."""
    if (numbers := differences.get(pair(first, second))) is not None:
        return Figure.read(numbers, what) if what in numbers else None
    found = _lead(differences, second, first, what)
    return None if found is None else Figure(-found.value, -found.high, -found.low)


def _seeds_in_words(spreads: Mapping[str, Numbers]) -> str:
    """What seeds alone change."""
    told = [
        f"{TITLES[model]} from {of['roc_auc_lowest']:.3f} to {of['roc_auc_highest']:.3f}"
        for model, of in spreads.items()
        if of["seeds"] > 1
    ]
    return f" By the seed of its training alone the AUC goes: {', '.join(told)}." if told else ""


def _cell(numbers: Numbers, metric: str) -> str:
    """A number with its interval, or a dash; marked where the interval is known to be weak."""
    if metric not in numbers:
        return "-"
    if f"{metric}_low" not in numbers:
        return f"{numbers[metric]:.3f}"
    figure = Figure.read(numbers, metric)
    truth = numbers.get("roc_auc") if metric in interval_coverage.BY_AUC else figure.value
    weak = truth is not None and _is_weak(metric, truth, numbers)
    return figure.text() + WEAK * weak


def _is_weak(metric: str, truth: float, of: Numbers) -> bool:
    """Whether such an interval, of so many pictures, held the truth in too few simulated cases."""
    share = 1.0
    if metric == "error_of_decided":
        share = of["n_decided"] / of["n"]
    elif set(LABELS) & set(metric.split("_")):
        share = 0.5  # one class's metrics are of about half the pictures
    n, groups = (max(1, int(of[count] * share)) for count in ("n", "groups"))
    held = interval_coverage.simulated(
        metric, truth, n=n, groups=groups, group_size=of["group_size"]
    )
    return held is not None and held < interval_coverage.LOW


def _split_table(split: str, numbers: BySplit, *, beside_report: bool) -> Iterable[str]:
    any_model = next(iter(numbers.values()))
    yield f"## {split} (n = {any_model[split]['n']})"
    yield ""
    rows = []
    for metric in METRICS:
        row = [metric]
        for model, detector in DETECTORS.items():
            key = f"{metric}_{detector.average}" if metric in AVERAGED else metric
            row.append(_cell(numbers[model][split], key))
            if beside_report:
                row.append(_reported(split, model, metric))
        rows.append(row)
    more = ("report",) if beside_report else ()
    titles = [heading for title in TITLES.values() for heading in (title, *more)]
    yield markdown.table([split, *titles], rows)


def _reported(split: str, model: str, metric: str) -> str:
    theirs = report.REPORTED[split].get(model, {}).get(metric)
    of_folds = " (folds)" if (split, model) == ("val", "svm") else ""
    return "-" if theirs is None else f"{theirs:g}{of_folds}"


def _difference_table(
    differences: Mapping[str, Numbers], split: str, by_model: BySplit
) -> Iterable[str]:
    rows = []
    for name, numbers in differences.items():
        models = name.split(" - ")
        auc, anew = "-", "-"
        if OVER_SEEDS in numbers:
            anew = Figure.read(numbers, OVER_SEEDS).text()
        if "roc_auc" in numbers:
            own = [by_model[model][split] for model in models]
            mean = sum(one["roc_auc"] for one in own) / len(own)
            weak = _is_weak("auc_difference", mean, own[0])
            auc = Figure.read(numbers, "roc_auc").text() + WEAK * weak
        mark = " *" if numbers["holm_p"] < SIGNIFICANT else ""
        values = (f"{numbers[name]:.3f}" for name in ("accuracy", "mcnemar_p", "holm_p"))
        rows.append([" - ".join(TITLES[model] for model in models), auc, anew, *values])
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
    yield "The AUC difference is of the shipped detectors, its interval over pictures; beside it that"
    yield "of the means over seeds, for other pictures and other trainings. McNemar's exact test and the"
    yield f"accuracy beside it take one picture of each of {count} groups, and each detector's calls at"
    yield f"its own threshold from val; * marks p < {SIGNIFICANT:g} after Holm's correction."


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
        [title, *(_cell(numbers[model][split], metric) for model in TITLES)]
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


def _fold_table(folds: Mapping[str, Any], *, beside_report: bool) -> Iterable[str]:
    inside = folds["folds"]
    best = ", ".join(f"{name} = {value:.4g}" for name, value in folds["best"].items())
    yield f"## The SVM over {inside['count']} folds of train"
    yield ""
    yield f"Best of the grid: {best}." + " The report's: C = 1.7, gamma = 1/512." * beside_report
    yield ""
    reported = {
        "accuracy": "0.95 ± 0.0",
        "precision_real": "0.94 ± 0.02",
        "recall_real": "0.95 ± 0.01",
        "f1_real": "0.94 ± 0.0",
    }
    rows = (
        (metric, f"{inside['mean'][metric]:.3f} ± {inside['deviation'][metric]:.3f}", theirs)
        for metric, theirs in reported.items()
    )
    yield _table_of_two(("mean ± deviation", "ours", "report"), rows, beside_report=beside_report)


def _table_of_two(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, beside_report: bool
) -> str:
    """A table whose last column is the report's, or without it."""
    end = None if beside_report else -1
    return markdown.table(head[:end], (row[:end] for row in rows))


def _data_table(data: Mapping[str, Any], *, beside_report: bool) -> Iterable[str]:
    yield "## Pictures, real and ai"
    yield ""
    split = data["split"]
    both = {label: split["train"][label] + split["val"][label] for label in LABELS}
    counts = {
        "raw": (data["raw"], report.RAW),
        "prepared": (data["prepared"], report.CLEAN),
        "train and val": (both, report.SPLIT["train and val"]),
    } | {name: (split[name], report.SPLIT[name]) for name in ("test", "external") if name in split}

    def counted(of_classes: Mapping[str, int]) -> str:
        return " and ".join(str(of_classes[label]) for label in LABELS)

    rows = ((name, counted(ours), counted(theirs)) for name, (ours, theirs) in counts.items())
    yield _table_of_two(("", "ours", "report"), rows, beside_report=beside_report)
