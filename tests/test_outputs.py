import errno
import json

import pytest

from real_or_ai.conventions.errors import NoRoomError, UnwritableError
from real_or_ai.conventions.outputs import NO_ROOM, UNWRITABLE, replacing, write_json


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


SENTENCE = r": cannot be written \({}\); move away what is in its place, or .+, and run again$"


def test_a_folder_in_place_of_a_file_is_one_sentence(tmp_path):
    path = tmp_path / "out.json"
    path.mkdir()
    with pytest.raises(UnwritableError, match=f"^{path}{SENTENCE.format('Is a directory')}"):
        write_json(path, {"a": 1})
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("below", "reason"), [("out", "File exists"), ("deep/out", "Not a directory")]
)
def test_a_file_in_place_of_a_folder_is_one_sentence_that_names_it(tmp_path, below, reason):
    taken = tmp_path / "taken"
    taken.touch()
    found = f"{taken / below}{SENTENCE.format(f'{(taken / below).parent}: {reason}')}"
    with pytest.raises(UnwritableError, match=found):
        write_json(taken / below, {"a": 1})
    assert list(tmp_path.iterdir()) == [taken]


@pytest.mark.parametrize("number", UNWRITABLE)
def test_what_forbids_to_write_is_one_sentence_that_names_the_file(tmp_path, number):
    def fail(path) -> None:
        with replacing(path) as outer, replacing(outer) as temporary:
            raise OSError(number, "forbidden", str(temporary / "a.npy"))

    with pytest.raises(UnwritableError, match=f"^{tmp_path}/out{SENTENCE.format('forbidden')}"):
        fail(tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_an_out_that_is_written_within_another_is_named_itself(tmp_path):
    (tmp_path / "other").mkdir()
    with (
        pytest.raises(UnwritableError, match=f"^{tmp_path}/other: "),
        replacing(tmp_path / "out"),
    ):
        write_json(tmp_path / "other", {})


def test_what_forbids_to_read_is_not_the_outs_fault(tmp_path):
    with (
        pytest.raises(PermissionError, match="forbidden") as caught,
        replacing(tmp_path / "out"),
    ):
        raise OSError(errno.EACCES, "forbidden", str(tmp_path / "input"))
    assert not isinstance(caught.value, UnwritableError)


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
