"""Stage `compare`: all detectors side by side, and the report's tables beside ours."""

import json
import sys
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from real_or_ai import card
from real_or_ai.conventions import tables
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import AI, VAL
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load
from real_or_ai.drawing import curves
from real_or_ai.stages.compare import CompareParams, course_report, significance, writeup
from real_or_ai.stages.compare.writeup import BySplit
from real_or_ai.stages.prepare import PrepareParams, named
from real_or_ai.stages.robustness.perturbations import UNCHANGED
from real_or_ai.statistics import intervals, metrics

Changes = Mapping[str, Mapping[str, float]]  # change -> metric
HEADLINES = ("accuracy", "balanced_accuracy", "roc_auc", "ece")


def run(
    predictions: Path,
    metrics_folder: Path,
    models_plots: Path,
    comparison_json: Path,
    plots: Path,
    report_md: Path,
    cards: Path,
    *,
    params: CompareParams,
    raw: str,
) -> None:
    """Writes the comparison, the curves of all models in one plot, the report's tables, and cards.

    predictions: a folder with <model>.csv. metrics_folder: one with <model>.json, fit_svm.json,
    robustness.json and data.json. models_plots: one with <model>/reliability.csv and breakdown.csv.
    raw: the raw folder's name, for the headings. cards: a folder of <model>.json and .md.
    """
    scored = {name: tables.read(predictions / f"{name}.csv") for name in course_report.TITLES}
    numbers = {name: _read(metrics_folder / f"{name}.json") for name in course_report.TITLES}
    splits = list(next(iter(numbers.values())))
    differences = {split: _differences(scored, split, params.seed) for split in splits}
    best = chosen(numbers)
    headlines = _headlines(numbers)
    write_json(comparison_json, headlines | {"differences": differences, "chosen": {"model": best}})
    name = named(raw)
    reliability = {
        model: pd.read_csv(models_plots / model / "reliability.csv")
        for model in course_report.TITLES
    }
    with replacing(plots) as temporary:
        temporary.mkdir()
        for split in splits:
            if "roc_auc" in numbers[next(iter(scored))][split]:  # else one class stands alone
                _plot(temporary, split, scored, name)
            curves.reliability(
                temporary / f"reliability_{split}.png",
                f"{split}: is a score a probability? {name}",
                {
                    course_report.TITLES[model]: table[table["split"] == split]
                    for model, table in reliability.items()
                },
            )
    folds, data = _read(metrics_folder / "fit_svm.json"), _read(metrics_folder / "data.json")
    text = "\n".join(writeup.lines(name, data, numbers, differences, folds, best))
    with replacing(report_md) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    robustness = _read(metrics_folder / "robustness.json")
    with replacing(cards) as temporary:
        temporary.mkdir()
        for model, title in course_report.TITLES.items():
            breakdown = tables.rows(tables.read(models_plots / model / "breakdown.csv"))
            one = card.build(
                title,
                name,
                data,
                numbers[model],
                breakdown=breakdown,
                robustness=_lowering(robustness[model]),
            )
            _write_card(temporary / model, one)


def chosen(numbers: BySplit) -> str:
    """The model that people get by default: the best ROC AUC on val, the first of equals.

    On val, for what test and external come to must not choose anything.
    """
    return max(numbers, key=lambda model: numbers[model][VAL]["roc_auc"])


def _write_card(stem: Path, one: card.Card) -> None:
    write_json(stem.with_suffix(".json"), one.model_dump(mode="json"))
    text = "\n".join(card.lines(one))
    stem.with_suffix(".md").write_text(text + "\n", encoding="utf-8")


def _lowering(robustness: Mapping[str, Changes]) -> dict[str, Changes]:
    """Of each split the changes after which the ROC AUC is lower than without any."""
    return {
        split: {
            name: numbers
            for name, numbers in changes.items()
            if numbers["roc_auc"] < changes[UNCHANGED]["roc_auc"]
        }
        for split, changes in robustness.items()
    }


def _headlines(numbers: BySplit) -> dict[str, dict[str, dict[str, float]]]:
    """split -> model -> n and the headline metrics with their intervals."""
    names = ["n", *(f"{metric}{end}" for metric in HEADLINES for end in ("", "_low", "_high"))]
    return {
        split: {
            model: {name: by_split[split][name] for name in names if name in by_split[split]}
            for model, by_split in numbers.items()
        }
        for split in next(iter(numbers.values()))
    }


def _differences(
    scored: Mapping[str, pd.DataFrame], split: str, seed: int
) -> dict[str, dict[str, float]]:
    """Every pair of models on the same pictures: pair -> differences and p values."""
    of_split = {name: table[table["split"] == split] for name, table in scored.items()}
    any_table = next(iter(of_split.values()))
    labels, groups = tables.label_indices(any_table), any_table["group"].to_numpy()
    right = {name: tables.called_ai(table) == (labels == AI) for name, table in of_split.items()}
    pairs = list(combinations(of_split, 2))
    p_values = {
        writeup.pair(one, other): significance.mcnemar(right[one], right[other], groups)
        for one, other in pairs
    }
    holm = significance.holm(p_values)
    first = np.unique(groups, return_index=True)[1]
    found = {}
    for one, other in pairs:
        name = writeup.pair(one, other)
        found[name] = {
            "groups": len(first),
            "accuracy": float(right[one][first].mean() - right[other][first].mean()),
            "mcnemar_p": p_values[name],
            "holm_p": holm[name],
        }
        if len(np.unique(labels)) == 2:
            a, b = (of_split[model]["score"].to_numpy() for model in (one, other))
            difference, low, high = intervals.auc_difference(labels, a, b, groups, seed)
            found[name] |= {"roc_auc": difference, "roc_auc_low": low, "roc_auc_high": high}
    return found


def _plot(folder: Path, split: str, scored: Mapping[str, pd.DataFrame], name: str) -> None:
    drawn = {}
    for model, table in scored.items():
        rows = table[table["split"] == split]
        labels, scores = tables.label_indices(rows), rows["score"].to_numpy()
        drawn[course_report.TITLES[model]] = (
            metrics.roc(labels, scores),
            metrics.precision_recall(labels, scores),
        )
    title = f"{split}: {len(labels)} pictures of {name}"
    curves.roc_and_precision_recall(folder / f"curves_{split}.png", title, drawn, labels.mean())


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    with told_in_one_sentence():
        run(
            *map(Path, sys.argv[1:]),
            params=load(CompareParams, "compare"),
            raw=load(PrepareParams, "prepare").raw,
        )
