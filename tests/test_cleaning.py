from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from conftest import encoded
from real_or_ai.conventions.arrays import Box
from real_or_ai.conventions.errors import PictureError
from real_or_ai.pictures import decoding
from real_or_ai.stages.prepare.cleaning import credentials, grids, parts, screenshots
from real_or_ai.stages.prepare.cleaning.look import SMALL, look_at
from real_or_ai.stages.sample import treatments

LIMITS = parts.Limits(min_side=32, max_cropped_share=0.2, margin=0)
SIDE = 160


def as_jpeg(image: Image.Image, quality: int = 85) -> Image.Image:
    return decoding.decode(encoded(image, "JPEG", quality=quality), 10**8).image


@pytest.fixture(scope="module")
def scenes(draw_scene) -> list[Image.Image]:
    return [draw_scene(100 + seed, size=(SIDE, SIDE)) for seed in range(20)]


@pytest.fixture
def scene(draw_scene) -> Image.Image:
    return draw_scene(3, size=(480, 360))


def sheet(tiles, rows, columns, gutter=0, colour="white", border=(0, 0, 0, 0)):
    """A grid of scenes and the boxes of its tiles; border: left, top, right, bottom in px."""
    left, top, right, bottom = border
    pitch = SIDE + gutter
    size = (
        left + columns * pitch - gutter + right,
        top + rows * pitch - gutter + bottom,
    )
    whole = Image.new("RGB", size, colour)
    boxes = []
    for row in range(rows):
        for column in range(columns):
            x, y = left + column * pitch, top + row * pitch
            whole.paste(tiles[row * columns + column], (x, y))
            boxes.append((x, y, x + SIDE, y + SIDE))
    return whole, boxes


def boxes_of(image: Image.Image) -> list[Box]:
    return [tile.box for tile in grids.find(look_at(image))]


def write(image: Image.Image, text: str, place: tuple[int, int], size: int = 14, fill="white"):
    ImageDraw.Draw(image).text(place, text, fill, ImageFont.load_default(size))
    return image


@pytest.mark.parametrize("gutter", [0, 6])
@pytest.mark.parametrize(
    "layout",
    [(1, 2), (2, 1), (2, 2), (1, 3), (1, 4), (5, 1), (2, 3), (2, 4), (3, 3), (4, 4), (4, 5)],
    ids=str,
)
def test_a_grid_is_cut_at_its_seams(scenes, layout, gutter):
    whole, boxes = sheet(scenes, *layout, gutter)
    assert boxes_of(whole) == boxes
    assert [(tile.row, tile.column) for tile in grids.find(look_at(whole))] == list(
        np.ndindex(*layout)
    )


@pytest.mark.parametrize("colour", ["white", "black", "#4060a0"])
@pytest.mark.parametrize("border", [(12, 12, 12, 12), (8, 30, 20, 5)], ids=str)
def test_borders_and_unequal_margins_belong_to_no_tile(scenes, colour, border):
    whole, boxes = sheet(scenes, 2, 2, 10, colour, border)
    assert boxes_of(whole) == boxes


def test_a_border_too_thin_to_see_when_reduced_belongs_to_no_tile(scenes):
    whole, boxes = sheet(scenes, 2, 8, 4, border=(2, 2, 2, 2))
    assert look_at(whole).factor(SMALL) > 2
    assert boxes_of(whole) == boxes


@pytest.mark.parametrize("layout", [(1, 2), (2, 2), (3, 4)], ids=str)
def test_a_grid_survives_jpeg(scenes, layout):
    whole, boxes = sheet(scenes, *layout)
    assert boxes_of(as_jpeg(whole)) == boxes


def test_a_large_grid_is_cut_to_the_pixel(draw_scene):
    tiles = [draw_scene(seed, size=(701, 701)) for seed in range(4)]
    whole = Image.new("RGB", (1402, 1402))
    corners = [(0, 0), (701, 0), (0, 701), (701, 701)]
    for tile, corner in zip(tiles, corners, strict=True):
        whole.paste(tile, corner)
    assert boxes_of(whole) == [(x, y, x + 701, y + 701) for x, y in corners]


@pytest.mark.parametrize("gutter", [0, 6])
def test_tiles_pasted_back_are_the_grid(scenes, gutter):
    whole, _ = sheet(scenes, 2, 3, gutter)
    pasted = Image.new("RGB", whole.size, "white")
    for box in boxes_of(whole):
        pasted.paste(whole.crop(box), box[:2])
    assert pasted.tobytes() == whole.tobytes()


def test_a_gutter_with_one_seam_is_removed_too(scenes):
    pale = Image.new("RGB", (SIDE, SIDE), "white")  # its edge and the gutter are one
    pale.paste(scenes[0].resize((80, 80)), (40, 40))
    whole, boxes = sheet([pale, scenes[1]], 1, 2, 6)
    assert boxes_of(whole)[1] == boxes[1]


