"""Curves, bars and heat maps as PNG files; DVC draws the same numbers from CSV files."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from real_or_ai.labels import AI, LABELS, REAL, Label
from real_or_ai.outputs import replacing

matplotlib.use("agg")

_PANELS = 4  # in a row


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


def bars(path: Path, title: str, table: pd.DataFrame, columns: tuple[str, str], x: str) -> None:
    """Bars with their intervals from the top down, beside each other where `when` differs.

    columns: of the bars' names, and of their values, beside which stand <value>_low and
    <value>_high; `chance` is where a bar of that name starts to mean something.
    """
    name, value = columns
    names, series = list(table[name].unique()), list(table["when"].unique())
    figure = Figure(figsize=(7, 0.55 * len(names) + 1.6), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize=10)
    height = 0.8 / len(series)
    for index, when in enumerate(series):
        rows = table[table["when"] == when]
        middle = rows[name].map(names.index) + (index - (len(series) - 1) / 2) * height
        axes.barh(middle, rows[value], height, label=when.replace("_", " "), alpha=0.75)
        reach = [rows[value] - rows[f"{value}_low"], rows[f"{value}_high"] - rows[value]]
        axes.errorbar(rows[value], middle, xerr=np.clip(reach, 0, 1), fmt="none", color="black")
        for chance, place in zip(rows["chance"], middle, strict=True):
            axes.plot([chance] * 2, [place - height / 2, place + height / 2], ":", color="black")
    axes.set_yticks(range(len(names)), [text.replace("_", " ") for text in names])
    axes.invert_yaxis()
    axes.set(xlabel=x, xlim=(0, 1.01))
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside lower right", ncols=len(series), fontsize=8)
    _save(figure, path)


def by_class(path: Path, title: str, table: pd.DataFrame, labels: NDArray[np.int64]) -> None:
    """A small panel for each column of the table [N, K]: how the two classes share its values."""
    rows = -(-len(table.columns) // _PANELS)
    figure = Figure(figsize=(3 * _PANELS, 2.3 * rows + 0.7), layout="constrained")
    figure.suptitle(title, fontsize=11)
    panels = list(figure.subplots(rows, _PANELS, squeeze=False).flat)
    for axes, (name, values) in zip(panels, table.items(), strict=False):
        parts = {LABELS[label]: values[labels == label] for label in (REAL, AI)}
        draw = _draw_histograms if pd.api.types.is_numeric_dtype(values) else _draw_shares
        draw(axes, parts)
        axes.set_title(str(name).replace("_", " "), fontsize=9)
        axes.tick_params(labelsize=7)
    for axes in panels[len(table.columns) :]:
        axes.set_axis_off()
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower right", ncols=2, fontsize=8)
    figure.supxlabel("share of each class; of numbers, the ends hold what lies beyond", fontsize=8)
    _save(figure, path)


def _draw_histograms(axes: Axes, parts: Mapping[Label, "pd.Series[float]"]) -> None:
    low, high = np.percentile(pd.concat(parts), [1, 99])
    edges = np.linspace(low, high if high > low else low + 1, 21)
    for name, values in parts.items():
        counts, _ = np.histogram(values.clip(edges[0], edges[-1]), edges)
        axes.stairs(counts / max(1, len(values)), edges, fill=True, alpha=0.5, label=name)


def _draw_shares(axes: Axes, parts: Mapping[Label, "pd.Series[str]"]) -> None:
    """Of texts, the commonest; the rest is not shown."""
    shares = pd.DataFrame({name: part.value_counts(normalize=True) for name, part in parts.items()})
    shares = shares.fillna(0)
    shown = shares.loc[sorted(shares.index, key=lambda text: (-shares.loc[text].sum(), text))[:8]]
    places = np.arange(len(shown))
    for index, name in enumerate(shown):
        axes.barh(places + (index - 0.5) * 0.4, shown[name], 0.4, alpha=0.5, label=name)
    axes.set_yticks(places, [str(text) or "none" for text in shown.index])
    axes.set_xlim(0, 1)
    axes.invert_yaxis()


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
