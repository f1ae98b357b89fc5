import numpy as np
import pytest
from PIL import Image

import toy_detector
from real_or_ai import Detector, explain, heat_map


@pytest.fixture(scope="module")
def detector(tmp_path_factory) -> Detector:
    folder = tmp_path_factory.mktemp("detector")
    return Detector.load(toy_detector.write(folder / "cue.onnx", toy_detector.describe()))


def planted(value: int) -> Image.Image:
    """Mid-gray noise, and where the detector looks, a red of this value."""
    pixels = np.random.default_rng(1).integers(90, 110, (48, 48, 3), dtype=np.uint8)
    pixels[(*toy_detector.CUE, 0)] = value
    return Image.fromarray(pixels)


@pytest.mark.parametrize(("value", "sign"), [(255, 1), (0, -1)])
def test_the_map_peaks_at_the_planted_cue(detector, value, sign):
    found = detector.explain(planted(value))
    assert found.logit == pytest.approx(detector.check(planted(value)).logit)
    strength = sign * found.change  # above 0 where it speaks for ai, below where for real
    row, column = np.unravel_index(strength.argmax(), strength.shape)
    rows, columns = toy_detector.CUE
    assert rows.start <= row < rows.stop
    assert columns.start <= column < columns.stop
    assert strength.max() > 5
    outside = strength.copy()
    reach = found.patch
    outside[
        rows.start - reach : rows.stop + reach, columns.start - reach : columns.stop + reach
    ] = 0
    assert np.abs(outside).max() < 1e-6  # no patch there touches the cue


def test_every_place_is_covered_and_what_is_even_says_nothing():
    pixels = np.full((50, 50, 3), 77, np.uint8)
    calls = []

    def logits(batch):
        calls.append(len(batch))
        return batch.reshape(len(batch), -1).sum(axis=1, dtype=np.float64)

    found = explain.occlusion(logits, pixels)
    assert np.array_equal(found.change, np.zeros((50, 50)))  # each hidden one looks the same
    assert sum(calls) == 1 + explain.STEPS**2
    assert max(calls) <= explain.BATCH
    assert np.array_equal(found.pixels, pixels)


def test_the_change_is_the_mean_over_the_patches_that_cover_a_place():
    """Closed form: the logit is the sum of one channel, so hiding takes away value less mean."""
    pixels = np.zeros((6, 6, 3), np.uint8)  # patches of one pixel, each alone
    pixels[2, 3] = 36
    mean = 1  # 36 over 36 places

    def logits(batch):
        return batch[..., 0].sum(axis=(1, 2), dtype=np.float64)

    expected = np.full((6, 6), 0.0 - mean)
    expected[2, 3] = 36 - mean
    assert np.array_equal(explain.occlusion(logits, pixels).change, expected)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_tiny_squares_have_maps_too(size):
    found = explain.occlusion(
        lambda batch: np.zeros(len(batch)), np.zeros((size, size, 3), np.uint8)
    )
    assert found.change.shape == (size, size)


def test_the_drawing_shows_the_cue_in_its_colour_and_the_scale_has_numbers(detector):
    for value, hot in ((255, 0), (0, 2)):
        found = detector.explain(planted(value))
        sheet = heat_map.draw(found, "a picture: AI 0.99")
        top = heat_map.MARGIN + 20
        shown = np.asarray(
            sheet.crop(
                (
                    heat_map.SIDE + 2 * heat_map.MARGIN,
                    top,
                    2 * (heat_map.SIDE + heat_map.MARGIN),
                    top + heat_map.SIDE,
                )
            ),
            dtype=int,
        )
        excess = shown[..., hot] - shown[..., 2 - hot]
        row, column = (np.array(np.unravel_index(excess.argmax(), excess.shape)) * 48) // (
            heat_map.SIDE
        )
        rows, columns = toy_detector.CUE
        assert rows.start - 1 <= row <= rows.stop
        assert columns.start - 1 <= column <= columns.stop


def test_what_is_drawn_says_how_to_read_it(detector, monkeypatch):
    written = []
    draw = heat_map.ImageDraw.ImageDraw
    for name in ("text", "multiline_text"):
        original = getattr(draw, name)

        def spy(self, at, text, *rest, original=original, **named):
            written.append(text)
            return original(self, at, text, *rest, **named)

        monkeypatch.setattr(draw, name, spy)
    found = detector.explain(planted(255))
    heat_map.draw(found, "x.jpg: AI")
    limit = np.abs(found.change).max()
    assert {"x.jpg: AI", "0", f"+{limit:.2f}", f"-{limit:.2f}"} <= set(written)
    assert {"speaks for real", "speaks for AI"} <= set(written)
    text = " ".join(" ".join(written).split())
    assert "not what in the picture is artificial" in text
    assert f"log odds; the picture's are {found.logit:+.2f}" in text
