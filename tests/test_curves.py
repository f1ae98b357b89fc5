"""What stands on the plots: each line's points, each cell's number."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from real_or_ai.drawing import curves

ROC = pd.DataFrame({"fpr": [0, 0, 0.5, 1], "tpr": [0, 0.4, 0.7, 1]})
PRECISION_RECALL = pd.DataFrame({"recall": [1, 0.6, 0], "precision": [0.3, 0.8, 1]})
OTHER = pd.DataFrame({"fpr": [0, 0.2, 1], "tpr": [0, 0.9, 1]})


def points(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return [list(map(float, one)) for one in (line.get_xdata(), line.get_ydata())]


def test_rates_and_precisions_stand_on_their_axes(tmp_path, figures):
    of_models = {"one": (ROC, PRECISION_RECALL), "other": (OTHER, PRECISION_RECALL[:2])}
    curves.roc_and_precision_recall(tmp_path / "curves.png", "title", of_models, 0.3)
    left, right = figures["curves.png"].axes
    assert points(left, "one") == [[0, 0, 0.5, 1], [0, 0.4, 0.7, 1]]
    assert points(left, "other") == [[0, 0.2, 1], [0, 0.9, 1]]
    assert points(left, "chance") == [[0, 1], [0, 1]]
    assert points(right, "one") == [[1, 0.6, 0], [0.3, 0.8, 1]]
    assert points(right, "other") == [[1, 0.6], [0.3, 0.8]]
    assert set(points(right, "chance")[1]) == {0.3}
    assert (left.get_xlabel(), left.get_ylabel()) == (
        "real pictures called ai (fpr)",
        "ai pictures called ai (tpr)",
    )
    assert (right.get_xlabel(), right.get_ylabel()) == ("recall of ai", "precision of ai")
    names = [text.get_text() for text in left.get_legend().get_texts()]
    assert names == ["one", "other", "chance"]


def test_each_curve_has_its_name(tmp_path, figures):
    curves.rocs(tmp_path / "roc.png", "title", {"fold 1": ROC, "fold 2": OTHER})
    (axes,) = figures["roc.png"].axes
    assert points(axes, "fold 1")[1] == [0, 0.4, 0.7, 1]
    assert points(axes, "fold 2")[1] == [0, 0.9, 1]
    assert axes.get_title() == "title"


def test_reliability_is_drawn_before_and_after_with_its_intervals(tmp_path, figures):
    table = pd.DataFrame(
        {
            "when": ["before", "before", "after", "after"],
            "score": [0.2, 0.9, 0.3, 0.7],
            "share_ai": [0.1, 0.6, 0.25, 0.75],
            "share_ai_low": [0.05, 0.4, 0.2, 0.6],
            "share_ai_high": [0.3, 0.7, 0.5, 0.8],
        }
    )
    tables = {"one": table, "other": table.assign(score=table["score"] / 2)}
    curves.reliability(tmp_path / "reliability.png", "title", tables)
    panels = figures["reliability.png"].axes
    assert [axes.get_title() for axes in panels] == ["one", "other"]
    for axes, shrunk in zip(panels, (1, 2), strict=True):
        bars = {one.get_label(): one for one in axes.containers}
        for when, scores, shares, ends in (
            ("before", [0.2, 0.9], [0.1, 0.6], [(0.05, 0.3), (0.4, 0.7)]),
            ("after", [0.3, 0.7], [0.25, 0.75], [(0.2, 0.5), (0.6, 0.8)]),
        ):
            dots, _, (lines,) = bars[when].lines
            assert dots.get_xdata() == pytest.approx(np.array(scores) / shrunk)
            assert dots.get_ydata() == pytest.approx(shares)
            drawn = [tuple(segment[:, 1]) for segment in lines.get_segments()]
            assert np.array(drawn) == pytest.approx(np.array(ends))


def test_a_heat_maps_numbers_stand_in_their_cells(tmp_path, figures):
    values = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.9]])
    curves.heat_map(
        tmp_path / "map.png",
        "title",
        values,
        rows=("C", ["1", "10"]),
        columns=("gamma", ["a", "b", "c"]),
    )
    axes = figures["map.png"].axes[0]
    cells = {text.get_position(): text for text in axes.texts}
    assert len(cells) == 6
    for (row, column), value in np.ndenumerate(values):
        text = cells[column, row]
        assert text.get_text() == f"{value:.3f}"
        assert text.get_color() == ("white" if value <= 0.5 else "black")  # legible on viridis
    assert np.array_equal(axes.images[0].get_array(), values)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["a", "b", "c"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["1", "10"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("gamma", "C")


def test_the_same_figure_is_the_same_bytes_and_says_nothing_of_the_program(tmp_path):
    for name in ("first", "second"):
        curves.rocs(tmp_path / f"{name}.png", "title", {"fold 1": ROC})
    first, second = ((tmp_path / f"{name}.png").read_bytes() for name in ("first", "second"))
    assert first == second
    with Image.open(tmp_path / "first.png") as plot:
        assert not plot.text
