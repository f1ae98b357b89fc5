"""Gray of 16 and 32 bits is read as it is meant, or a sentence says why it is not."""

import struct

import numpy as np
import pytest
from PIL import Image

from real_or_ai.conventions.errors import PictureError
from real_or_ai.pictures.decoding import decode, upright_rgb


def deep_tiff(values: np.ndarray, photometric: int, sample_format: int = 1, **more: int) -> bytes:
    """Gray of any depth, one strip, as the numbers are meant; turned by `orientation`."""
    height, width = values.shape
    data = values.tobytes()
    tags = {256: width, 257: height, 258: 8 * values.itemsize, 259: 1, 262: photometric, 277: 1,
            278: height, 279: len(data), 339: sample_format}  # fmt: skip
    if more:
        tags[274] = more["orientation"]
    tags[273] = 8 + 2 + 12 * (len(tags) + 1) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, tags[tag]) for tag in sorted(tags))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + data


RAMP = np.tile(np.linspace(0, 1, 64), (48, 1))


@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize(
    ("white", "kind", "sample_format"),
    [
        (65535, "<u2", 1), (2**32 - 1, "<u4", 1), (65535, "<u4", 1), (255, "<u4", 1),
        (2**15 - 1, "<i2", 2), (255, "<i2", 2), (2**31 - 1, "<i4", 2), (65535, "<i4", 2),
        (1, "<f4", 3), (255, "<f4", 3), (65535, "<f4", 3),
    ],
)  # fmt: skip
def test_deep_gray_is_as_it_is_meant(white, kind, sample_format, photometric):
    data = deep_tiff((RAMP * white).astype(kind), photometric, sample_format)
    if photometric == 0 and kind not in ("<u2", "<f4"):  # which Pillow does not open
        with pytest.raises(PictureError, match="a TIFF file of a kind that is not read"):
            decode(data, 10**6)
        return
    row = np.asarray(decode(data, 10**6).image)[20, :, 0].astype(int)
    expected = np.round(RAMP[20] * 255)
    assert np.abs(row - (expected if photometric else 255 - expected)).max() <= 1


def test_a_turned_picture_keeps_its_meaning():
    data = deep_tiff((RAMP * 65535).astype("<u2"), 0, orientation=6)
    image = np.asarray(decode(data, 10**6).image)
    assert image.shape == (64, 48, 3)
    assert np.abs(image[:, 20, 0] - (255 - np.round(RAMP[20] * 255))).max() <= 1


@pytest.mark.parametrize(
    ("odd", "seen"), [(np.nan, 0), (np.inf, 255), (-np.inf, 0), (1.3, 255), (-0.2, 0)]
)
@pytest.mark.parametrize("white", [1, 255, 65535])
def test_few_odd_numbers_leave_the_others_as_they_are(odd, seen, white):
    numbers = (RAMP * white).astype(np.float32)
    numbers[:5] = odd * white
    found = np.asarray(decode(deep_tiff(numbers, 1, 3), 10**6).image)[..., 0].astype(int)
    assert (found[:5] == seen).all()
    assert np.abs(found[20] - np.round(RAMP[20] * 255)).max() <= 1


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ((RAMP * 65535 - 32768).astype("<i2"), "go from -32768 to 32767"),
        ((RAMP * 2000 - 1000).astype("<i4"), "go from -1000 to 1000"),
        ((RAMP * 255 - 128).astype("i1"), "have 8 bits and a sign"),
        ((RAMP * 2 - 1).astype("<f4"), "go from -1 to 1"),
        ((RAMP * 12).astype("<f4"), "go from 0 to 12"),
        ((RAMP * 1e9).astype("<f4"), "go from 0 to 1e\\+09"),
        (np.full((48, 64), np.nan, np.float32), "are all infinite or none"),
        (np.full((48, 64), np.inf, np.float32), "are all infinite or none"),
    ],
)
def test_a_range_that_is_none_is_told(numbers, told):
    data = deep_tiff(numbers, 1, 3 if numbers.dtype.kind == "f" else 2)
    with pytest.raises(PictureError, match=f"its numbers {told}, and nothing says which is black"):
        decode(data, 10**6)


def test_an_image_in_memory_is_told_the_same():
    with pytest.raises(PictureError, match="its numbers go from -5 to 9"):
        upright_rgb(Image.fromarray(np.tile(np.array([-5, 9], np.int32), (8, 8))))


def test_a_tiff_of_other_numbers_is_told_so():
    for numbers in ((RAMP * (2**32 - 1)).astype("<u4"), RAMP.astype("<f8"), RAMP.astype("<f2")):
        data = deep_tiff(numbers, 0, 3 if numbers.dtype.kind == "f" else 1)
        with pytest.raises(PictureError, match="a kind that is not read, by its numbers or its c"):
            decode(data, 10**6)


def test_a_tiff_without_a_page_is_damaged():
    data = deep_tiff((RAMP * 65535).astype("<u2"), 1)
    with pytest.raises(PictureError, match="a TIFF file without a first page"):
        decode(data[:8] + bytes(200), 10**6)
