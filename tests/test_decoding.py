import io
import struct
import tracemalloc

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from conftest import encoded
from real_or_ai.conventions.errors import PictureError
from real_or_ai.pictures import decoding, modes

LIMIT = 10**7


def decode(data: bytes) -> Image.Image:
    return decoding.decode(data, LIMIT).image


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"])
def test_every_format_is_read_by_content(draw_scene, kind):
    picture = decoding.decode(encoded(draw_scene(1), kind), LIMIT)
    assert (picture.format, picture.image.mode, picture.image.size) == (kind, "RGB", (240, 200))
    assert decoding.SUFFIX[kind].startswith(".")


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "I;16"])
def test_every_mode_becomes_rgb_of_the_same_look(mode):
    ramp = Image.linear_gradient("L")
    if mode == "I;16":
        image = Image.fromarray(np.asarray(ramp).astype(np.uint16) * 257)
    else:
        image = ramp.convert(mode)
    expected = np.asarray(ramp.convert("1") if mode == "1" else ramp).astype(int) * (
        255 if mode == "1" else 1
    )
    found = np.asarray(decode(encoded(image))).astype(int)
    assert found.shape == (256, 256, 3)
    assert np.abs(found - expected[..., None]).max() <= 2


def test_cmyk_becomes_rgb():
    image = Image.new("RGB", (64, 64), (200, 40, 90))
    found = np.asarray(decode(encoded(image.convert("CMYK"), "JPEG", quality=95)))
    assert np.abs(found.astype(int) - (200, 40, 90)).max() <= 6


def test_transparent_parts_are_white():
    image = Image.new("RGBA", (8, 8), (10, 20, 30, 0))
    assert decode(encoded(image)).getpixel((3, 3)) == (255, 255, 255)
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([10, 20, 30])
    assert decode(encoded(palette, "PNG", transparency=0)).getpixel((3, 3)) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(draw_scene, orientation):
    upright = draw_scene(2)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # orientation -> Transpose that undoes it
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decoding.decode(encoded(stored, exif=exif), LIMIT)
    assert (picture.width, picture.height) == stored.size
    assert picture.image.tobytes() == upright.tobytes()


