"""What stands first in a file, its colours, and what nobody needs for the pixels."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

import profiles
from conftest import encoded
from real_or_ai.conventions.errors import PictureError
from real_or_ai.pictures import directories
from real_or_ai.pictures.decoding import decode


def noisy(side: int = 96, seed: int = 1) -> Image.Image:
    chance = np.random.default_rng(seed)
    return Image.fromarray(chance.integers(0, 256, (side, side, 3), dtype=np.uint8))


def png_with_chunk(kind: bytes, body: bytes, *, checksum: int | None = None) -> bytes:
    data = encoded(noisy())
    crc = zlib.crc32(kind + body) if checksum is None else checksum
    return (
        data[:33] + struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc) + data[33:]
    )


@pytest.mark.parametrize(
    "data",
    [
        png_with_chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(20_000_000))),
        png_with_chunk(b"iTXt", b"note\0\1\0\0\0" + zlib.compress(bytes(20_000_000))),
        png_with_chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(20_000_000))),
        png_with_chunk(b"tEXt", b"note\0hello", checksum=7),
        png_with_chunk(b"eXIf", b"II*\0", checksum=7),
        png_with_chunk(b"prVt", b"x", checksum=7),
    ],
    ids=["zTXt", "iTXt", "iCCP", "checksum of a text", "of EXIF", "of an unknown chunk"],
)
def test_a_png_is_its_pixels_whatever_stands_beside_them(data):
    assert np.array_equal(np.asarray(decode(data, 10**6).image), np.asarray(noisy()))


def test_a_png_whose_pixels_are_wrong_is_damaged_all_the_same():
    data = png_with_chunk(b"tEXt", b"note\0hello", checksum=7)
    at = data.index(b"IDAT") + 40
    broken = data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]
    with pytest.raises(PictureError):
        decode(broken, 10**6)


def tiff_with_within(
    first: tuple[int, int], within: tuple[int, int], *, big: bool = False, **tags: int
) -> bytes:
    """Gray pages, the second in the first's tag 330; `tags` tells the colours of the second."""
    form, head, count, room = (
        ("<HHQQ", b"II+\0\x08\0\0\0" + struct.pack("<Q", 16), "<Q", 8)
        if big
        else ("<HHII", b"II*\0" + struct.pack("<I", 8), "<H", 4)
    )
    data, long = bytearray(head), 16 if big else 4
    colours = (tags.get("first_colours", 1), tags.get("colours", 1))
    for number, (width, height) in enumerate((first, within)):
        entries = {256: width, 257: height, 258: 8, 259: 1, 262: colours[number], 277: 1,
                   278: height, 279: width * height} | ({} if number else {330: 0})  # fmt: skip
        size = struct.calcsize(count) + (len(entries) + 1) * struct.calcsize(form) + room
        entries[273] = len(data) + size
        if not number:
            entries[330] = len(data) + size + width * height
        data += struct.pack(count, len(entries))
        data += b"".join(struct.pack(form, tag, long, 1, entries[tag]) for tag in sorted(entries))
        data += (
            bytes(room) + np.asarray(noisy(width).convert("L").resize((width, height))).tobytes()
        )
    return bytes(data)


def tiff_of(pages: list[Image.Image], **tags: int) -> bytes:
    numbers = {"subfile": 254, "old_subfile": 255, "dng": 50706}
    info = {numbers[name]: value for name, value in tags.items()}
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:], tiffinfo=info)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (tiff_of([noisy()], subfile=1), "a reduced one of 96x96, as in raw camera files"),
        (tiff_of([noisy()], old_subfile=2), "a reduced one of 96x96"),
        (tiff_of([noisy(32), noisy(96)]), "its first page of 32x32 is small beside one of 96x96"),
        (tiff_with_within((32, 24), (96, 80)), "of 32x24 is small beside one of 96x80"),
        (tiff_with_within((32, 24), (96, 80), big=True), "of 32x24 is small beside one of 96x80"),
        (tiff_with_within((96, 80), (96, 80), colours=32803), "a raw camera file, which is not"),
        (
            tiff_with_within((96, 80), (9, 8), first_colours=34892),
            "a raw camera file, which is not",
        ),
        (b"FUJIFILMCCD-RAW 0201" + bytes(99), "a raw camera file, which is not read"),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(99), "a raw camera file"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1" + bytes(99), "a raw camera file"),
        (b"II\x1a\0\0\0HEAPCCDR" + bytes(99), "a raw camera file"),
        (b"II*\0\x10\0\0\0IIIITwaR" + bytes(99), "a raw camera file"),
        (b"MMMMRawT" + bytes(99), "a raw camera file"),
    ],
)
def test_a_thumbnail_is_not_taken_for_the_picture(data, told):
    with pytest.raises(PictureError, match=told) as raised:
        decode(data, 10**6)
    assert str(raised.value).endswith("export it as JPEG, PNG or TIFF")


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize(("within", "colours"), [((24, 20), 1), ((96, 80), 1), ((96, 80), 34892)])
def test_a_whole_picture_first_is_read_whatever_is_within_it(within, colours, big):
    data = tiff_with_within((96, 80), within, big=big, colours=colours)
    shown = noisy(96).convert("L").resize((96, 80)).convert("RGB")
    assert np.array_equal(np.asarray(decode(data, 10**6).image), np.asarray(shown))
    decode(tiff_of([noisy()], dng=0x0401), 10**6)


