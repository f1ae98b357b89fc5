"""What stands on the audit's plots: each bar at its name, each class's own shares."""

import numpy as np
import pandas as pd
import pytest

from real_or_ai.stages.audit import charts


def test_each_bar_stands_at_its_name_with_its_interval(tmp_path, figures):
    """The second series names its bars in another order."""
    table = pd.DataFrame(
        {
            "name": ["file_facts", "thumbnails", "thumbnails", "file_facts"],
            "when": ["as_found", "as_found", "delivered", "delivered"],
            "value": [0.9, 0.6, 0.55, 0.5],
            "value_low": [0.7, 0.55, 0.4, 0.45],
            "value_high": [0.95, 0.8, 0.6, 0.65],
            "chance": [0.5, 0.5, 0.3, 0.4],
        }
    )
    charts.bars(tmp_path / "nulls.png", "title", table, ("name", "value"), "ROC AUC")
    figure = figures["nulls.png"]
    (axes,) = figure.axes
    names = {tick.get_text(): place for place, tick in enumerate(axes.get_yticklabels())}
    assert list(names) == ["file facts", "thumbnails"]
    assert axes.yaxis_inverted()
    found = {}
    for series in [one for one in axes.containers if hasattr(one, "patches")]:
        for bar in series.patches:
            middle = bar.get_y() + bar.get_height() / 2
            name = min(names, key=lambda one: abs(names[one] - middle))
            found[name, series.get_label()] = (middle, bar.get_width())
    for row in table.itertuples():
        key = row.name.replace("_", " "), row.when.replace("_", " ")
        middle, width = found[key]
        assert width == row.value
        reach = [
            segment[:, 0].tolist()
            for lines in axes.collections
            for segment in lines.get_segments()
            if segment[0, 1] == pytest.approx(middle)
        ]
        assert reach == [pytest.approx([row.value_low, row.value_high])]
        chance = [line for line in axes.lines if np.mean(line.get_ydata()) == pytest.approx(middle)]
        assert {tuple(line.get_xdata()) for line in chance if len(line.get_xdata()) == 2} == {
            (row.chance, row.chance)
        }
    assert axes.get_xlabel() == "ROC AUC"


def test_each_class_has_its_own_values(tmp_path, figures):
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    table = pd.DataFrame(
        {
            "width": [100.0, 100, 100, 100, 900, 900, 900, 900],
            "format": ["JPEG"] * 4 + ["PNG", "PNG", "PNG", ""],
        }
    )
    charts.by_class(tmp_path / "facts.png", "title", table, labels)
    numbers, texts, *empty = figures["facts.png"].axes
    assert (numbers.get_title(), texts.get_title()) == ("width", "format")
    assert not any(axes.axison for axes in empty)
    steps = {patch.get_label(): patch.get_data() for patch in numbers.patches}
    for label, low in (("real", True), ("ai", False)):
        values, edges, _ = steps[label]
        assert values.sum() == pytest.approx(1)
        assert (values[0], values[-1]) == ((1, 0) if low else (0, 1))
        assert edges[0] < edges[-1]
    ticks = [tick.get_text() for tick in texts.get_yticklabels()]
    assert ticks == ["JPEG", "PNG", "none"]
    shares = {
        bars.get_label(): [bar.get_width() for bar in bars.patches] for bars in texts.containers
    }
    assert shares == {"real": [1, 0, 0], "ai": [0, 0.75, 0.25]}