def test_a_gutter_beside_a_tile_of_its_colour_is_found_by_the_others(scenes):
    pale = Image.new("RGB", (SIDE, SIDE), "white")
    pale.paste(scenes[0].resize((SIDE - 40, SIDE - 40)), (20, 20))
    whole, boxes = sheet([*scenes[:10], pale, *scenes[11:]], 2, 8, 4)
    assert boxes_of(whole) == boxes


def test_a_flat_edge_of_a_tile_is_no_gutter(scenes):
    flat = scenes[1].copy()
    flat.paste("#305070", (0, 0, 20, SIDE))
    whole, boxes = sheet([scenes[0], flat, *scenes[2:4]], 1, 4)
    assert len(boxes_of(whole)) == len(boxes)


def test_flat_bands_are_no_gutter_together(scene):
    """Each is narrow enough for one: wherever it is cut, at most one of them is lost."""
    pixels = np.asarray(scene).copy()
    for place in range(140, 221, 27):
        pixels[place : place + 27] = (place, 90, 250 - place)
    kept = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes_of(Image.fromarray(pixels)))
    assert kept >= (360 - 27) * 480


def test_a_grid_turned_is_found_turned(scenes):
    whole, boxes = sheet(scenes, 2, 3)
    turned = whole.transpose(Image.Transpose.TRANSPOSE)
    assert sorted(boxes_of(turned)) == sorted((y0, x0, y1, x1) for x0, y0, x1, y1 in boxes)


@pytest.mark.parametrize("label", ["real", "ai"])
def test_plain_scenes_are_left_alone(draw_scene, label):
    for seed in range(30):
        plain = as_jpeg(draw_scene(seed, label))
        assert parts.detected(look_at(plain), LIMITS) == parts.Parts(
            (parts.Part((0, 0, *plain.size)),)
        )


