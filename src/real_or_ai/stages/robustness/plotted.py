"""The numbers of all perturbations as one table, heat maps and lines."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from real_or_ai.conventions.labels import UNCHANGED
from real_or_ai.drawing import curves
from real_or_ai.registry import TITLES
from real_or_ai.stages.robustness import bands
from real_or_ai.stages.robustness.perturbations import CORNERS, PERTURBATIONS

SINGLE = "of one strength"  # the panel of what has no family


def draw(folder: Path, table: pd.DataFrame) -> None:
    title = "ROC AUC of pictures changed before delivery"
    _heat_map(folder / "heat_map.png", title, table, "roc_auc", list(PERTURBATIONS))
    title = "Share of calls that change when a corner is hidden"
    _heat_map(folder / "corners.png", title, table, "share_other_call", list(CORNERS))
    title = "ROC AUC as a change grows, with 95 % intervals"
    bands.draw(folder / "strength.png", title, _lines(table))


def tabulated(
    numbers: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]],
) -> pd.DataFrame:
    """A row per model, split and variant."""
    return pd.DataFrame(
        [
            {"model": model, "split": split, "variant": variant, **found}
            for model, splits in numbers.items()
            for split, variants in splits.items()
            for variant, found in variants.items()
        ]
    )


def _heat_map(
    path: Path, title: str, table: pd.DataFrame, metric: str, variants: list[str]
) -> None:
    values = table.pivot(index="variant", columns=["split", "model"], values=metric)
    columns = [(split, model) for split in table["split"].unique() for model in TITLES]
    n = table.groupby("split")["n"].first()
    curves.heat_map(
        path,
        title,
        values.reindex(index=variants, columns=columns).to_numpy(),
        rows=("", variants),
        columns=("", [f"{TITLES[model]}\n{split}\nn = {n[split]}" for split, model in columns]),
    )


def _lines(table: pd.DataFrame) -> pd.DataFrame:
    """The perturbations' rows as `bands` takes them: each family begins unchanged."""
    parts = []
    families = dict.fromkeys(one.family for one in PERTURBATIONS.values() if one.family)
    for family in families:
        names = [UNCHANGED, *(name for name, one in PERTURBATIONS.items() if one.family == family)]
        parts += [
            table[table["variant"] == name].assign(panel=family, tick=name.split()[-1])
            for name in names
        ]
    alone = [name for name, one in PERTURBATIONS.items() if one.family is None]
    parts += [table[table["variant"] == name].assign(panel=SINGLE, tick=name) for name in alone]
    lines = pd.concat(parts).rename(columns={"roc_auc": "value"})
    return lines.assign(
        split="ROC AUC, " + lines["split"] + " (n = " + lines["n"].astype(str) + ")",
        model=lines["model"].map(TITLES),
        low=lines["roc_auc_low"],
        high=lines["roc_auc_high"],
        joined=lines["panel"] != SINGLE,
    )
