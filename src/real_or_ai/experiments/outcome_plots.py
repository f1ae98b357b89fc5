"""The tables of `outcomes` as PNG files: dots with their 95 % intervals, panels side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from real_or_ai.conventions.labels import EXTERNAL, TEST, VAL
from real_or_ai.drawing.curves import save
from real_or_ai.experiments.outcomes import MEAN
from real_or_ai.registry import TITLES

MARKERS = "os"
ROC_AUC = "ROC AUC (0.5: chance)"
COLOURS = ("tab:orange", "tab:blue")
BETWEEN = 0.36  # of a row's height, between the dots of its two experiments


@dataclass(frozen=True)
class Panel:
    """One plot. dots: columns row, experiment, value, low, high; a row without a value is empty.

    nothing: where a dashed line stands, at what no knowledge, or no difference, gives.
    """

    title: str
    x: str
    dots: pd.DataFrame
    nothing: float | None = None


def leaky(path: Path, pair: pd.DataFrame, inflation: pd.DataFrame) -> None:
    """Accuracy of each model on each split in both protocols, and val above test."""
    gap = _dots(inflation, "val_above_test", _titles(inflation))
    panels = [
        *_by_split(pair, (VAL, TEST, EXTERNAL), "accuracy"),
        Panel("val above test", "difference of accuracies (0: none)", gap, 0.0),
    ]
    _draw(path, f"Copies of one picture in train and in val (leaky), or not: {_data(pair)}", panels)


def delivery(path: Path, pair: pd.DataFrame) -> None:
    """ROC AUC of each model on test and external, as found and delivered."""
    panels = _by_split(pair, (TEST, EXTERNAL), "roc_auc", nothing=0.5)
    _draw(path, f"Pictures as found, or all delivered alike: {_data(pair)}", panels)


def leave_one_source_out(path: Path, table: pd.DataFrame) -> None:
    """ROC AUC of each model at each source that it was not trained on, and the mean over them."""
    external = table[table["split"] == EXTERNAL]
    panels = [
        Panel(TITLES[str(model)], ROC_AUC, _dots(rows, "roc_auc", _sources(rows)), 0.5)
        for model, rows in external.groupby("model", sort=False)
    ]
    _draw(path, f"Tested on the one source that was held out of training: {_data(table)}", panels)


def nothing(path: Path, why: str) -> None:
    """In place of a plot of which there is nothing to draw: the sentence why."""
    figure = Figure(figsize=(8, 1.2))
    figure.text(0.5, 0.5, why, ha="center", va="center", fontsize=10, wrap=True)
    save(figure, path)


def _by_split(
    pair: pd.DataFrame, splits: Sequence[str], metric: str, nothing: float | None = None
) -> list[Panel]:
    """A panel a split, of those that the pair has."""
    panels = []
    for split in splits:
        rows = pair[pair["split"] == split]
        if not rows.empty:
            dots, x = _dots(rows, metric, _titles(rows)), metric.replace("roc_auc", ROC_AUC)
            panels.append(Panel(f"{split}, {_count(rows)}", x, dots, nothing))
    return panels


def _dots(rows: pd.DataFrame, metric: str, names: Sequence[str]) -> pd.DataFrame:
    """names: of the rows of the plot, one a row of the table."""
    return pd.DataFrame(
        {
            "row": names,
            "experiment": rows["experiment"].to_list(),
            "value": rows[metric].to_list(),
            "low": rows[f"{metric}_low"].to_list(),
            "high": rows[f"{metric}_high"].to_list(),
        }
    )


def _titles(rows: pd.DataFrame) -> list[str]:
    return [TITLES[model] for model in rows["model"]]


def _sources(rows: pd.DataFrame) -> list[str]:
    """Each source with its n; without a ROC AUC it holds one class only."""
    columns = (rows[name] for name in ("held_out", "n", "roc_auc"))
    return [
        MEAN if source == MEAN else f"{source}\nn {n}" + ", one class" * pd.isna(auc)
        for source, n, auc in zip(*columns, strict=True)
    ]


def _count(rows: pd.DataFrame) -> str:
    """The n of all experiments, or of each: copies may be counted in one of them."""
    counts = rows.groupby("experiment", sort=False)["n"].first()
    if counts.nunique() == 1:
        return f"n {counts.iloc[0]}"
    return "n " + ", ".join(f"{count} {name}" for name, count in counts.items())


def _data(table: pd.DataFrame) -> str:
    return str(table["data"].iloc[0])


def _draw(path: Path, title: str, panels: Sequence[Panel]) -> None:
    """The panels, with their rows from top to bottom and one scale for all of the same x."""
    rows = list(dict.fromkeys(row for panel in panels for row in panel.dots["row"]))
    width = 2.2 + 2.9 * len(panels)
    figure = Figure(figsize=(width, 1.7 + 0.75 * len(rows)), layout="constrained")
    figure.suptitle(f"{title}\nbars: 95 % intervals", fontsize=10)
    columns = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, panel in zip(columns, panels, strict=True):
        _draw_panel(axes, panel, rows)
        axes.set_yticks(range(len(rows)), rows if axes is columns[0] else [""] * len(rows))
        alike = pd.concat([other.dots for other in panels if other.x == panel.x])
        room = 0.08 * (alike["high"].max() - alike["low"].min())
        ends = alike[["low", "high"]].min().min() - room, alike["high"].max() + room
        axes.set_xlim(*ends)
    handles, names = columns[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, fontsize=9)
    save(figure, path)


def _draw_panel(axes: Axes, panel: Panel, rows: list[str]) -> None:
    if panel.nothing is not None:
        axes.axvline(panel.nothing, linestyle="--", color="gray", linewidth=1)
    names = list(dict.fromkeys(panel.dots["experiment"]))
    for number, name in enumerate(names):
        own = panel.dots[panel.dots["experiment"] == name].dropna(subset=["value"])
        heights = [rows.index(row) + BETWEEN * (number - 0.5) for row in own["row"]]
        axes.errorbar(
            own["value"],
            heights,
            xerr=[own["value"] - own["low"], own["high"] - own["value"]],
            fmt=MARKERS[number],
            color=COLOURS[number],
            markersize=5,
            capsize=3,
            label=name,
        )
        for value, height in zip(own["value"], heights, strict=True):
            axes.annotate(
                f"{value:.2f}",
                (value, height),
                xytext=(0, 4),
                textcoords="offset points",
                ha="center",
                fontsize=7,
            )
    axes.set_title(panel.title, fontsize=9)
    axes.set_xlabel(panel.x, fontsize=9)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", alpha=0.3)
