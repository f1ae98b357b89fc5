"""Tables and lists that people write, as their editors save them."""

import codecs
import unicodedata

import pytest

from real_or_ai.conventions.errors import ParamsError, UserError
from real_or_ai.conventions.params import read
from real_or_ai.experiments.running import read_changes
from real_or_ai.experiments.set_params import changed
from real_or_ai.stages.prepare import annotations
from real_or_ai.stages.prepare.annotations import Override

NFC, NFD = (unicodedata.normalize(form, "web/real/Café Grüße.png") for form in ("NFC", "NFD"))
TABLE = f"raw,action\n{NFC},keep\n"
SAVED = {
    "UTF-8": TABLE.encode(),
    "with a mark": codecs.BOM_UTF8 + TABLE.encode(),
    "UTF-16": codecs.BOM_UTF16_LE + TABLE.encode("utf-16-le"),
    "UTF-16, big end first": codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"),
    "UTF-32": codecs.BOM_UTF32_LE + TABLE.encode("utf-32-le"),
    "lines of Windows": TABLE.replace("\n", "\r\n").encode(),
    "lines of an old Mac": TABLE.replace("\n", "\r").encode(),
    "quoted": f'"raw","action"\n"{NFC}","keep"\n\n'.encode(),
}
assert NFC != NFD


@pytest.mark.parametrize("data", SAVED.values(), ids=SAVED)
@pytest.mark.parametrize("there", [NFC, NFD])
def test_a_table_is_read_however_it_was_saved(no_overrides, data, there):
    no_overrides.write_bytes(data)
    assert annotations.read_overrides(no_overrides, {there, "x"}) == {there: Override("keep")}


def test_groups_find_their_files_however_accents_are_written(tmp_path):
    path = tmp_path / "groups.csv"
    path.write_text(f"raw,group\n{NFD},a\n{NFC},e\u0301\n{NFC},\u00e9\n", encoding="utf-8")
    assert annotations.read_groups(path, {NFC}) == {NFC: {"a", "\u00e9"}}
    assert annotations.read_groups(path, {NFC, NFD}) == {NFD: {"a"}, NFC: {"\u00e9"}}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'raw,action\n"web/real/a.png,keep\nb,keep\n', r":3: is no table `raw,action` \(unexp"),
        (b'raw,action\n"a"b,keep\n', r":2: is no table `raw,action` \(.* expected after"),
        (b"raw,action\n" + b"a" * 200_000 + b",keep\n", r"is no table .*field larger than"),
        (TABLE.encode("utf-16-le"), ":1: holds NUL bytes; save it as UTF-8"),
        (TABLE.encode("latin-1"), r"there is no raw file 'web/real/Caf\\udce9 "),
        (b"raw;action\na;keep\n", "its first line must be `raw,action`"),
        ("raw,action\nweb/a\u200b.png,keep\n".encode(), r"no raw file 'web/a\\u200b\.png'"),
        (codecs.BOM_UTF16_LE + b"r\0a", r":1: is not UTF-16-LE .*save it as UTF-8"),
        (b"", "its first line must be `raw,action`"),
    ],
)
def test_what_is_no_table_is_one_sentence(no_overrides, data, sentence):
    no_overrides.write_bytes(data)
    with pytest.raises(UserError, match=sentence):
        annotations.read_overrides(no_overrides, {"b", "web/real/a.png"})


def test_names_that_look_the_same_are_not_guessed_at(no_overrides):
    no_overrides.write_text("raw,action\ne\u0323\u0307.png,keep\n", encoding="utf-8")
    with pytest.raises(UserError, match="may be any of 2 files whose names look the same"):
        annotations.read_overrides(no_overrides, {"e\u0307\u0323.png", "\u1eb9\u0307.png"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_experiment_is_read_however_it_was_saved(tmp_path, values, encoding):
    path = tmp_path / "x.txt"
    path.write_text("split.test=7\n# Größe\n", encoding=encoding)
    changes = read_changes(path)
    assert changes == {"split.test": "7"}
    assert changed(values, changes)["split"]["test"] == 7


def test_an_experiment_that_is_no_text_is_one_sentence(tmp_path, values):
    path = tmp_path / "x.txt"
    path.write_bytes("# Größe\nsplit.test=7\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"x\.txt:1: is not UTF-8 \(byte 0xf6\); save it as UTF-8"):
        read_changes(path)
    with pytest.raises(ParamsError, match=r"no \\u200bsplit\.test; correct the key"):
        changed(values, {"\u200bsplit.test": "7"})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_params_are_read_however_they_were_saved(tmp_path, encoding):
    path = tmp_path / "params.yaml"
    path.write_text("a: ü\n", encoding=encoding)
    assert read(path) == {"a": "ü"}
