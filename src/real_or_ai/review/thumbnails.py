"""Small pictures for a page, with what was cut from them."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from real_or_ai.conventions.arrays import Box
from real_or_ai.conventions.errors import PictureError

RED, DARK = (225, 30, 30), (90, 0, 0)  # stripes, so that they show on red pictures too
SHADE = 0.6  # of the stripes over what is cut


@dataclass(frozen=True)
class Thumbnail:
    """A small picture as a data URI with its size in px, or why there is none."""

    caption: str
    uri: str = ""
    width: int = 0
    height: int = 0
    problem: str = ""


def problem(caption: str, error: PictureError) -> Thumbnail:
    """In place of a picture that cannot be read, why."""
    return Thumbnail(caption, problem=f"{error.reason}: {error.detail}")


def thumbnail(caption: str, image: Image.Image, side: int, boxes: Sequence[Box] = ()) -> Thumbnail:
    """The image in at most `side` pixels; what lies outside the boxes, if any, is striped red."""
    small = image.copy()
    small.thumbnail((side, side))
    if boxes:
        small = _marked(small, [_scaled(box, image.size, small.size) for box in boxes])
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=75)
    uri = "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
    return Thumbnail(f"{caption}, {image.width}x{image.height}", uri, *small.size)


def _marked(image: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    """The image with red stripes over what is in no box, and a red line around each box."""
    pixels = np.asarray(image, dtype=np.float32)
    y, x = np.indices(pixels.shape[:2])
    stripes = np.where(((x + y) // 4 % 2 == 0)[..., None], RED, DARK)
    cut = np.ones(pixels.shape[:2], dtype=np.bool_)
    for x0, y0, x1, y1 in boxes:
        cut[y0:y1, x0:x1] = False
    striped = SHADE * stripes + (1 - SHADE) * pixels
    marked = Image.fromarray(np.where(cut[..., None], striped, pixels).astype(np.uint8))
    canvas = ImageDraw.Draw(marked)
    for x0, y0, x1, y1 in boxes:
        canvas.rectangle((x0, y0, x1 - 1, y1 - 1), outline=RED)
    return marked


def _scaled(box: Box, size: tuple[int, int], small: tuple[int, int]) -> Box:
    """The box in the small image, rounded inwards: what is cut stays visible, however thin."""
    (x0, y0, x1, y1), (width, height), (across, down) = box, size, small
    left = min(-(-x0 * across // width), across - 1)
    top = min(-(-y0 * down // height), down - 1)
    return left, top, max(x1 * across // width, left + 1), max(y1 * down // height, top + 1)
