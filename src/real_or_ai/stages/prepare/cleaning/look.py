"""What the detectors look at: the pixels of a picture, decoded once, and smaller copies of them."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from real_or_ai.conventions.arrays import Box, Pixels
from real_or_ai.stages.prepare.cleaning import seams
from real_or_ai.stages.prepare.cleaning.pixels import distance, reduced

SMALL = 640  # px of the long side that seams are looked for at


@dataclass(frozen=True)
class Look:
    """A picture [H, W] in RGB and in gray. A crop shares its memory."""

    rgb: Pixels
    gray: Pixels

    @property
    def width(self) -> int:
        return int(self.gray.shape[1])

    @property
    def height(self) -> int:
        return int(self.gray.shape[0])

    @property
    def box(self) -> Box:
        return 0, 0, self.width, self.height

    def crop(self, box: Box) -> "Look":
        x0, y0, x1, y1 = box
        return self if box == self.box else Look(self.rgb[y0:y1, x0:x1], self.gray[y0:y1, x0:x1])

    def factor(self, long_side: int) -> int:
        """The whole factor that brings the longer side to at most `long_side`."""
        return -(-max(self.width, self.height) // long_side)

    @cached_property
    def small(self) -> Pixels:
        """In RGB, its long side at most SMALL."""
        return reduced(self.rgb, self.factor(SMALL))

    @cached_property
    def row_steps(self) -> Pixels:
        """How far each row of `small` is from the next: [W, H - 1], a row's along the first."""
        return np.asarray(cv2.transpose(distance(self.small[1:], self.small[:-1])), np.uint8)

    @cached_property
    def row_seams(self) -> NDArray[np.bool_]:
        """Where the rows of `small` step, piece by piece."""
        return seams.evidence(self.row_steps)

    @cached_property
    def column_steps(self) -> Pixels:
        """How far each column of `small` is from the next: [H, W - 1]."""
        return distance(self.small[:, 1:], self.small[:, :-1])


def look_at(image: Image.Image) -> Look:
    """image: RGB."""
    rgb = np.asarray(image)
    return Look(rgb, np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8))