def hostile_directories() -> dict[str, bytes]:
    """TIFF files that would keep a reader busy."""
    loop = b"II*\0" + struct.pack("<IHHHIIIHI", 8, 1, 330, 4, 1, 8, 8, 0, 8)
    within = struct.pack("<HHII", 330, 4, 2_000_000, 8) + struct.pack("<HHII", 273, 4, 2**31, 8)
    many = b"II*\0" + struct.pack("<IH", 8, 65535) + within * 32767 + bytes(10**7)
    chain = b"".join(struct.pack("<HI", 0, 8 + 6 * number) for number in range(1, 100_000))
    wide = b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**63) + within * 10**5
    numbers = struct.pack("<HHII", 273, 1, 2_000_000, 8) + struct.pack(
        "<HHII", 279, 1, 2_000_000, 8
    )
    strips = b"II*\0" + struct.pack("<IH", 8, 2) + numbers + bytes(4) + b"\1" * 2_000_100
    far = b"MM\0*" + b"\xff" * 100
    cases = {"loop": loop, "many": many, "chain": b"II*\0\x08\0\0\0" + chain, "wide": wide}
    return cases | {"strips": strips, "far": far, "short": loop[:15], "cut": loop[:20]}


@pytest.mark.parametrize(("name", "data"), hostile_directories().items())
def test_directories_are_read_in_bounded_time(name, data):
    began = time.process_time()
    pages = list(directories.read(data))
    assert time.process_time() - began < 0.2  # 0.03 where nothing else runs
    assert (len(pages) > 0) == (name != "short")


def test_pages_of_one_size_are_read_and_the_first_counts():
    first, second = noisy(seed=1), noisy(seed=2)
    assert np.array_equal(np.asarray(decode(tiff_of([first, second]), 10**6).image), first)


def test_a_moving_picture_that_begins_with_nothing_is_refused():
    clear, shown = Image.new("RGBA", (64, 64), (0, 0, 0, 0)), noisy(64).convert("RGBA")
    for kind in ("PNG", "WEBP"):
        moving = {"save_all": True, "duration": 50, "lossless": True}
        with pytest.raises(PictureError, match="whose first frame is empty"):
            decode(encoded(clear, kind, append_images=[shown], **moving), 10**6)
        decode(encoded(shown, kind, append_images=[clear], **moving), 10**6)
    still = encoded(
        noisy(64), "PNG", save_all=True, append_images=[noisy(64, 2), noisy(64, 3)],
        default_image=True,
    )  # fmt: skip
    with pytest.raises(PictureError, match="whose still image is no part of it"):
        decode(still, 10**6)


def beside(data: bytes) -> bytes:
    """The same PNG with a text that Pillow refuses the file for."""
    body = b"note\0\0" + zlib.compress(bytes(20_000_000))
    text = struct.pack(">I", len(body)) + b"zTXt" + body
    return data[:33] + text + struct.pack(">I", zlib.crc32(b"zTXt" + body)) + data[33:]


def test_a_text_hides_neither_an_empty_first_frame_nor_a_profile():
    clear, shown = Image.new("RGBA", (64, 64), (0, 0, 0, 0)), noisy(64).convert("RGBA")
    moving = encoded(clear, "PNG", save_all=True, append_images=[shown], duration=50)
    with pytest.raises(PictureError):
        decode(beside(moving), 10**6)
    wide = encoded(noisy(), "PNG", icc_profile=profiles.p3())
    expected = np.asarray(decode(wide, 10**6).image)
    assert not np.array_equal(expected, np.asarray(noisy()))
    assert np.array_equal(np.asarray(decode(beside(wide), 10**6).image), expected)
