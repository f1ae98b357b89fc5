"""JPEG files without an end mark: whole ones are read, cut ones are not, whatever stands behind."""

import time

import numpy as np
import pytest
from PIL import Image

from conftest import encoded
from real_or_ai.conventions.errors import PictureError
from real_or_ai.pictures.decoding import decode

CHANCE = np.random.default_rng(5)
KINDS = {
    "plain": {},
    "optimised": {"optimize": True, "subsampling": 0, "quality": 40},
    "progressive": {"progressive": True, "quality": 85},
    "restarts": {"restart_marker_blocks": 3},
    "restarts by row": {"restart_marker_rows": 1, "optimize": True},
}


def noisy(width: int = 131, height: int = 97) -> Image.Image:
    return Image.fromarray(CHANCE.integers(0, 256, (height, width, 3), dtype=np.uint8))


def half_white() -> Image.Image:
    """Its lower half is of one colour, so that what was cut off would look alike."""
    image = noisy()
    image.paste((255, 255, 255), (0, 48, 131, 97))
    return image


JPEG = encoded(noisy(), "JPEG")
TRAILERS = {
    "nothing": b"",
    "a telephone's": bytes(500) + b"SEFH" + bytes(40) + b"SEFT",
    "another telephone's": b"\0\0\1\n\x0e\0\0\0Image_UTC_Data1512345678901SEFH"
    + bytes(40)
    + b"SEFT",
    "a film": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + CHANCE.bytes(60_000),
    "a picture": bytes(16) + JPEG,
    "a progressive picture": encoded(noisy(), "JPEG", progressive=True),
    "a text": b"There was a telephone that wrote a text behind its pictures. " * 90,
    "zeros": bytes(9000),
}


def found(data: bytes) -> np.ndarray:
    return np.asarray(decode(data, 10**6).image)


@pytest.mark.parametrize("trailer", TRAILERS.values(), ids=TRAILERS)
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("draw", [noisy, half_white])
def test_a_whole_picture_without_its_end_mark_is_read(draw, options, mode, trailer):
    data = encoded(draw().convert(mode), "JPEG", **options)
    assert data.endswith(b"\xff\xd9")
    assert np.array_equal(found(data[:-2] + trailer), found(data))
    assert np.array_equal(found(data + trailer), found(data))


@pytest.mark.parametrize("trailer", TRAILERS.values(), ids=TRAILERS)
@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("draw", [noisy, half_white])
def test_a_cut_picture_is_damaged_whatever_stands_behind(draw, options, trailer):
    data = encoded(draw(), "JPEG", **options)
    start = data.index(b"\xff\xda") + 20
    for share in (0.01, 0.2, 0.4, 0.6, 0.8):
        cut = data[: start + int(share * (len(data) - start))]
        with pytest.raises(PictureError, match="its end is missing"):
            found(cut + trailer)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_a_few_bytes_less_are_a_cut_as_well(options):
    data = encoded(noisy(), "JPEG", **options)
    for fewer in (5, 8, 30):
        with pytest.raises(PictureError, match="its end is missing"):
            found(data[:-fewer])


def test_a_progressive_picture_lacks_no_scan():
    """Its data ends where a scan does, and all that is there decodes."""
    data = encoded(noisy(), "JPEG", progressive=True)
    for trailer in (b"", b"\xff\xd8" + bytes(99)):
        with pytest.raises(PictureError, match="its end is missing"):
            found(data[: data.rindex(b"\xff\xc4")] + trailer)


def test_segments_without_end_take_no_time():
    data = encoded(noisy(), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xc4")
    began = time.process_time()
    with pytest.raises(PictureError):
        found(data[:at] + b"\xff\xfe\0\2" * 500_000 + b"\xff\xd8")
    assert time.process_time() - began < 1