def test_of_moving_pictures_the_first_frame_is_taken():
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(data).getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a picture"),
        (b"not a picture", "not a picture"),
        (b"GIF89a", "not a picture"),
    ],
)
def test_what_is_no_picture_is_refused(data, reason):
    with pytest.raises(PictureError) as raised:
        decoding.decode(data, LIMIT)
    assert raised.value.reason == reason


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP"])
def test_a_truncated_file_is_never_half_a_picture(draw_scene, kind):
    data = encoded(draw_scene(3), kind)
    with pytest.raises(PictureError):
        decoding.decode(data[: len(data) // 2], LIMIT)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # as outside of tests
@pytest.mark.parametrize(
    ("side", "detail"),
    [
        (40, "40x40, allowed are 1000 pixels"),
        (5000, "more than the 1000 pixels that are allowed"),
    ],
)
def test_size_is_checked_before_decoding(side, detail):
    with pytest.raises(PictureError) as raised:
        decoding.decode(encoded(Image.new("1", (side, side))), 1000)
    assert (raised.value.reason, raised.value.detail) == ("too many pixels", detail)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # as outside of tests
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])  # of WebP Pillow wants all bytes
def test_what_is_too_large_is_refused_by_its_header_alone(draw_scene, kind):
    """Its pixels are not there: who began to decode it would call it damaged."""
    data = encoded(draw_scene(3, size=(60, 50)), kind)
    with pytest.raises(PictureError) as raised:
        decoding.decode(data[: len(data) * 2 // 3], 60 * 50)
    assert raised.value.reason != "too many pixels"
    with pytest.raises(PictureError) as raised:
        decoding.decode(data[: len(data) * 2 // 3], 60 * 50 - 1)
    assert raised.value.reason == "too many pixels"


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_is_filled_up_with_zeros_is_truncated(draw_scene, progressive):
    data = encoded(draw_scene(3), "JPEG", progressive=progressive)
    with pytest.raises(PictureError, match="its end is missing"):
        decode(data[: len(data) // 2] + bytes(len(data)))


def test_exif_that_cannot_be_written_anew_still_says_what_is_up(draw_scene):
    entries = struct.pack("<HHIf", 0x0103, 11, 1, 1.0) + struct.pack("<HHIHxx", 0x0112, 3, 1, 6)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(4)
    assert decode(encoded(draw_scene(2), "JPEG", exif=exif)).size == (200, 240)


def test_overlapping_entries_of_exif_cost_little(draw_scene):
    """20,000 entries that each claim 1 MB: read one by one they would be 20 GB."""
    entries = b"".join(struct.pack("<HHII", 1000 + n, 2, 1_000_000, 8) for n in range(20_000))
    tiff = b"II*\0" + struct.pack("<IH", 8, 20_000) + entries + bytes(1_000_000)
    data = encoded(draw_scene(1), "WEBP", exif=b"Exif\0\0" + tiff)
    tracemalloc.start()
    try:
        assert decode(data).size == (240, 200)
        assert tracemalloc.get_traced_memory()[1] < 10 * len(data)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("quality", [30, 50, 75, 85, 95, 100])
def test_jpeg_quality_is_read_from_the_tables(draw_scene, quality):
    data = encoded(draw_scene(4), "JPEG", quality=quality)
    assert decoding.decode(data, LIMIT).jpeg_quality == quality
    assert decoding.decode(encoded(draw_scene(4)), LIMIT).jpeg_quality is None


def test_a_jpeg_may_number_its_tables_as_it_likes(draw_scene):
    gray = encoded(draw_scene(4).convert("L"), "JPEG", quality=75)
    table, component = gray.index(b"\xff\xdb") + 4, gray.index(b"\xff\xc0") + 12
    data = bytearray(gray)
    data[table] = data[component] = 1  # its only table, and the component that uses it
    picture = decoding.decode(bytes(data), LIMIT)
    assert picture.jpeg_quality == 75
    assert picture.image.tobytes() == decode(gray).tobytes()


@pytest.mark.parametrize(
    ("image", "subsampling", "name"),
    [
        ("RGB", "4:4:4", "4:4:4"),
        ("RGB", "4:2:2", "4:2:2"),
        ("RGB", "4:2:0", "4:2:0"),
        ("L", None, "gray"),
        ("CMYK", "4:2:0", "4:2:0"),
    ],
)
def test_chroma_subsampling_is_read_from_the_frame(draw_scene, image, subsampling, name):
    options = {} if subsampling is None else {"subsampling": subsampling}
    data = encoded(draw_scene(4).convert(image), "JPEG", **options)
    assert decoding.decode(data, LIMIT).jpeg_subsampling == name
    assert decoding.decode(encoded(draw_scene(4)), LIMIT).jpeg_subsampling == ""


def test_odd_sampling_factors_are_other(draw_scene):
    data = bytearray(encoded(draw_scene(4), "JPEG", subsampling="4:4:4"))
    frame = data.index(b"\xff\xc0")
    for component, factors in enumerate((0x31, 0x11, 0x11)):
        data[frame + 11 + 3 * component] = factors
    with Image.open(io.BytesIO(data)) as image:
        assert decoding._jpeg_subsampling(image) == "other"
        image.layer[1] = (2, 0, 0, 1)
        assert decoding._jpeg_subsampling(image) == "other"


def test_metadata_is_named_by_kind(draw_scene):
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a cat, highly detailed", zip=True)
    exif = Image.Exif()
    exif[0x010F] = "maker"
    rich = {"exif": exif, "icc_profile": b"p" * 100_000, "xmp": b"<x/>", "comment": "hi"}
    for kind, options, expected in [
        ("JPEG", {}, ""),
        ("JPEG", rich, "exif icc xmp comment"),
        ("PNG", {}, ""),
        ("PNG", {"pnginfo": text, "dpi": (72, 72)}, "text"),
        ("WEBP", {"exif": exif, "icc_profile": b"p"}, "exif icc"),
        ("GIF", {"comment": "hi"}, "comment"),
    ]:
        data = encoded(draw_scene(4, size=(60, 50)), kind, **options)
        assert decoding.decode(data, LIMIT).metadata == expected, kind


def test_texts_of_a_moving_png_cost_no_frame(draw_scene):
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a cat")
    frames = [draw_scene(seed) for seed in (4, 5)]
    moving = {"save_all": True, "append_images": frames[1:], "pnginfo": text}
    data = encoded(frames[0], "PNG", **moving)
    picture = decoding.decode(data[: len(data) * 2 // 3], LIMIT)  # its second frame is cut
    assert picture.metadata == "text"
    assert picture.image.tobytes() == frames[0].tobytes()


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
@pytest.mark.parametrize("top", [1, 255, 65535])
def test_32_bit_values_are_read_in_the_range_they_use(dtype, top):
    ramp = np.linspace(0, top, 256).astype(dtype)[None].repeat(8, axis=0)
    data = encoded(Image.fromarray(ramp), "TIFF")
    found = np.asarray(decode(data)).astype(int)
    expected = np.linspace(0, 255, 256) if top > 1 or dtype == np.float32 else ramp[0] * 255
    assert np.abs(found[0, :, 0] - expected).max() <= 1


def test_values_that_are_no_numbers_leave_the_others_as_they_are():
    values = np.full((8, 8), 0.5, np.float32)
    values[0, :3] = np.nan, np.inf, -np.inf
    values.view(np.uint32)[0, 3] = 0x7FA00000  # a NaN that signals
    found = np.asarray(decode(encoded(Image.fromarray(values), "TIFF")))[..., 0]
    assert list(found[0]) == [0, 255, 0, 0, 128, 128, 128, 128]
    assert (found[1:] == 128).all()


def test_transparent_16_bit_gray_is_white():
    image = Image.fromarray(np.array([[0x1234, 0x5678]], np.uint16))
    data = encoded(image, "PNG", transparency=0x1234)
    assert [decode(data).getpixel((x, 0))[0] for x in (0, 1)] == [255, 0x56]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "I;16", "F"])
def test_strips_do_not_show(mode, monkeypatch):
    ramp = Image.linear_gradient("L").resize((300, 200))
    if mode in ("LA", "RGBA"):
        image = ramp.rotate(180).convert(mode)
        image.putalpha(ramp)
    elif mode == "F":
        image = ramp.convert("F")
    else:
        image = Image.fromarray(np.asarray(ramp).astype(np.uint16) * 257)
    data = encoded(image, "TIFF")
    whole = decode(data)
    for pixels in (1, 7 * 300):
        monkeypatch.setattr(modes, "_STRIP", pixels)
        assert decode(data).tobytes() == whole.tobytes()


def test_only_regular_files_of_bearable_size_are_read(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert decoding.read_bytes(path, 3) == b"abc"
    for bad, limit, reason in [
        (path, 2, "too large"),
        (tmp_path, 9, "not a file"),
        (tmp_path / "none", 9, "unreadable file"),
    ]:
        with pytest.raises(PictureError) as raised:
            decoding.read_bytes(bad, limit)
        assert raised.value.reason == reason
    path.write_bytes(b"")
    with pytest.raises(PictureError, match="0 bytes"):
        decoding.read_bytes(path, 9)


def test_random_damage_raises_picture_errors_only(draw_scene):
    chance = np.random.default_rng(0)
    for kind in ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "TIFF", "BMP"):
        whole = np.frombuffer(encoded(draw_scene(5), kind), np.uint8)
        for _ in range(20):
            data = whole.copy()
            places = chance.integers(len(data), size=5)
            data[places] = chance.integers(256, size=5)
            try:
                image = decoding.decode(data.tobytes(), LIMIT).image
            except PictureError:
                continue
            assert image.mode == "RGB"
