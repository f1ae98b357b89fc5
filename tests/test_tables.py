import os

import pytest

from real_or_ai.conventions import tables

NAMES = ["NA", "007", "", "a,b", 'say "hi"', "line\nbreak", "Ünïcode 🖼", os.fsdecode(b"\xff.png")]


def test_names_come_back_as_they_were(tmp_path):
    path = tmp_path / "t.csv"
    rows = [
        {"raw": name, "label": "ai", "source": "1e5", "reason": "copy", "detail": ""}
        for name in NAMES
    ]
    tables.write(path, tables.REJECTED, rows)
    table = tables.read(path)
    assert list(table["raw"]) == NAMES
    assert set(table["source"]) == {"1e5"}
    assert tables.rows(table) == rows


def test_numbers_are_numbers(tmp_path):
    path = tmp_path / "t.csv"
    row = dict.fromkeys(tables.PREDICTIONS, "x") | {"score": 0.1 + 0.2, "label": "ai"}
    tables.write(path, tables.PREDICTIONS, [row, row | {"label": "real"}])
    table = tables.read(path)
    assert table["score"].tolist() == [0.1 + 0.2] * 2
    assert tables.label_indices(table).tolist() == [1, 0]


def test_an_empty_table_keeps_its_columns(tmp_path):
    tables.write(tmp_path / "t.csv", tables.REJECTED, [])
    table = tables.read(tmp_path / "t.csv")
    assert (tuple(table.columns), len(table)) == (tables.REJECTED, 0)


def test_a_missing_column_is_an_error(tmp_path):
    with pytest.raises(KeyError, match="reason"):
        tables.write(tmp_path / "t.csv", tables.REJECTED, [{"raw": "", "label": "", "source": ""}])
