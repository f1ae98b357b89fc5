"""The curves of all detectors in one plot, and whether their scores are probabilities."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from real_or_ai.conventions import tables
from real_or_ai.conventions.outputs import replacing
from real_or_ai.drawing import curves
from real_or_ai.registry import TITLES
from real_or_ai.statistics import metrics


def draw(
    plots: Path,
    scored: Mapping[str, pd.DataFrame],
    reliability: Mapping[str, pd.DataFrame],
    name: str,
) -> None:
    """Two plots a split. scored, reliability: tables by model. name: what the data are called."""
    any_table = next(iter(scored.values()))
    with replacing(plots) as temporary:
        temporary.mkdir()
        for split in any_table["split"].unique():
            if any_table.loc[any_table["split"] == split, "label"].nunique() == 2:
                _roc_and_precision_recall(temporary, split, scored, name)
            curves.reliability(
                temporary / f"reliability_{split}.png",
                f"{split}: is a score a probability? {name}",
                {
                    TITLES[model]: table[table["split"] == split]
                    for model, table in reliability.items()
                },
            )


def _roc_and_precision_recall(
    folder: Path, split: str, scored: Mapping[str, pd.DataFrame], name: str
) -> None:
    drawn = {}
    for model, table in scored.items():
        rows = table[table["split"] == split]
        labels, scores = tables.label_indices(rows), rows["score"].to_numpy()
        drawn[TITLES[model]] = (
            metrics.roc(labels, scores),
            metrics.precision_recall(labels, scores),
        )
    title = f"{split}: {len(labels)} pictures of {name}"
    curves.roc_and_precision_recall(folder / f"curves_{split}.png", title, drawn, labels.mean())
