import json
import os
import sys
import zlib
from pathlib import Path

import pytest
import yaml
from tools import reproduce_check

CSV = "picture,score,called\na.jpg,0.25,real\nb.jpg,0.75,ai\n"


def workspace(folder: Path, outs: dict[str, str]) -> Path:
    """A folder with these outs and a dvc.lock whose hashes are those of their texts."""
    for name, text in outs.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    listed = [
        {"path": name.split("/")[0], "md5": zlib.crc32(text.encode())}
        for name, text in outs.items()
    ]
    lock = {"stages": {"one": {"outs": listed[:1]}, "rest": {"outs": listed[1:]}, "none": {}}}
    (folder / "dvc.lock").write_text(yaml.safe_dump(lock), encoding="utf-8")
    return folder


def pair(tmp_path: Path, first: dict[str, str], second: dict[str, str]) -> tuple[Path, Path]:
    return workspace(tmp_path / "first", first), workspace(tmp_path / "second", second)


def test_the_same_bytes_are_the_same(tmp_path, capsys):
    outs = {"scores.csv": CSV, "plots/note.txt": "x"}
    first, second = pair(tmp_path, outs, outs)
    assert reproduce_check.report(first, second, 2)
    assert capsys.readouterr().out == "2 threads: dvc.lock is the same to the byte\n"
    assert list(reproduce_check.differences(first, second)) == []


def test_what_differs_is_named_with_its_hashes_and_its_largest_number(tmp_path, capsys):
    changed = CSV.replace("0.25", "0.2501").replace("0.75", "0.7")
    first, second = pair(
        tmp_path,
        {"scores.csv": CSV, "plots/note.txt": "x", "model.onnx": "a"},
        {"scores.csv": changed, "plots/note.txt": "x", "model.onnx": "b"},
    )
    assert not reproduce_check.report(first, second, 1)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "1 threads: dvc.lock differs"
    crc = [zlib.crc32(text.encode()) for text in ("a", "b", CSV, changed)]
    assert said[1:] == [
        f"  model.onnx: {crc[0]}, then {crc[1]}; model.onnx differs",
        f"  scores.csv: {crc[2]}, then {crc[3]}; scores.csv differs by 0.05 (row 2, score)",
    ]


def test_a_folders_files_are_compared_one_by_one(tmp_path):
    first, second = pair(
        tmp_path,
        {"plots/a.json": '{"x": [1, {"y": 2.5}]}', "plots.only": ""},
        {"plots/a.json": '{"x": [1, {"y": 2.25}]}', "plots.only": ""},
    )
    (second / "plots" / "new.txt").write_text("", encoding="utf-8")
    (line,) = reproduce_check.differences(first, second)
    assert line.endswith("a.json differs by 0.25 (x[1].y); new.txt in one run only")


def test_an_out_of_one_run_only_is_a_difference(tmp_path):
    first, second = pair(tmp_path, {"a": "1", "b": "2"}, {"a": "1"})
    (line,) = reproduce_check.differences(first, second)
    assert line == f"b: {zlib.crc32(b'2')}, then missing; b in one run only"


def test_numbers_and_texts_are_told_apart(tmp_path):
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text(CSV, encoding="utf-8")
    other.write_text(CSV.replace("0.75,ai", "0.5,real") + "c.jpg,0.1,real\n", encoding="utf-8")
    found = reproduce_check.apart(one, other)
    assert (found.largest, found.where, found.texts) == (0.25, "row 2, score", 4)
    assert str(found) == "by 0.25 (row 2, score), and in 4 texts"
    same = reproduce_check.apart(one, one)
    assert (same.largest, same.texts) == (0, 0)


def test_of_each_model_the_largest_difference_of_all_splits_counts(tmp_path):
    def outs(score: str, **aucs: float) -> dict[str, str]:
        splits = {
            split: {"roc_auc": auc, "roc_auc_low": auc / 3, "accuracy": 0.5, "brier": auc / 2}
            for split, auc in aucs.items()
        }
        return {
            "predictions/svm.csv": CSV.replace("0.75", score),
            "metrics/evaluate/svm.json": json.dumps(splits),
        }

    first, second = pair(
        tmp_path, outs("0.75", val=0.5, test=0.5), outs("0.7500001", val=0.625, test=0.25)
    )
    (first / "metrics/evaluate/cnn.json").write_text(
        "{}", encoding="utf-8"
    )  # not made in the second
    apart = {"roc_auc": 0.25, "accuracy": 0, "brier": 0.125}
    found = reproduce_check.figures_apart(first, second)
    assert found == {"svm": {**apart, "score": pytest.approx(1e-7)}}
    (first / "predictions/svm.csv").unlink()  # as in a commit
    assert reproduce_check.figures_apart(first, second) == {"svm": apart}


@pytest.mark.parametrize("threads", range(1, len(os.sched_getaffinity(0)) + 1))
def test_a_command_is_held_to_the_threads_asked_for(threads, tmp_path):
    code = "import joblib, os; print(os.environ['OMP_NUM_THREADS'], joblib.cpu_count())"
    said = reproduce_check.run_with(threads, [sys.executable, "-c", code], tmp_path)
    assert said.split() == [str(threads), str(threads)]


def test_a_command_that_fails_ends_the_check(tmp_path):
    with pytest.raises(SystemExit, match="failed in"):
        reproduce_check.run_with(1, [sys.executable, "-c", "raise SystemExit(3)"], tmp_path)
