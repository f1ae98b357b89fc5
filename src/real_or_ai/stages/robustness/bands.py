"""Values with their intervals along what happens to pictures on their way."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from real_or_ai.drawing.curves import save


def draw(path: Path, title: str, table: pd.DataFrame) -> None:
    """Values with their intervals, a line a model: a row of panels per split.

    table: columns split, panel, model, tick, value, low, high, and joined: whether the panel's
    ticks are steps of one thing. Each panel's ticks stand in the order of the table.
    """
    splits, panels = table["split"].unique(), table["panel"].unique()
    counts = [table.loc[table["panel"] == panel, "tick"].nunique() for panel in panels]
    figure = Figure(figsize=(12, 3.2 * len(splits) + 0.8), layout="constrained")
    figure.suptitle(title)
    grid = figure.subplots(
        len(splits), len(panels), sharey=True, squeeze=False, width_ratios=[n + 1 for n in counts]
    )
    for axes, panel in zip(grid[0], panels, strict=True):
        axes.set_title(panel, fontsize=10)
    for split, row in zip(splits, grid, strict=True):
        row[0].set_ylabel(split)
        for panel, axes in zip(panels, row, strict=True):
            _draw_bands(axes, table[(table["split"] == split) & (table["panel"] == panel)])
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=8)
    save(figure, path)


def _draw_bands(axes: Axes, table: pd.DataFrame) -> None:
    models, ticks = table["model"].unique(), table["tick"].unique()
    at = np.arange(len(ticks))
    for number, model in enumerate(models):
        rows = table[table["model"] == model]
        value, low, high = (rows[name].to_numpy() for name in ("value", "low", "high"))
        if rows["joined"].all():
            axes.fill_between(at, low, high, alpha=0.15)
            axes.plot(at, value, marker=".", label=model)
        else:
            beside = at + (number - (len(models) - 1) / 2) * 0.2
            axes.vlines(beside, low, high, color=f"C{number}", alpha=0.5)
            axes.plot(beside, value, ".", label=model)
    axes.axhline(0.5, linestyle="--", color="gray", label="chance")
    axes.set_xticks(at, ticks)
    if not table["joined"].all():  # then they are names, and long
        axes.set_xticks(at, ticks, rotation=40, ha="right")
    axes.set_xlim(-0.6, len(ticks) - 0.4)
    axes.grid(alpha=0.3)
