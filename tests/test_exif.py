import struct

import pytest
from PIL import ExifTags, Image

from real_or_ai.claims import exif


def written(**texts: str) -> bytes:
    made = Image.Exif()
    for name, text in texts.items():
        made[ExifTags.Base[name]] = text
    return made.tobytes().removeprefix(b"Exif\0\0")


def directory(order: str, *entries: tuple[int, int, int, bytes]) -> bytes:
    """A TIFF structure of one directory, values of four bytes in place."""
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}IH", 8, len(entries))
    return head + b"".join(
        struct.pack(f"{order}HHI", tag, kind, size) + value for tag, kind, size, value in entries
    )


def test_what_pillow_writes_is_read():
    given = {"Make": "Canon", "Model": "EOS", "Software": "x" * 500, "Artist": "A. Name"}
    assert exif.texts(written(**given)) == given


@pytest.mark.parametrize("order", ["<", ">"])
def test_short_texts_stand_in_the_entry_itself(order):
    found = exif.texts(directory(order, (0x010F, 2, 3, b"LG\0\0")))
    assert found == {"Make": "LG"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"ASCII\0\0\0a cat", "a cat"),
        (b"\0" * 8 + b"a cat", "a cat"),
        (b"UNICODE\0" + "a cat".encode("utf-16-le"), "a cat"),
        (b"UNICODE\0" + "a cat".encode("utf-16-be"), "a cat"),
        (b"UNICODE\0\xfe\xff" + "猫".encode("utf-16-be"), "猫"),
        (b"a cat", "a cat"),
    ],
)
def test_a_comment_says_how_it_is_coded(value, text):
    tiff = directory("<", (0x9286, 7, len(value), struct.pack("<I", 22))) + value
    assert len(directory("<", (0, 0, 0, b"0000"))) == 22
    assert exif.texts(tiff) == {"UserComment": text}


@pytest.mark.parametrize("tiffs", ["<", ">"])
@pytest.mark.parametrize(("code", "own"), [("utf-16-le", "<"), ("utf-16-be", ">")])
def test_utf_16_without_a_mark_is_read_in_the_order_that_gives_more_ascii(tiffs, code, own):
    def comment(text: str) -> str:
        value = b"UNICODE\0" + text.encode(code)
        entry = (0x9286, 7, len(value), struct.pack(f"{tiffs}I", 22))
        return exif.texts(directory(tiffs, entry) + value)["UserComment"]

    text = "写真 steps: 20, seed: 1"
    assert comment(text) == text
    assert (comment("写真") == "写真") == (own == tiffs)  # nothing tells: the TIFF's own


@pytest.mark.parametrize(
    "tiff",
    [
        b"",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        directory("<", (0x010F, 2, 2**32 - 1, b"\xff" * 4)),
        directory("<", (0x8769, 4, 1, b"\x08\0\0\0")),  # a directory that points to itself
        directory("<", (0x010F, 3, 1, b"LG\0\0")),  # a number
    ],
)
def test_what_is_damaged_has_no_texts(tiff):
    assert not any(exif.texts(tiff).values())
