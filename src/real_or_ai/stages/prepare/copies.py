"""The report's four copies of a picture, made before the split; `augmentation` draws on the fly.

Strengths and operations are those of `augmentation`, at the picture's own size.
"""

import hashlib
import math

import numpy as np
from PIL import Image, ImageOps

from real_or_ai.conventions.labels import Copy
from real_or_ai.networks import AugmentationParams

_BLACK = (0, 0, 0)


def generator(picture: str) -> np.random.Generator:
    """The chance that one picture's copies are drawn with: its name alone decides."""
    return np.random.default_rng(list(hashlib.sha256(picture.encode()).digest()))


def copies(
    image: Image.Image, strengths: AugmentationParams, chance: np.random.Generator
) -> dict[Copy, Image.Image]:
    """One RGB copy by each operation, all of the image's size.

    Rotation fills with black; a crop keeps the aspect ratio and is resized to the whole.
    """
    angle = chance.uniform(-strengths.rotate_degrees, strengths.rotate_degrees)
    side = math.sqrt(chance.uniform(strengths.crop_scale, 1))
    place = chance.uniform(size=2)
    return {
        "flip": ImageOps.mirror(image) if strengths.flip == "horizontal" else ImageOps.flip(image),
        "rotate": image.rotate(angle, Image.Resampling.BILINEAR, fillcolor=_BLACK),
        "crop": _crop(image, side, place.tolist()),
        "noise": _noise(image, strengths.noise_sigma, chance),
    }


def _crop(image: Image.Image, side: float, place: list[float]) -> Image.Image:
    """The part of `side` of the width and height whose free room `place` [2] divides."""
    width, height = image.size
    x, y = place[0] * (1 - side) * width, place[1] * (1 - side) * height
    box = (x, y, min(x + side * width, width), min(y + side * height, height))
    return image.resize(image.size, Image.Resampling.BILINEAR, box=box)


def _noise(image: Image.Image, sigma: float, chance: np.random.Generator) -> Image.Image:
    """Gaussian noise of `sigma` on [0, 1]; in place, as pictures of 100 megapixels come here."""
    noisy = chance.standard_normal((image.height, image.width, 3), dtype=np.float32)
    noisy *= 255 * sigma
    noisy += np.asarray(image)
    return Image.fromarray(noisy.round(out=noisy).clip(0, 255, out=noisy).astype(np.uint8))
