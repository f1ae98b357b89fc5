"""Five squares in their colours are a signature; the same in other colours are a picture's own."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from real_or_ai.pictures import colour_squares
from real_or_ai.stages.sample import treatments


@pytest.fixture
def signed(draw_scene) -> Image.Image:
    """A picture with squares of 10 px."""
    return treatments.squares(draw_scene(3, size=(500, 400)))


def side(image: Image.Image) -> float | None:
    return colour_squares.side(np.asarray(image), image.height)


def test_the_squares_are_found_with_their_side(signed, draw_scene):
    assert side(signed) == pytest.approx(10, abs=1.5)
    assert side(draw_scene(3, size=(500, 400))) is None


def test_pale_and_dark_squares_are_none(signed):
    """Their hues are right, as those of a rainbow in the scene might be."""
    assert side(ImageEnhance.Color(signed).enhance(0.3)) is None
    assert side(ImageEnhance.Brightness(signed).enhance(0.4)) is None


def test_the_order_of_the_colours_counts(signed):
    mirrored = signed.copy()
    box = (450, 390, 500, 400)
    mirrored.paste(signed.crop(box).transpose(Image.Transpose.FLIP_LEFT_RIGHT), box)
    assert side(mirrored) is None
