"""Stage `compare`: all detectors side by side, and the report's tables beside ours."""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from real_or_ai import curves, manifest, metrics, report
from real_or_ai.errors import told_in_one_sentence
from real_or_ai.labels import LABELS
from real_or_ai.outputs import replacing, write_json
from real_or_ai.params.base import load
from real_or_ai.params.compare import CompareParams
from real_or_ai.params.prepare import PrepareParams, named


def run(
    predictions: Path,
    metrics_folder: Path,
    comparison_json: Path,
    plots: Path,
    report_md: Path,
    *,
    params: CompareParams,
    raw: str,
) -> None:
    """Writes the comparison, the curves of all models in one plot, and the report's table.

    predictions: a folder with <model>.csv. metrics_folder: one with <model>.json, fit_svm.json and
    data.json. raw: the raw folder's name, for the headings.
    """
    scored = {name: manifest.read(predictions / f"{name}.csv") for name in report.TITLES}
    numbers = {name: _read(metrics_folder / f"{name}.json") for name in report.TITLES}
    intervals = {name: _intervals(table, params.seed) for name, table in scored.items()}
    splits = list(next(iter(numbers.values())))
    comparison = {
        split: {name: _compared(numbers[name][split], intervals[name][split]) for name in scored}
        for split in splits
    }
    write_json(comparison_json, comparison)
    with replacing(plots) as temporary:
        temporary.mkdir()
        for split in splits:
            if "roc_auc" in intervals[next(iter(scored))][split]:  # else one class stands alone
                _plot(temporary, split, scored, raw)
    folds, data = _read(metrics_folder / "fit_svm.json"), _read(metrics_folder / "data.json")
    text = "\n".join(_report(raw, data, numbers, intervals, folds, splits))
    with replacing(report_md) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _intervals(table: pd.DataFrame, seed: int) -> dict[str, dict[str, tuple[float, float]]]:
    """Split -> metric -> (low, high), at the detector's own verdicts."""
    found = {}
    for split, rows in table.groupby("split", sort=False):
        labels = manifest.label_indices(rows)
        scores, groups = rows["score"].to_numpy(), rows["group"].to_numpy()
        found[str(split)] = metrics.grouped_bootstrap(
            labels, scores, manifest.called_ai(rows), groups, seed
        )
    return found


def _compared(
    numbers: Mapping[str, float], intervals: Mapping[str, tuple[float, float]]
) -> dict[str, float]:
    row = {"n": numbers["n"]}
    for metric, (low, high) in intervals.items():
        row |= {metric: numbers[metric], f"{metric}_low": low, f"{metric}_high": high}
    return row


def _plot(folder: Path, split: str, scored: Mapping[str, pd.DataFrame], raw: str) -> None:
    drawn = {}
    for name, table in scored.items():
        rows = table[table["split"] == split]
        labels, scores = manifest.label_indices(rows), rows["score"].to_numpy()
        drawn[report.TITLES[name]] = (
            metrics.roc(labels, scores),
            metrics.precision_recall(labels, scores),
        )
    title = f"{split}: {len(labels)} pictures of {named(raw)}"
    curves.roc_and_precision_recall(folder / f"curves_{split}.png", title, drawn, labels.mean())


def _report(
    raw: str,
    data: Mapping[str, Any],
    numbers: Mapping[str, Mapping[str, Mapping[str, float]]],
    intervals: Mapping[str, Mapping[str, Mapping[str, tuple[float, float]]]],
    folds: Mapping[str, Any],
    splits: Iterable[str],
) -> Iterable[str]:
    """The lines of metrics/report.md."""
    yield "# The report's tables beside ours"
    yield ""
    yield f"Ours: {named(raw)}. The report's: its own 929 pictures, which are not these, and which"
    yield "it augmented before it split them. The two stand side by side to show that every figure"
    yield "is there, not to be compared in size."
    yield ""
    yield "Brackets: 95 % interval, grouped bootstrap. Precision, recall and F1 are weighted means"
    yield "for the networks and of the real class for the SVM, as in the report."
    for split in splits:
        yield ""
        yield from _split_table(split, numbers, intervals)
    yield ""
    yield from _fold_table(folds)
    yield ""
    yield from _data_table(data)


def _split_table(
    split: str,
    numbers: Mapping[str, Mapping[str, Mapping[str, float]]],
    intervals: Mapping[str, Mapping[str, Mapping[str, tuple[float, float]]]],
) -> Iterable[str]:
    any_model = next(iter(numbers.values()))
    yield f"## {split} (n = {any_model[split]['n']})"
    yield ""
    columns = [f"{title} | report" for title in report.TITLES.values()]
    yield f"| {split} | {' | '.join(columns)} |"
    yield "|---" * (1 + 2 * len(columns)) + "|"
    for metric in ("accuracy", "roc_auc", "average_precision", "loss", "precision", "recall", "f1"):
        cells = []
        for name in report.TITLES:
            key = (
                f"{metric}_{report.AVERAGE[name]}"
                if metric in ("precision", "recall", "f1")
                else metric
            )
            value = numbers[name][split].get(key)
            low, high = intervals[name][split].get(metric, (None, None))
            ours = "-" if value is None else f"{value:.3f}"
            cells.append(ours if low is None else f"{ours} [{low:.2f}, {high:.2f}]")
            theirs = report.REPORTED[split].get(name, {}).get(metric)
            of_folds = " (folds)" if (split, name) == ("val", "svm") else ""
            cells.append("-" if theirs is None else f"{theirs:g}{of_folds}")
        yield f"| {metric} | {' | '.join(cells)} |"


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

    def pair(counts: Mapping[str, int]) -> str:
        return " and ".join(str(counts[label]) for label in LABELS)

    rows = {"raw": (data["raw"], report.RAW), "prepared": (data["prepared"], report.CLEAN)}
    split = data["split"]
    both = {label: split["train"][label] + split["val"][label] for label in LABELS}
    rows["train and val"] = (both, report.SPLIT["train and val"])
    rows |= {
        name: (split[name], report.SPLIT[name]) for name in ("test", "external") if name in split
    }
    for name, (ours, theirs) in rows.items():
        yield f"| {name} | {pair(ours)} | {pair(theirs)} |"


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    with told_in_one_sentence():
        run(
            *map(Path, sys.argv[1:]),
            params=load(CompareParams, "compare"),
            raw=load(PrepareParams, "prepare").raw,
        )
