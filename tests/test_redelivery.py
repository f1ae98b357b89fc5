"""Redelivery by chance: what training pictures go through on their way."""

import numpy as np
from PIL import Image

from real_or_ai.pictures.redelivery import redelivered


def chance(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_it_keeps_the_shape_and_is_drawn_by_the_seed(draw_scene):
    pixels = np.asarray(draw_scene(1).resize((96, 96)))
    before = pixels.copy()
    ways = {redelivered(pixels, chance(seed)).tobytes() for seed in range(40)}
    assert len(ways) > 25
    for seed in range(5):
        found = redelivered(pixels, chance(seed))
        assert (found.shape, found.dtype) == (pixels.shape, np.uint8)
        assert np.array_equal(found, redelivered(pixels, chance(seed)))
    assert np.array_equal(pixels, before)


def test_a_picture_stays_itself_and_some_come_through_as_they_are(draw_scene):
    pixels = np.asarray(draw_scene(2).resize((96, 96)))
    other = np.asarray(draw_scene(5).resize((96, 96), Image.Resampling.BOX))
    losses = [
        np.abs(redelivered(pixels, chance(seed)).astype(float) - pixels).mean()
        for seed in range(60)
    ]
    assert max(losses) < np.abs(other.astype(float) - pixels).mean() / 2
    assert 0.02 < np.mean(np.array(losses) == 0) < 0.4
