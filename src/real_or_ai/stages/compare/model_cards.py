"""The model card of each detector, made of committed numbers alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from real_or_ai import card_text
from real_or_ai.card import CHANCE, FEWEST, MOST, Card, Change, OfSource, Part
from real_or_ai.conventions import tables
from real_or_ai.conventions.labels import LABELS, UNCHANGED, VAL
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.registry import TITLES

Changes = Mapping[str, Mapping[str, float]]  # change -> metric
Spreads = Mapping[str, Mapping[str, float]]  # model -> number


def write(
    cards: Path,
    name: str,
    data: Mapping[str, Any],
    numbers: Mapping[str, Mapping[str, Mapping[str, float]]],
    breakdown: Path,
    robustness: Mapping[str, Mapping[str, Changes]],
    spreads: Mapping[str, Spreads],
    *,
    sources: Path,
    left_out: Sequence[str],
) -> None:
    """A folder of <model>.json and <model>.md; the arguments are those of the stage's `run`."""
    with replacing(cards) as temporary:
        temporary.mkdir()
        for model, title in TITLES.items():
            made = build(
                title,
                name,
                data,
                numbers[model],
                breakdown=tables.read(breakdown / f"{model}.csv").to_dict("records"),
                robustness=lowering(robustness[model]),
                seeds={split: of[model] for split, of in spreads.items() if model in of},
                by_source=pd.read_csv(sources / f"{model}.csv", dtype={"source": str}),
                left_out=left_out,
            )
            write_json(temporary / f"{model}.json", made.model_dump(mode="json"))
            text = "\n".join(card_text.lines(made))
            (temporary / f"{model}.md").write_text(text + "\n", encoding="utf-8")


def lowering(robustness: Mapping[str, Changes]) -> dict[str, Changes]:
    """Of each split the changes after which the ROC AUC is lower than without any."""
    return {
        split: {
            name: numbers
            for name, numbers in changes.items()
            if numbers["roc_auc"] < changes[UNCHANGED]["roc_auc"]
        }
        for split, changes in robustness.items()
    }


def build(
    title: str,
    data: str,
    counts: Mapping[str, Any],
    figures: Mapping[str, Mapping[str, float]],
    *,
    breakdown: Sequence[Mapping[Any, Any]],
    robustness: Mapping[str, Mapping[str, Mapping[str, float]]],
    seeds: Mapping[str, Mapping[str, float]],
    by_source: pd.DataFrame,
    left_out: Sequence[str],
) -> Card:
    """The card of one model.

    data: what its pictures are called. counts: metrics/data.json. figures: of metrics/evaluate.
    breakdown: rows of metrics/breakdown. robustness: split -> change that lowers the ROC AUC ->
    numbers. seeds: split -> `over_seeds.spread`. by_source: metrics/sources. left_out: the sources
    of `calibrate.turns`.
    """
    split = counts["split"]
    return Card(
        title=title,
        data=data,
        drawn=counts["drawn"] > 0,
        pictures={name: {label: part[label] for label in LABELS} for name, part in split.items()},
        sources={
            name: {source: one["n"] for source, one in part["by_source"].items()}
            for name, part in split.items()
        },
        figures={name: dict(numbers) for name, numbers in figures.items()},
        parts=_weak_parts(breakdown),
        changes=_harmful_changes(robustness),
        seeds={name: dict(numbers) for name, numbers in seeds.items()},
        by_source=tuple(_of_source(row) for _, row in by_source.iterrows()),
        left_out=tuple(sorted(left_out)),
    )


def _of_source(row: "pd.Series[Any]") -> OfSource:
    figures = row.drop(["split", "source", "n"]).dropna()
    return OfSource(
        split=row["split"], source=row["source"], n=int(row["n"]),
        figures={str(name): float(value) for name, value in figures.items()},
    )  # fmt: skip


def _weak_parts(breakdown: Sequence[Mapping[Any, Any]]) -> tuple[Part, ...]:
    parts = (
        Part(
            **{name: str(row[name]) for name in ("split", "by", "value", "label")},
            n=int(row["n"]),
            share=float(row["called_rightly"]),
            low=float(row["called_rightly_low"]),
            high=float(row["called_rightly_high"]),
        )
        for row in breakdown
    )
    weak = [one for one in parts if one.split != VAL and one.n >= FEWEST and one.low <= CHANCE]
    return tuple(sorted(weak, key=lambda one: one.share)[:MOST])


def _harmful_changes(
    robustness: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> tuple[Change, ...]:
    changes = (
        Change(
            split=split,
            name=name,
            n=int(numbers["n"]),
            roc_auc=numbers["roc_auc"],
            low=numbers["roc_auc_low"],
            high=numbers["roc_auc_high"],
        )
        for split, by_name in robustness.items()
        for name, numbers in by_name.items()
    )
    harmful = [one for one in changes if one.low <= CHANCE]
    return tuple(sorted(harmful, key=lambda one: one.roc_auc)[:MOST])
