"""What stands on the experiments' plots: each dot in its row and panel, with its interval."""

import numpy as np
import pandas as pd
import pytest

from real_or_ai.experiments import outcome_plots
from real_or_ai.registry import TITLES

METRICS = ("accuracy", "roc_auc")


def table(experiments: tuple[str, ...], splits: tuple[str, ...], **keys: list[str]) -> pd.DataFrame:
    """Each value says where it belongs; the models of the second experiment stand upside down."""
    rows = []
    for number, experiment in enumerate(experiments):
        models = list(TITLES)[:: 1 if number == 0 else -1]
        for model in models:
            for split in splits:
                for source in keys.get("held_out", [""]):
                    place = list(TITLES).index(model), splits.index(split), number
                    value = 0.3 + 0.1 * place[0] + 0.03 * place[1] + 0.2 * place[2]
                    value += 0.01 * len(source)
                    row = {"data": "planted", "held_out": source, "experiment": experiment}
                    row |= {"model": model, "split": split, "n": 40 + place[1]}
                    for metric in METRICS:
                        row |= {metric: value, f"{metric}_low": value - 0.04}
                        row |= {f"{metric}_high": value + 0.09}
                    rows.append(row)
    return pd.DataFrame(rows)


def dots(axes, ticks: list[str]) -> dict[tuple[str, str], tuple[float, float, float]]:
    """(row, experiment) -> value, low, high."""
    found = {}
    for bars in axes.containers:
        points, _, (lines,) = bars.lines
        segments = lines.get_segments()
        for x, y, segment in zip(points.get_xdata(), points.get_ydata(), segments, strict=True):
            low, high = segment[:, 0]
            found[ticks[round(float(y))], bars.get_label()] = (x, low, high)
    return found


def row_names(figure) -> list[str]:
    return [tick.get_text() for tick in figure.axes[0].get_yticklabels()]


@pytest.mark.parametrize(
    ("draw", "splits", "metric"),
    [("delivery", ("test", "external"), "roc_auc"), ("leaky", ("val", "test"), "accuracy")],
)
def test_each_dot_stands_at_its_model_split_and_experiment(tmp_path, figures, draw, splits, metric):
    pair = table(("one", "other"), splits)
    given = [pair]
    if draw == "leaky":
        gap = pair[pair["split"] == "val"].rename(
            columns=lambda name: name.replace("accuracy", "val_above_test")
        )
        given.append(gap)
    getattr(outcome_plots, draw)(tmp_path / "plot.png", *given)
    figure = figures["plot.png"]
    names = row_names(figure)
    assert names == list(TITLES.values())
    assert "planted" in figure.get_suptitle()
    panels = {axes.get_title(): axes for axes in figure.axes}
    wanted = [f"{split}, n {40 + place}" for place, split in enumerate(splits)]
    assert list(panels) == wanted + (["val above test"] if draw == "leaky" else [])
    for (title, axes), split in zip(panels.items(), [*splits, "val"], strict=False):
        found = dots(axes, names)
        rows = pair[pair["split"] == split]
        assert len(found) == len(rows)
        for row in rows.to_dict("records"):
            expected = [row[f"{metric}{end}"] for end in ("", "_low", "_high")]
            there = found[TITLES[row["model"]], row["experiment"]]
            assert there == pytest.approx(expected), title
        low, high = axes.get_xlim()
        assert low < min(one[1] for one in found.values())
        assert high > max(one[2] for one in found.values())
        lowest, highest = axes.get_ylim()
        assert lowest > highest  # rows from the top down


def test_the_source_that_was_held_out_is_drawn_and_no_other_split(tmp_path, figures):
    held_out = table(("one", "other"), ("test", "external"), held_out=["web", "studio", "mean"])
    gone = (held_out["held_out"] == "studio") & (held_out["model"] == "cnn")
    held_out.loc[gone, [f"roc_auc{end}" for end in ("", "_low", "_high")]] = np.nan
    outcome_plots.leave_one_source_out(tmp_path / "plot.png", held_out)
    figure = figures["plot.png"]
    assert [axes.get_title() for axes in figure.axes] == list(TITLES.values())
    names = row_names(figure)
    assert names == ["web\nn 41", "studio\nn 41", "mean", "studio\nn 41, one class"]
    external = held_out[held_out["split"] == "external"]
    for axes, model in zip(figure.axes, TITLES, strict=True):
        found = dots(axes, names)
        rows = external[(external["model"] == model) & external["roc_auc"].notna()]
        assert len(found) == len(rows)
        for row in rows.to_dict("records"):
            name = next(one for one in names if one.split("\n")[0] == row["held_out"])
            expected = [row[f"roc_auc{end}"] for end in ("", "_low", "_high")]
            assert found[name, row["experiment"]] == pytest.approx(expected)
        (chance,) = [line for line in axes.lines if line.get_linestyle() == "--"]
        assert set(chance.get_xdata()) == {0.5}
