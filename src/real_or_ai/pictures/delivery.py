"""Delivers every picture alike, so that no detector can learn how a file came to us.

The one road from an image to the pixels that detectors see, shared by the stage `decode` and by
`Detector`: the first thing a detector learns otherwise is each class's size and JPEG quality
(Grommelt et al. 2024, arXiv 2403.17608).
"""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from real_or_ai.conventions.params import Params


class Delivery(Params):
    """Short side to `short_side` px, centre crop to a square, one JPEG round trip."""

    short_side: int = Field(ge=16, le=4096)
    jpeg_quality: int = Field(ge=1, le=100)


class DecodeParams(Params):
    """The pixels that every detector sees."""

    size: int = Field(ge=32, le=2048)  # px of the square
    delivery: Delivery | None  # null: as found, squashed to the square


def deliver(image: Image.Image, delivery: Delivery | None, size: int) -> NDArray[np.uint8]:
    """uint8 [size, size, 3] of an RGB image; without a delivery it is squashed to the square."""
    if delivery is not None:
        with Image.open(io.BytesIO(as_jpeg(image, delivery))) as delivered:
            image = delivered.convert("RGB")
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(image, dtype=np.uint8)


def as_jpeg(image: Image.Image, delivery: Delivery) -> bytes:
    """The JPEG file that an RGB image is delivered as: its centre square, metadata left behind."""
    buffer = io.BytesIO()
    square = _centre_square(image, delivery.short_side)
    square.info.clear()  # Pillow would copy a comment into the new file
    square.save(buffer, "JPEG", quality=delivery.jpeg_quality, subsampling="4:2:0")
    return buffer.getvalue()


def _centre_square(image: Image.Image, side: int) -> Image.Image:
    """The largest centred square of the image, `side` px large."""
    width, height = image.size
    short = min(width, height)
    left, top = (width - short) / 2, (height - short) / 2
    box = (left, top, left + short, top + short)
    return image.resize((side, side), Image.Resampling.BICUBIC, box=box)
