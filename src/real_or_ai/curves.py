"""Curves and heat maps as PNG files; DVC draws the same numbers from CSV files."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from real_or_ai.outputs import replacing

matplotlib.use("agg")


def roc_and_precision_recall(
    path: Path,
    title: str,
    curves: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]],
    prevalence: float,
) -> None:
    """ROC and precision-recall of all models side by side; prevalence: share of ai pictures.

    curves: legend -> (fpr and tpr, recall and precision).
    """
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    figure.suptitle(title)
    left, right = figure.subplots(1, 2)
    _draw_rocs(left, {name: roc for name, (roc, _) in curves.items()})
    for name, (_, precision_recall) in curves.items():
        right.plot(precision_recall["recall"], precision_recall["precision"], label=name)
    right.axhline(prevalence, linestyle="--", color="gray", label="chance")
    _label(right, "recall of ai", "precision of ai")
    right.legend(loc="lower left", fontsize=8)
    _save(figure, path)


def rocs(path: Path, title: str, curves: Mapping[str, pd.DataFrame]) -> None:
    """ROC curves in one plot; curves: legend -> fpr and tpr."""
    figure = Figure(figsize=(5, 4.6), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize=10)
    _draw_rocs(axes, curves)
    _save(figure, path)


def heat_map(
    path: Path,
    title: str,
    values: NDArray[np.float64],
    *,
    rows: tuple[str, list[str]],
    columns: tuple[str, list[str]],
) -> None:
    """A table of numbers as colours; rows and columns: (name of the axis, its ticks)."""
    width = max(5.0, 0.75 * len(columns[1]) + 2.5)
    figure = Figure(figsize=(width, 0.5 * len(rows[1]) + 2), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize=10)
    image = axes.imshow(values, aspect="auto", cmap="viridis")
    figure.colorbar(image)
    axes.set(xlabel=columns[0], ylabel=rows[0])
    axes.set_xticks(range(len(columns[1])), columns[1])
    axes.set_yticks(range(len(rows[1])), rows[1])
    middle = (np.nanmin(values) + np.nanmax(values)) / 2
    for (row, column), value in np.ndenumerate(values):
        colour = "white" if value <= middle else "black"
        axes.text(column, row, f"{value:.3f}", ha="center", va="center", color=colour, fontsize=8)
    _save(figure, path)


def bands(path: Path, title: str, table: pd.DataFrame) -> None:
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
    _save(figure, path)


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


def _draw_rocs(axes: Axes, curves: Mapping[str, pd.DataFrame]) -> None:
    for name, roc in curves.items():
        axes.plot(roc["fpr"], roc["tpr"], label=name, drawstyle="steps-post")
    axes.plot([0, 1], [0, 1], "--", color="gray", label="chance")
    _label(axes, "real pictures called ai (fpr)", "ai pictures called ai (tpr)")
    axes.legend(loc="lower right", fontsize=8)


def _label(axes: Axes, x: str, y: str) -> None:
    axes.set(xlabel=x, ylabel=y, xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.grid(alpha=0.3)


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100, metadata={"Software": None})
