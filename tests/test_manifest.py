import os

import pytest

from real_or_ai import manifest

NAMES = ["NA", "007", "", "a,b", 'say "hi"', "line\nbreak", "Ünïcode 🖼", os.fsdecode(b"\xff.png")]


def test_names_come_back_as_they_were(tmp_path):
    path = tmp_path / "t.csv"
    rows = [
        {"raw": name, "label": "ai", "source": "1e5", "reason": "copy", "detail": ""}
        for name in NAMES
    ]
    manifest.write(path, manifest.REJECTED, rows)
    table = manifest.read(path)
    assert list(table["raw"]) == NAMES
    assert set(table["source"]) == {"1e5"}
    assert manifest.rows(table) == rows


def test_numbers_are_numbers(tmp_path):
    path = tmp_path / "t.csv"
    row = dict.fromkeys(manifest.PREDICTIONS, "x") | {"score": 0.1 + 0.2, "label": "ai"}
    manifest.write(path, manifest.PREDICTIONS, [row, row | {"label": "real"}])
    table = manifest.read(path)
    assert table["score"].tolist() == [0.1 + 0.2] * 2
    assert manifest.label_indices(table).tolist() == [1, 0]


def test_an_empty_table_keeps_its_columns(tmp_path):
    manifest.write(tmp_path / "t.csv", manifest.REJECTED, [])
    table = manifest.read(tmp_path / "t.csv")
    assert (tuple(table.columns), len(table)) == (manifest.REJECTED, 0)


def test_a_missing_column_is_an_error(tmp_path):
    with pytest.raises(KeyError, match="reason"):
        manifest.write(
            tmp_path / "t.csv", manifest.REJECTED, [{"raw": "", "label": "", "source": ""}]
        )
