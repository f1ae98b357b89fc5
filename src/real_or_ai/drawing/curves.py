"""Curves and heat maps as PNG files; DVC draws the same numbers from CSV files."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from real_or_ai.conventions.outputs import replacing

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
    save(figure, path)


def rocs(path: Path, title: str, curves: Mapping[str, pd.DataFrame]) -> None:
    """ROC curves in one plot; curves: legend -> fpr and tpr."""
    figure = Figure(figsize=(5, 4.6), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize=10)
    _draw_rocs(axes, curves)
    save(figure, path)


def reliability(path: Path, title: str, tables: Mapping[str, pd.DataFrame]) -> None:
    """Share of ai against score in bins, before and after calibration, a panel a model.

    tables: title -> columns when (before | after), score, share_ai, share_ai_low, share_ai_high.
    """
    figure = Figure(figsize=(3.6 * len(tables) + 0.6, 4.2), layout="constrained")
    figure.suptitle(title)
    for axes, (name, table) in zip(
        figure.subplots(1, len(tables), squeeze=False)[0], tables.items(), strict=True
    ):
        axes.plot([0, 1], [0, 1], "--", color="gray", linewidth=1)
        for when, style in (("before", "s:"), ("after", "o-")):
            rows = table[table["when"] == when]
            share = rows["share_ai"]
            ends = np.stack([share - rows["share_ai_low"], rows["share_ai_high"] - share]).clip(0)
            axes.errorbar(rows["score"], share, ends, fmt=style, capsize=2, alpha=0.8, label=when)
        _label(axes, "score (mean of a bin)", "share of ai pictures")
        axes.set_title(name, fontsize=10)
        axes.legend(loc="upper left", fontsize=8)
    save(figure, path)


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
    save(figure, path)


def _draw_rocs(axes: Axes, curves: Mapping[str, pd.DataFrame]) -> None:
    for name, roc in curves.items():
        axes.plot(roc["fpr"], roc["tpr"], label=name, drawstyle="steps-post")
    axes.plot([0, 1], [0, 1], "--", color="gray", label="chance")
    _label(axes, "real pictures called ai (fpr)", "ai pictures called ai (tpr)")
    axes.legend(loc="lower right", fontsize=8)


def _label(axes: Axes, x: str, y: str) -> None:
    axes.set(xlabel=x, ylabel=y, xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.grid(alpha=0.3)


def save(figure: Figure, path: Path) -> None:
    """A PNG with nothing of the program in it: the same bytes for the same figure."""
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100, metadata={"Software": None})
