import numpy as np
import pytest

import toy_detector
from real_or_ai import Detector
from real_or_ai.check import occlusion


@pytest.fixture(scope="module")
def detector(tmp_path_factory) -> Detector:
    folder = tmp_path_factory.mktemp("detector")
    return Detector.load(toy_detector.write(folder / "cue.onnx", toy_detector.describe()))


@pytest.mark.parametrize(("value", "sign"), [(255, 1), (0, -1)])
def test_the_map_peaks_at_the_planted_cue(detector, value, sign):
    found = detector.explain(toy_detector.planted(value))
    assert found.logit == pytest.approx(detector.check(toy_detector.planted(value)).logit)
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

    found = occlusion.occlusion(logits, pixels)
    assert np.array_equal(found.change, np.zeros((50, 50)))  # each hidden one looks the same
    assert sum(calls) == 1 + occlusion.STEPS**2
    assert max(calls) <= occlusion.BATCH
    assert np.array_equal(found.pixels, pixels)


@pytest.mark.parametrize(("run", "steps", "patch"), [(0.0, 11, 10), (0.1, 7, 15), (60.0, 3, 30)])
def test_a_slow_network_gets_fewer_and_larger_places(monkeypatch, run, steps, patch):
    """In 5 s of a clock that each run of the network moves."""
    now, calls = [0.0], []
    monkeypatch.setattr(occlusion.time, "perf_counter", lambda: now[0])

    def logits(batch):
        now[0] += run
        calls.append(len(batch))
        return np.zeros(len(batch))

    found = occlusion.occlusion(logits, np.zeros((60, 60, 3), np.uint8), 5.0)
    assert (sum(calls), found.patch) == (1 + steps**2, patch)
    assert np.array_equal(found.change, np.zeros((60, 60)))  # every place is covered


def test_the_change_is_the_mean_over_the_patches_that_cover_a_place():
    """Closed form: the logit is the sum of one channel, so hiding takes away value less mean."""
    pixels = np.zeros((6, 6, 3), np.uint8)  # patches of one pixel, each alone
    pixels[2, 3] = 36
    mean = 1  # 36 over 36 places

    def logits(batch):
        return batch[..., 0].sum(axis=(1, 2), dtype=np.float64)

    expected = np.full((6, 6), 0.0 - mean)
    expected[2, 3] = 36 - mean
    assert np.array_equal(occlusion.occlusion(logits, pixels).change, expected)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_tiny_squares_have_maps_too(size):
    found = occlusion.occlusion(
        lambda batch: np.zeros(len(batch)), np.zeros((size, size, 3), np.uint8)
    )
    assert found.change.shape == (size, size)
