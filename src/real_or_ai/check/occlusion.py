"""Where a score comes from: hide one place after another and see what the detector then says.

Occlusion (Zeiler & Fergus 2014, arXiv 1311.2901) needs nothing but the detector file, so it works
for every model alike. It says what this score hangs on, not what in the picture is artificial.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from real_or_ai.conventions.arrays import Pixels

Logits = Callable[[Pixels], NDArray[np.float64]]

STEPS = 11  # places along a side; each is as wide as makes neighbours overlap by half
FEWEST = 3  # of them, however short the time
BATCH = 16  # hidden variants a run; bounds memory


@dataclass(frozen=True)
class Explanation:
    """What each place adds to the log odds of ai.

    pixels: uint8 [S, S, 3], what the detector saw. change: float64 [S, S]: the logit less the one
    with that place hidden, averaged over the patches that covered it; above 0 it speaks for ai,
    below 0 for real. logit: of the whole picture. patch: the hidden square's side in px.
    """

    pixels: Pixels
    change: NDArray[np.float64]
    logit: float
    patch: int


def occlusion(logits: Logits, pixels: Pixels, seconds: float | None = None) -> Explanation:
    """The explanation of one delivered square [S, S, 3], in at most STEPS² + 1 runs of the network.

    seconds: about what it may take; of a network that is too slow for it, fewer and larger places
    are hidden, in at least FEWEST² + 1 runs.
    """
    size = len(pixels)
    begun = time.perf_counter()
    (logit,) = logits(pixels[None])
    steps = STEPS if seconds is None else _steps(time.perf_counter() - begun, seconds)
    patch = max(1, round(size * 2 / (steps + 1)))
    starts = np.unique(np.linspace(0, size - patch, steps).round().astype(int))
    places = [(top, left) for top in starts for left in starts]
    total, covered = np.zeros((size, size)), np.zeros((size, size))
    for first in range(0, len(places), BATCH):
        batch = places[first : first + BATCH]
        for (top, left), hidden in zip(batch, logits(_hidden(pixels, batch, patch)), strict=True):
            square = slice(top, top + patch), slice(left, left + patch)
            total[square] += logit - hidden
            covered[square] += 1
    return Explanation(pixels, total / covered, float(logit), patch)


def _steps(run: float, seconds: float) -> int:
    """Places along a side, for runs that take `run` seconds each."""
    left = min(max(seconds / max(run, 1e-6) - 1, 0), STEPS**2)  # one is done
    return max(math.isqrt(int(left)), FEWEST)


def _hidden(pixels: Pixels, places: list[tuple[int, int]], patch: int) -> Pixels:
    """The square [N, S, S, 3] with the picture's mean colour at each place in turn."""
    hidden = np.repeat(pixels[None], len(places), axis=0)
    colour = np.rint(pixels.mean(axis=(0, 1))).astype(np.uint8)
    for variant, (top, left) in zip(hidden, places, strict=True):
        variant[top : top + patch, left : left + patch] = colour
    return hidden
