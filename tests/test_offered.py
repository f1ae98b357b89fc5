"""What is left out below a folder, alike in doctor, prepare and check."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import encoded
from real_or_ai.check import listing
from real_or_ai.conventions.errors import UserError
from real_or_ai.pictures import offered
from real_or_ai.stages.prepare import annotations, raw_folder

PICTURE = Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype=np.uint8))
PNG = encoded(PICTURE)
MOVIE = b"\0\0\0\x20ftypqt  \0\0\0\0qt  "
LEFT_OUT = {  # file -> its bytes and the kind it is counted as
    "__MACOSX/web/real/._a.png": (PNG, "below __MACOSX"),
    "web/real/._a.png": (b"\0\5\x16\7", "named ._*"),
    "web/real/.DS_Store": (b"Bud1", "named .DS_Store"),
    "web/real/.ipynb_checkpoints/a-checkpoint.png": (PNG, "below .ipynb_checkpoints"),
    "web/.git/objects/ab/cd": (PNG, "below .git"),
    ".cache/huggingface/x.png": (PNG, "below .cache"),
    "web/ai/@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg": (PNG, "below @eaDir"),
    "web/ai/Thumbs.db": (b"\xd0\xcf\x11\xe0", "named Thumbs.db"),
    "web/ai/DESKTOP.INI": (b"[.ShellClassInfo]", "named DESKTOP.INI"),
    "web/ai/a.txt": (b"BM is how this caption begins, and it goes on", ".txt"),
    "web/ai/a.json": (b'{"prompt": "a cat"}', ".json"),
    "web/ai/a.safetensors": (b"\0" * 40, ".safetensors"),
    "web/ai/IMG_1.MOV": (MOVIE, ".mov"),
    "web/ai/b.jpg.crdownload": (PNG, "unfinished or former files"),
    "web/ai/b.jpg~": (PNG, "unfinished or former files"),
    "web/ai/README": (b"a note", "without a suffix"),
    "web/ai/empty.yaml": (b"", ".yaml"),
}
OFFERED = {  # by name or by content
    "web/ai/really.php": PNG,
    "web/ai/without": encoded(PICTURE, "JPEG"),
    "web/ai/download.bin": encoded(PICTURE, "WEBP"),
    "web/ai/bitmap.dat": encoded(PICTURE, "BMP"),
    "web/ai/heic.dat": b"\0\0\0\x18ftypheic\0\0\0\0mif1",
    "web/ai/tiff.dat": encoded(PICTURE, "TIFF"),
    "web/ai/broken.jpg": b"no picture",
    "web/ai/drawing.svg": b"<svg/>",
    "web/ai/raw.CR3": b"\0\0\0\x18ftypcrx ",
    "web/real/a.png": PNG,
    "web/real/visible.d/b.PNG": PNG,
}


@pytest.fixture
def folder(raw):
    for name, data in OFFERED.items():
        raw.add(name, data)
    for name, (data, _) in LEFT_OUT.items():
        raw.add(name, data)
    return raw.path


def test_prepare_and_check_offer_the_same_and_leave_out_the_same(folder, prepare_params):
    found = raw_folder.walk(folder, prepare_params.class_folders)
    assert {file.raw for file in found.files} == set(OFFERED)
    left_out: Counter[str] = Counter()
    below = listing.files([str(folder)], left_out, set())
    assert {path.removeprefix(f"{folder}/") for path in below} == set(OFFERED)
    assert left_out == found.left_out == Counter(kind for _, kind in LEFT_OUT.values())


def test_an_empty_folder_that_is_left_out_is_no_file(tmp_path):
    (tmp_path / ".git").mkdir()
    left_out: Counter[str] = Counter()
    assert list(offered.walk(str(tmp_path), left_out)) == []
    assert not left_out


@pytest.fixture
def deep(tmp_path, monkeypatch):
    """A picture 1,200 folders down: gone again at the end, as pytest's own cleaning recurses."""
    monkeypatch.chdir(tmp_path)
    for _ in range(1200):
        os.mkdir("d")
        os.chdir("d")
    Path("a.png").write_bytes(PNG)
    monkeypatch.chdir(tmp_path)
    yield
    for _ in range(1200):
        os.chdir("d")
    Path("a.png").unlink()
    for _ in range(1200):
        os.chdir("..")
        os.rmdir("d")


@pytest.mark.usefixtures("deep")
def test_a_folder_may_be_deeper_than_python_recurses():
    assert list(offered.walk(".", Counter())) == ["./" + "d/" * 1200 + "a.png"]


def test_a_name_that_is_left_out_cannot_play_tricks_either():
    assert "\x1b" not in offered.told(Counter({"named .\x1b[31m": 1}))


def test_what_a_person_names_is_checked_whatever_it_is(folder):
    note = str(folder / "web/ai/a.txt")
    assert list(listing.files([note], Counter(), set())) == [note]


def test_the_line_names_the_commonest_kinds():
    assert offered.told(Counter()) == ""
    assert offered.told(Counter({".txt": 1})) == "left out, as no pictures: 1 file (1 .txt)"
    many = Counter({f".{letter}": number for number, letter in enumerate("abcdefg", start=1)})
    assert offered.told(many) == (
        "left out, as no pictures: 28 files (7 .g, 6 .f, 5 .e, 4 .d, 3 .c, 2 kinds more)"
    )


def test_groups_in_use_are_not_left_out(folder, prepare_params):
    (folder / "groups.csv").write_text("raw,group\n", encoding="utf-8")
    assert ".csv" not in raw_folder.walk(folder, prepare_params.class_folders).left_out


def test_a_line_on_what_is_left_out_can_go(no_overrides):
    no_overrides.write_text(
        "raw,action\nweb/real/.ipynb_checkpoints/a-checkpoint.png,exclude\n", encoding="utf-8"
    )
    with pytest.raises(UserError, match="is left out in any case; delete the line"):
        annotations.read_overrides(no_overrides, {"web/real/a.png"})
