import os

import pandas as pd
import pytest

from real_or_ai.conventions import tables
from real_or_ai.conventions.tables import PredictionRow, PreparedRow, RejectedRow

NAMES = ["NA", "007", "", "a,b", 'say "hi"', "line\nbreak", "Ünïcode 🖼", os.fsdecode(b"\xff.png")]


def test_names_come_back_as_they_were(tmp_path):
    path = tmp_path / "t.csv"
    rows = [RejectedRow(name, "ai", "1e5", "copy") for name in NAMES]
    tables.write(path, RejectedRow, rows)
    assert list(tables.read(path)["raw"]) == NAMES
    assert tables.read_rows(path, RejectedRow) == rows


def test_numbers_are_numbers(tmp_path):
    path = tmp_path / "t.csv"
    rows = [
        PredictionRow("x", label, "x", "x", "test", 0.1 + 0.2, label, label)
        for label in ("ai", "real")
    ]
    tables.write(path, PredictionRow, rows)
    table = tables.read(path)
    assert table["score"].tolist() == [0.1 + 0.2] * 2
    assert tables.label_indices(table).tolist() == [1, 0]


def prepared(**more) -> PreparedRow:
    facts = dict.fromkeys(tables.columns(PreparedRow), "x")
    numbers = ("dropped_tiles", "raw_width", "raw_height", "raw_bytes", "width", "height")
    facts |= dict.fromkeys(numbers, 3) | {"raw_jpeg_quality": None, "drawn": False}
    return PreparedRow(**(facts | {"crop_box": None, "ties": ()} | more))


def test_every_type_of_a_cell_comes_back(tmp_path):
    path = tmp_path / "t.csv"
    rows = [
        prepared(),
        prepared(crop_box=(1, 2, 30, 40), raw_jpeg_quality=85, drawn=True),
        prepared(ties=("file ä.png", 'group "x", 1')),
    ]
    tables.write(path, PreparedRow, rows)
    assert tables.read_rows(path, PreparedRow) == rows
    cells = tables.read(path)[["crop_box", "raw_jpeg_quality", "drawn", "ties"]]
    assert cells.loc[1].to_list() == ["1 2 30 40", "85", "yes", "[]"]
    assert cells.loc[0].to_list() == ["", "", "", "[]"]


def test_an_empty_table_keeps_its_columns(tmp_path):
    tables.write(tmp_path / "t.csv", RejectedRow, [])
    table = tables.read(tmp_path / "t.csv")
    assert (tuple(table.columns), len(table)) == (tables.columns(RejectedRow), 0)
    assert tables.read_rows(tmp_path / "t.csv", RejectedRow) == []


def test_a_missing_column_is_an_error(tmp_path):
    lacking = pd.DataFrame([{"raw": "", "label": "", "source": ""}])
    with pytest.raises(KeyError, match="reason"):
        tables.save(tmp_path / "t.csv", RejectedRow, lacking)


def test_what_val_alone_holds_of_drawn_pictures_makes_a_toy():
    split = pd.DataFrame(
        {"split": ["train", "val", "val", "test"], "drawn": ["", "yes", "", "yes"]}
    )
    assert tables.count_drawn(split) == 1
    assert tables.count_drawn(split[split["split"] != "val"]) == 0
