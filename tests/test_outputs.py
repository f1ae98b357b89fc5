import errno
import json

import pytest

from real_or_ai.errors import NoRoomError
from real_or_ai.outputs import NO_ROOM, replacing, write_json


def test_a_file_appears_whole(tmp_path):
    path = tmp_path / "deep" / "out.json"
    write_json(path, {"a": 1})
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": 1}
    assert list(path.parent.iterdir()) == [path]


def test_after_an_error_the_older_out_stands(tmp_path):
    path = tmp_path / "out"
    path.write_text("old", encoding="utf-8")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half", encoding="utf-8")
            raise RuntimeError("no space")

    with pytest.raises(RuntimeError, match="no space"):
        fail()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_replaces_a_folder(tmp_path):
    path = tmp_path / "out"
    for name in ("first", "second"):
        with replacing(path) as temporary:
            temporary.mkdir()
            (temporary / name).touch()
    assert [file.name for file in path.iterdir()] == ["second"]


def test_nan_is_no_json(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", NO_ROOM)
def test_a_full_disk_is_one_sentence_that_names_the_file(tmp_path, number):
    def fail(path) -> None:
        with replacing(path) as outer, replacing(outer) as temporary:
            temporary.write_text("half", encoding="utf-8")
            raise OSError(number, "no space")

    with pytest.raises(
        NoRoomError, match=r"/out\.csv: no room to write it \(.+\); free some space"
    ):
        fail(tmp_path / "out.csv")
    assert not list(tmp_path.iterdir())


def test_another_error_of_the_disk_is_left_as_it_is(tmp_path):
    with pytest.raises(OSError, match="broken"), replacing(tmp_path / "out"):
        raise OSError(errno.EIO, "broken")


def test_what_a_killed_run_left_is_removed(tmp_path):
    path = tmp_path / "out[1]"  # no pattern
    left = tmp_path / ".out[1].7.writing"
    left.mkdir()
    (left / "half").touch()
    other = tmp_path / ".out1.7.writing"
    other.touch()
    with replacing(path) as temporary:
        temporary.touch()
    assert sorted(tmp_path.iterdir()) == [other, path]
