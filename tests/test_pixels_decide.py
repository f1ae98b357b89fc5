"""What stands first in a file, its colours, and what nobody needs for the pixels."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from conftest import encoded
from real_or_ai.conventions.errors import PictureError
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


def test_a_panorama_without_its_end_mark_is_whole_and_a_cut_one_is_not():
    whole = encoded(noisy(), "JPEG", quality=90)
    assert whole.endswith(b"\xff\xd9")
    trailer = bytes(500) + b"SEFH" + bytes(40) + b"SEFT"
    expected = np.asarray(decode(whole, 10**6).image)
    found = decode(whole[:-2] + trailer, 10**6).image
    assert np.array_equal(np.asarray(found), expected)
    for share in (0.5, 0.8, 0.95):
        cut = whole[: int(share * len(whole))]
        with pytest.raises(PictureError):
            decode(cut + bytes(len(whole)) + trailer, 10**6)


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
        (tiff_of([noisy(32), noisy(96)]), "its first page is 4 times smaller than page 2"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(99), "a raw camera file, which is not read"),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(99), "a raw camera file"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1" + bytes(99), "a raw camera file"),
    ],
)
def test_a_thumbnail_is_not_taken_for_the_picture(data, told):
    with pytest.raises(PictureError, match=told) as raised:
        decode(data, 10**6)
    assert str(raised.value).endswith("export it as JPEG, PNG or TIFF")


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
    wide = encoded(noisy(), "PNG", icc_profile=p3())
    expected = np.asarray(decode(wide, 10**6).image)
    assert not np.array_equal(expected, np.asarray(noisy()))
    assert np.array_equal(np.asarray(decode(beside(wide), 10**6).image), expected)


def deep_tiff(values: np.ndarray, photometric: int, sample_format: int = 1) -> bytes:
    """Gray of 16 or 32 bits, one strip, as the numbers are meant."""
    height, width = values.shape
    data = values.tobytes()
    tags = {256: width, 257: height, 258: 8 * values.itemsize, 259: 1, 262: photometric, 277: 1,
            278: height, 279: len(data), 339: sample_format}  # fmt: skip
    tags[273] = 8 + 2 + 12 * (len(tags) + 1) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, tags[tag]) for tag in sorted(tags))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + data


RAMP = np.tile(np.linspace(0, 1, 64), (48, 1))


@pytest.mark.parametrize(
    ("data", "rising"),
    [
        (deep_tiff((RAMP * 65535).astype("<u2"), 1), True),
        (deep_tiff((RAMP * 65535).astype("<u2"), 0), False),
        (deep_tiff((RAMP * (2**32 - 1)).astype("<u4"), 1), True),
        (deep_tiff((RAMP * 65535).astype("<u4"), 1), True),
        (deep_tiff((RAMP * (2**31 - 1)).astype("<i4"), 1, 2), True),
    ],
    ids=["16", "16, white is 0", "32", "32 of 16", "32 with a sign"],
)
def test_deep_gray_is_as_it_is_meant(data, rising):
    row = np.asarray(decode(data, 10**6).image)[20, :, 0].astype(int)
    expected = np.round(RAMP[20] * 255)
    assert np.abs(row - (expected if rising else 255 - expected)).max() <= 1


def test_a_tiff_of_other_numbers_is_told_so():
    for data in (
        deep_tiff((RAMP * (2**32 - 1)).astype("<u4"), 0),
        deep_tiff(RAMP.astype("<f8"), 1, 3),
    ):
        with pytest.raises(
            PictureError, match="a TIFF file of a kind that is not read, by its num"
        ):
            decode(data, 10**6)


def p3() -> bytes:
    """A profile with Display P3's primaries, made from lcms's own sRGB by exchanging them."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    colours = {b"rXYZ": (0.51512, 0.2412, -0.00105), b"gXYZ": (0.29198, 0.69225, 0.04189),
               b"bXYZ": (0.1571, 0.06657, 0.78407)}  # fmt: skip
    count = int.from_bytes(profile[128:132], "big")
    for index in range(count):
        name, offset, _ = struct.unpack_from(">4sII", profile, 132 + 12 * index)
        if name in colours:
            fixed = [round(value * 65536) for value in colours[name]]
            struct.pack_into(">3i", profile, offset + 8, *fixed)
        if name == b"desc":  # or it would be taken for what its name says
            profile[offset + 12 : offset + 40] = (
                bytes(profile[offset + 12 : offset + 40])
                .replace(b"s\0R\0G\0B", b"t\0e\0s\0t")
                .replace(b"\0s\0R\0G\0B", b"\0t\0e\0s\0t")
                .replace(b"sRGB", b"test")
            )
    return bytes(profile)


def test_the_same_colours_in_another_profile_are_the_same_pixels():
    from PIL import ImageCms

    image = Image.linear_gradient("L").resize((96, 96))
    seen = Image.merge("RGB", (image, image.rotate(90), image.rotate(180))).point(
        lambda value: 60 + value // 2  # colours that both spaces have
    )
    wide = p3()
    srgb = ImageCms.createProfile("sRGB")
    stored = ImageCms.profileToProfile(
        seen, srgb, ImageCms.ImageCmsProfile(io.BytesIO(wide)), outputMode="RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )  # fmt: skip
    apart = np.abs(np.asarray(stored).astype(int) - np.asarray(seen)).max()
    assert apart > 8  # the numbers differ
    for options in ({"icc_profile": wide}, {"icc_profile": wide, "kind": "TIFF"}):
        kind = options.pop("kind", "PNG")
        found = np.asarray(decode(encoded(stored, kind, **options), 10**6).image).astype(int)
        assert np.abs(found - np.asarray(seen)).max() <= 2
    veiled = stored.convert("RGBA")
    veiled.putalpha(255)
    found = np.asarray(decode(encoded(veiled, "PNG", icc_profile=wide), 10**6).image).astype(int)
    assert np.abs(found - np.asarray(seen)).max() <= 2


def test_srgb_and_broken_profiles_change_no_pixel():
    from PIL import ImageCms

    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, b"not a profile", p3()[:300], b""):
        found = decode(encoded(noisy(), "PNG", icc_profile=profile), 10**6).image
        assert np.array_equal(np.asarray(found), np.asarray(noisy()))
