import numpy as np
import pytest
from PIL import Image

from conftest import encoded
from real_or_ai.conventions.sections import Delivery
from real_or_ai.pictures import decoding
from real_or_ai.pictures.delivery import as_jpeg, deliver

ALIKE = Delivery(short_side=128, jpeg_quality=85)


@pytest.mark.parametrize("size", [(240, 200), (90, 400), (64, 64)])
@pytest.mark.parametrize("delivery", [ALIKE, None])
def test_everything_becomes_one_square(draw_scene, size, delivery):
    pixels = deliver(draw_scene(1, size=size), delivery, 64)
    assert (pixels.shape, pixels.dtype) == ((64, 64, 3), np.uint8)


def test_delivery_takes_the_centre_and_squashing_takes_all(draw_scene):
    wide = draw_scene(1, size=(300, 100))
    centre = wide.crop((100, 0, 200, 100))
    difference = deliver(wide, ALIKE, 64).astype(int) - deliver(centre, ALIKE, 64)
    assert np.abs(difference).mean() < 1
    assert np.array_equal(deliver(wide, None, 64), np.asarray(wide.resize((64, 64), 3)))


@pytest.mark.parametrize("size", [(300, 100), (100, 300), (160, 100), (101, 160)])
def test_delivery_takes_the_centre_of_wide_and_of_tall_pictures(size):
    """Red says the column and green the row that a pixel came from."""
    rows, columns = np.mgrid[: size[1], : size[0]]
    image = Image.fromarray(np.stack([columns // 2, rows // 2, 0 * rows], 2).astype(np.uint8))
    square = deliver(image, Delivery(short_side=64, jpeg_quality=100), 64).astype(float)
    middle = square[24:40, 24:40].mean(axis=(0, 1))
    assert middle[:2] == pytest.approx([(side - 1) / 4 for side in size], abs=2)
    across = square[:, -4:, 0].mean() - square[:, :4, 0].mean()
    down = square[-4:, :, 1].mean() - square[:4, :, 1].mean()
    assert (across, down) == pytest.approx([60 / 64 * min(size) / 2] * 2, abs=2)


def test_the_quality_is_the_one_that_is_asked(draw_scene):
    data = as_jpeg(draw_scene(2), Delivery(short_side=64, jpeg_quality=40))
    assert decoding.decode(data, 10**6).jpeg_quality == 40


def test_delivery_hides_how_a_picture_came(draw_scene):
    image = draw_scene(2, size=(256, 256))
    as_jpeg = decoding.decode(encoded(image, "JPEG", quality=92), 10**6).image

    def difference(delivery):
        a, b = (deliver(one, delivery, 128).astype(float) for one in (image, as_jpeg))
        return np.abs(a - b).mean()

    assert difference(Delivery(short_side=128, jpeg_quality=50)) < 2.5


def test_jpeg_leaves_its_blocks(draw_scene):
    image = draw_scene(3, size=(128, 128))
    rough = deliver(image, Delivery(short_side=128, jpeg_quality=5), 128).astype(float)
    steps = np.abs(np.diff(rough, axis=1)).mean(axis=(0, 2))
    at_blocks = steps[7::8].mean()
    assert at_blocks > 1.5 * np.delete(steps, np.s_[7::8]).mean()


def test_a_delivered_file_says_nothing_of_the_one_it_came_from(draw_scene):
    image = draw_scene(4)
    rich = {"comment": "hi", "exif": Image.Exif(), "xmp": b"<x/>", "icc_profile": b"p"}
    as_jpegs = [encoded(image, "JPEG", quality=90, **options) for options in ({}, rich)]
    plain, told = (decoding.decode(data, 10**6).image for data in as_jpegs)
    data = as_jpeg(told, ALIKE)
    assert data == as_jpeg(plain, ALIKE)
    assert told.info["comment"] == b"hi"
    file = decoding.decode(data, 10**6)
    assert (file.jpeg_quality, file.jpeg_subsampling, file.metadata) == (85, "4:2:0", "")
    assert np.array_equal(deliver(told, ALIKE, 128), np.asarray(file.image))
