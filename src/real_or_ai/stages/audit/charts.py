"""The audit's plots: bars with their intervals, and each fact by class."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from real_or_ai.conventions.labels import AI, LABELS, REAL, Label
from real_or_ai.drawing.curves import save

_PANELS = 4  # in a row


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
    save(figure, path)


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
    save(figure, path)


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
