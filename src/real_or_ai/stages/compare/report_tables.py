"""Tables with the course report's figures in their last column, or without it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from real_or_ai.conventions.labels import LABELS
from real_or_ai.drawing import markdown
from real_or_ai.stages.compare import course_report as report


def figure(split: str, model: str, metric: str) -> str:
    """What the report gives of a model, or a dash."""
    theirs = report.REPORTED[split].get(model, {}).get(metric)
    of_folds = " (folds)" if (split, model) == ("val", "svm") else ""
    return "-" if theirs is None else f"{theirs:g}{of_folds}"


def folds(folds: Mapping[str, Any], *, beside_report: bool) -> Iterable[str]:
    """Mean and deviation over the folds that chose the SVM, and over those that did not.

    folds: fit_svm.json.
    """
    best = ", ".join(f"{name} = {value:.4g}" for name, value in folds["best"].items())
    yield f"## The SVM over {folds['folds']['count']} folds of train"
    yield ""
    yield f"Best of the grid: {best}." + " The report's: C = 1.7, gamma = 1/512." * beside_report
    yield "These folds chose it among all of the grid, which flatters its mean there. *Nested* is"
    yield "the choice itself: made anew inside each fold, measured outside."
    yield ""
    reported = {
        "accuracy": "0.95 ± 0.0",
        "precision_real": "0.94 ± 0.02",
        "recall_real": "0.95 ± 0.01",
        "f1_real": "0.94 ± 0.0",
    }

    def over(which: str, metric: str) -> str:
        if (found := folds.get(which)) is None:
            return "-"
        return f"{found['mean'][metric]:.3f} ± {found['deviation'][metric]:.3f}"

    rows = (
        (metric, over("folds", metric), over("nested", metric), theirs)
        for metric, theirs in reported.items()
    )
    heads = ("mean ± deviation", "ours", "ours, nested", "report")
    yield _table(heads, rows, beside_report=beside_report)


def data(data: Mapping[str, Any], *, beside_report: bool) -> Iterable[str]:
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
    yield _table(("", "ours", "report"), rows, beside_report=beside_report)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, beside_report: bool) -> str:
    """A table whose last column is the report's, or without it."""
    end = None if beside_report else -1
    return markdown.table(head[:end], (row[:end] for row in rows))
