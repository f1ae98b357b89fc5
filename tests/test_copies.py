import math

import numpy as np
import pytest
from PIL import Image

from real_or_ai.conventions.labels import COPIES
from real_or_ai.stages.prepare import copies

SIZE = (200, 120)


def chance(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(float)


def positions() -> Image.Image:
    """Each pixel holds its own column in red and its own row in green."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    return Image.fromarray(np.stack([columns, rows, 0 * rows], axis=2).astype(np.uint8))


def slope(values: np.ndarray) -> float:
    return float(np.polyfit(np.arange(len(values)), values, 1)[0])


def test_there_is_one_copy_by_each_operation_and_all_keep_the_size(strengths):
    made = copies.copies(positions(), strengths, chance())
    assert tuple(made) == COPIES
    assert {(copy.size, copy.mode) for copy in made.values()} == {(SIZE, "RGB")}


@pytest.mark.parametrize(("flip", "axis"), [("horizontal", 1), ("vertical", 0)])
def test_a_flip_is_exact(strengths, draw_scene, flip, axis):
    image = draw_scene(1)
    asked = strengths.model_copy(update={"flip": flip})
    copy = copies.copies(image, asked, chance())["flip"]
    np.testing.assert_array_equal(pixels(copy), np.flip(pixels(image), axis))


def test_noise_has_its_sigma_and_no_other_mean(strengths):
    gray = Image.new("RGB", SIZE, (128, 128, 128))
    noise = pixels(copies.copies(gray, strengths, chance())["noise"]) - 128
    assert noise.std() == pytest.approx(255 * strengths.noise_sigma, rel=0.02)
    assert abs(noise.mean()) < 0.5
    still = strengths.model_copy(update={"noise_sigma": 0.0})
    assert copies.copies(gray, still, chance())["noise"].tobytes() == gray.tobytes()


@pytest.mark.parametrize("seed", range(20))
def test_a_crop_keeps_its_share_of_the_area_and_the_aspect_ratio(strengths, seed):
    shown = pixels(copies.copies(positions(), strengths, chance(seed))["crop"])
    # What is seen from edge to edge; half a pixel at each end lies beyond the outermost centres.
    width = np.ptp(shown[60, 10:-10, 0]) / (SIZE[0] - 21) * SIZE[0]
    height = np.ptp(shown[10:-10, 100, 1]) / (SIZE[1] - 21) * SIZE[1]
    assert strengths.crop_scale - 0.02 <= width * height / math.prod(SIZE) <= 1.02
    assert width / height == pytest.approx(SIZE[0] / SIZE[1], rel=0.02)


@pytest.mark.parametrize("seed", range(20))
def test_a_rotation_is_rigid_and_within_its_degrees(strengths, seed):
    shown = pixels(copies.copies(positions(), strengths, chance(seed))["rotate"])
    centre = shown[40:80, 80:120, 0]  # the column that each pixel came from
    down, along = (slope(centre.mean(axis=axis)) for axis in (1, 0))
    assert math.hypot(down, along) == pytest.approx(1, abs=0.02)
    assert abs(math.degrees(math.atan2(down, along))) <= strengths.rotate_degrees + 0.5


def test_strengths_are_used_in_full(strengths):
    """Over many draws, crops and angles come near both ends of what is allowed."""
    degrees = []
    for seed in range(60):
        shown = pixels(copies.copies(positions(), strengths, chance(seed))["rotate"])
        degrees.append(math.degrees(math.asin(slope(shown[40:80, 100, 0]))))
    assert min(degrees) < -0.8 * strengths.rotate_degrees
    assert max(degrees) > 0.8 * strengths.rotate_degrees


def test_the_name_decides_alone(strengths, draw_scene):
    def drawn(name: str) -> dict[str, bytes]:
        made = copies.copies(draw_scene(1), strengths, copies.generator(name))
        return {view: copy.tobytes() for view, copy in made.items()}

    one, again, other = drawn("real/web/a.png"), drawn("real/web/a.png"), drawn("real/web/b.png")
    assert one == again
    assert {view for view in COPIES if one[view] != other[view]} == {"rotate", "crop", "noise"}
