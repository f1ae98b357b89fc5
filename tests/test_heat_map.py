import numpy as np
import pytest

import toy_detector
from real_or_ai import Detector
from real_or_ai.check import heat_map


@pytest.fixture(scope="module")
def detector(tmp_path_factory) -> Detector:
    folder = tmp_path_factory.mktemp("detector")
    return Detector.load(toy_detector.write(folder / "cue.onnx", toy_detector.describe()))


def test_the_drawing_shows_the_cue_in_its_colour_and_the_scale_has_numbers(detector):
    for value, hot in ((255, 0), (0, 2)):
        found = detector.explain(toy_detector.planted(value))
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
    found = detector.explain(toy_detector.planted(255))
    heat_map.draw(found, "x.jpg: AI")
    limit = np.abs(found.change).max()
    assert {"x.jpg: AI", "0", f"+{limit:.2f}", f"-{limit:.2f}"} <= set(written)
    assert {"speaks for real", "speaks for AI"} <= set(written)
    text = " ".join(" ".join(written).split())
    assert "not what in the picture is artificial" in text
    assert f"log odds; the picture's are {found.logit:+.2f}" in text
