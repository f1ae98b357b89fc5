"""What stands on robustness's plots: each number in its cell, each line along its change."""

import pytest

from real_or_ai.conventions.labels import UNCHANGED
from real_or_ai.registry import TITLES
from real_or_ai.stages.robustness import plotted
from real_or_ai.stages.robustness.perturbations import CORNERS, PERTURBATIONS

VARIANTS = [*PERTURBATIONS, *CORNERS]


def numbers() -> dict:
    """Each number says where it belongs: model, split and variant."""
    return {
        model: {
            split: {
                variant: {
                    "n": 10 + place_of_split,
                    "roc_auc": (value := 0.1 + 0.3 * place + 0.1 * place_of_split + 0.004 * rank),
                    "roc_auc_low": value - 0.02,
                    "roc_auc_high": value + 0.05,
                    **({"share_other_call": value / 2} if variant in CORNERS else {}),
                }
                for rank, variant in enumerate(VARIANTS)
            }
            for place_of_split, split in enumerate(("test", "external"))
        }
        for place, model in enumerate(TITLES)
    }


def test_a_row_a_model_split_and_variant():
    table = plotted.tabulated(numbers())
    assert len(table) == len(TITLES) * 2 * len(VARIANTS)
    for row in table.itertuples():
        assert row.roc_auc == numbers()[row.model][row.split][row.variant]["roc_auc"]


@pytest.mark.parametrize(
    ("file", "variants", "metric"),
    [("heat_map", PERTURBATIONS, "roc_auc"), ("corners", CORNERS, "share_other_call")],
)
def test_each_number_stands_under_its_model_and_split(tmp_path, figures, file, variants, metric):
    plotted.draw(tmp_path, plotted.tabulated(numbers()))
    axes = figures[f"{file}.png"].axes[0]
    heads = [tick.get_text() for tick in axes.get_xticklabels()]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list(variants)
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    for column, head in enumerate(heads):
        *title, split, n = head.split("\n")
        model = next(one for one, name in TITLES.items() if name == " ".join(title))
        assert n == ("n = 10" if split == "test" else "n = 11")
        for row, variant in enumerate(variants):
            expected = numbers()[model][split][variant][metric]
            assert cells[column, row] == f"{expected:.3f}"
    assert len(heads) == 2 * len(TITLES)


def test_a_family_is_a_line_that_begins_unchanged(tmp_path, figures):
    plotted.draw(tmp_path, plotted.tabulated(numbers()))
    panels = figures["strength.png"].axes
    families = list(dict.fromkeys(one.family for one in PERTURBATIONS.values() if one.family))
    assert len(panels) == 2 * (len(families) + 1)
    titles = [axes.get_title() for axes in panels[: len(families) + 1]]
    assert titles == [*families, plotted.SINGLE]
    for index, axes in enumerate(panels):
        split = "test" if index < len(titles) else "external"
        family = titles[index % len(titles)]
        names = [name for name, one in PERTURBATIONS.items() if one.family == family]
        joined = family != plotted.SINGLE
        if joined:
            names = [UNCHANGED, *names]
        else:
            names = [name for name, one in PERTURBATIONS.items() if one.family is None]
        ticks = [tick.get_text() for tick in axes.get_xticklabels()]
        assert ticks == [name.split()[-1] if joined else name for name in names]
        lines = {line.get_label(): line for line in axes.lines}
        assert set(lines["chance"].get_ydata()) == {0.5}
        for model, title in TITLES.items():
            expected = [numbers()[model][split][name]["roc_auc"] for name in names]
            assert lines[title].get_ydata() == pytest.approx(expected)
        if joined:
            bands = [one.get_paths()[0].vertices[:, 1] for one in axes.collections]
            lowest = [band.min() for band in bands]
            values = [line.get_ydata().min() for line in axes.lines[: len(TITLES)]]
            assert lowest == pytest.approx([value - 0.02 for value in values])
        else:
            for bars, line in zip(axes.collections, axes.lines, strict=False):
                ends = [tuple(segment[:, 1]) for segment in bars.get_segments()]
                near = [(value - 0.02, value + 0.05) for value in line.get_ydata()]
                assert ends == [pytest.approx(one) for one in near]