def test_a_horizon_is_no_seam(draw_scene):
    image = draw_scene(1, size=(320, 320))
    pixels = np.asarray(image).copy()
    for x in range(320):  # a straight edge, tilted by four degrees
        pixels[160 + x // 16 :, x] //= 2
    assert boxes_of(Image.fromarray(pixels)) == []


@pytest.mark.parametrize("side", [5, 8, 16])
def test_colour_squares_are_cut_off_with_their_rows(draw_scene, side):
    image = draw_scene(1, size=(side * 40, side * 40 + 1))
    signed = as_jpeg(treatments.squares(image.copy()))
    mark = credentials.find(look_at(signed))
    assert mark is not None
    assert mark.kind == "colour squares"
    assert abs(mark.keep[3] - (image.height - side)) <= 1
    assert mark.keep[:3] == (0, 0, image.width)


def test_colour_squares_are_cut_from_each_tile(draw_scene):
    tiles = [treatments.squares(draw_scene(seed, size=(320, 320))) for seed in range(4)]
    whole = Image.new("RGB", (640, 640))
    for place, tile in enumerate(tiles):
        whole.paste(tile, (place % 2 * 320, place // 2 * 320))
    found = parts.detected(look_at(whole), LIMITS).used
    assert [part.tile for part in found] == ["r0c0", "r0c1", "r1c0", "r1c1"]
    assert {part.removed for part in found} == {("colour squares",)}
    assert {part.box[3] - part.box[1] for part in found} == {312}


@pytest.mark.parametrize("colour", ["#101018", "white", "#1878b4"])
@pytest.mark.parametrize("bottom", [True, False], ids=["below", "above"])
def test_an_added_strip_with_a_caption_is_cut_off(scene, colour, bottom):
    ink = "black" if colour == "white" else "white"
    whole = Image.new("RGB", (480, 384), colour)
    whole.paste(scene, (0, 0 if bottom else 24))
    write(whole, "pictures by a generator", (8, 364 if bottom else 4), 13, ink)
    mark = credentials.find(look_at(as_jpeg(whole)))
    assert mark is not None
    assert mark.kind == "strip"
    assert mark.keep[1] == (0 if bottom else pytest.approx(24, abs=2))
    assert mark.keep[3] == (pytest.approx(360, abs=2) if bottom else 384)


def test_a_darkened_strip_with_a_caption_is_cut_off(scene):
    pixels = np.asarray(scene).copy()
    pixels[330:] = pixels[330:] // 5
    image = write(Image.fromarray(pixels), "image posted by somebody", (150, 336), 14)
    mark = credentials.find(look_at(as_jpeg(image)))
    assert mark is not None
    assert mark.keep[3] == pytest.approx(330, abs=2)


@pytest.mark.parametrize("fill", ["white", "black"])
@pytest.mark.parametrize("left", [8, 160, 330])
def test_lettering_along_the_bottom_is_cut_off_with_its_rows(scene, fill, left):
    ground = scene.point(lambda value: value // 3 if fill == "white" else 170 + value // 3)
    mark = credentials.find(
        look_at(as_jpeg(write(ground, "example.com / art", (left, 335), 15, fill)))
    )
    assert mark is not None
    assert mark.kind == "lettering"
    assert mark.keep[:3] == (0, 0, 480)
    assert 315 <= mark.keep[3] <= 338


@pytest.mark.parametrize("turn", [90, 270])
def test_lettering_up_a_side_is_cut_off_with_its_columns(scene, turn):
    text = Image.new("L", (240, 18))
    ImageDraw.Draw(text).text((2, 1), "Stock Pictures | #123456", 255, ImageFont.load_default(14))
    text = text.rotate(turn, expand=True)
    image = scene.point(lambda value: value // 3)
    image.paste("white", (6 if turn == 90 else 480 - 24, 80), text)
    mark = credentials.find(look_at(as_jpeg(image)))
    assert mark is not None
    assert mark.kind == "lettering"
    assert (mark.keep[0] > 0) == (turn == 90)
    assert mark.keep[2] - mark.keep[0] in range(440, 476)


@pytest.mark.parametrize("corner", ["top left", "top right", "bottom left", "bottom right"])
def test_a_solid_logo_alone_in_a_corner_is_cut_off(corner):
    ramp = Image.linear_gradient("L").resize((500, 500)).point(lambda value: 30 + value // 4)
    image = Image.merge("RGB", (ramp, ramp, ramp))
    x = 20 if "left" in corner else 500 - 20 - 14
    y = 20 if "top" in corner else 500 - 20 - 22
    for bar in range(0, 14, 5):
        image.paste("white", (x + bar, y, x + bar + 4, y + 22))
    mark = credentials.find(look_at(image))
    assert mark is not None
    assert mark.kind == "logo"
    left = np.asarray(image.crop(mark.keep))
    assert left.max() < 255
    assert left.size > 0.9 * np.asarray(image).size


def test_a_fence_is_no_lettering(draw_scene):
    image = draw_scene(4, size=(480, 360))
    for x in range(120, 300, 9):
        image.paste("black", (x, 325, x + 3, 345))
    assert credentials.find(look_at(as_jpeg(image))) is None


def test_a_credential_that_takes_too_much_is_an_error(scene):
    image = Image.new("RGB", (480, 420), "#101018")
    image.paste(scene)
    write(image, "pictures by a generator", (8, 380), 13)
    tight = parts.Limits(min_side=32, max_cropped_share=0.05, margin=0)
    with pytest.raises(PictureError) as caught:
        parts.detected(look_at(as_jpeg(image)), tight)
    assert caught.value.reason == "credential too large"
    assert parts.detected(look_at(as_jpeg(image)), LIMITS).used[0].removed == ("strip",)


def test_a_margin_is_cut_from_marked_and_unmarked_alike(draw_scene):
    plain = draw_scene(1, size=(320, 320))
    limits = parts.Limits(min_side=32, max_cropped_share=0.2, margin=0.05)
    signed = treatments.squares(plain.copy())
    same = (16, 16, 304, 304)
    assert parts.detected(look_at(plain), limits).used == (parts.Part(same),)
    assert parts.detected(look_at(signed), limits).used == (
        parts.Part(same, "", ("colour squares",)),
    )
    narrow = parts.Limits(min_side=32, max_cropped_share=0.2, margin=0.01)
    with pytest.raises(PictureError, match="every picture loses"):
        parts.detected(look_at(signed), narrow)


def test_blank_tiles_are_dropped_and_counted(scenes):
    whole, boxes = sheet([*scenes[:3], Image.new("RGB", (SIDE, SIDE), "gray")], 2, 2)
    found = parts.detected(look_at(whole), LIMITS)
    assert [part.box for part in found.used] == boxes[:3]
    assert found.dropped_tiles == 1


def test_blank_pictures_pages_and_drawings_are_no_pictures():
    assert screenshots.reason(look_at(Image.new("RGB", (200, 200), "navy"))) == "blank"
    page = treatments.screenshot(Image.new("RGB", (100, 100), "red"))
    assert screenshots.reason(look_at(page)) == "page of lettering"
    assert screenshots.reason(look_at(as_jpeg(page, 60))) == "page of lettering"
    drawing = Image.new("RGB", (400, 400), "black")
    ImageDraw.Draw(drawing).ellipse((60, 60, 340, 340), outline="cyan", width=5)
    assert screenshots.reason(look_at(drawing)) == "flat drawing"


def test_an_object_on_white_is_a_picture(draw_scene):
    image = Image.new("RGB", (400, 400), "white")
    image.paste(draw_scene(5, size=(200, 260)), (100, 70))
    assert screenshots.reason(look_at(image)) is None


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    width=st.integers(1, 400),
    height=st.integers(1, 400),
    seed=st.integers(0, 2**16),
    colours=st.sampled_from([1, 2, 256]),
)
def test_parts_lie_in_the_picture_whatever_it_is(width, height, seed, colours):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, colours, (height, width, 3)) * (255 // max(colours - 1, 1))
    image = Image.fromarray(pixels.astype(np.uint8))
    with suppress(PictureError):
        for part in parts.detected(look_at(image), LIMITS).used:
            x0, y0, x1, y1 = part.box
            assert 0 <= x0 <= x1 - LIMITS.min_side
            assert x1 <= width
            assert 0 <= y0 <= y1 - LIMITS.min_side
            assert y1 <= height
