"""The only door for foreign bytes: a file's bytes become an upright RGB image, or a PictureError.

Nothing here depends on the file's name. Palettes, CMYK, 16 bit, gray and transparency become
8-bit RGB (transparent parts over white); EXIF orientation is applied; of moving pictures the first
frame is taken. A truncated file is an error, never half a picture.
"""

import io
import stat
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from real_or_ai.errors import PictureError

# Our own limit is an argument and is checked before any pixel is decoded; Pillow's warns instead.
Image.MAX_IMAGE_PIXELS = None

READ = ("JPEG", "MPO", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "HEIF")
SUFFIX = {"JPEG": ".jpg", "MPO": ".jpg"} | {name: f".{name.lower()}" for name in READ[2:]}

# Annex K of ITU-T T.81, the luminance table of quality 50, in zigzag order as Pillow gives it.
_ANNEX_K = np.array(
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 "
    "62 18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 "
    "98 112 100 103 99".split(),
    dtype=np.float64,
)


@dataclass(frozen=True)
class Picture:
    """A decoded picture and what its file said: size as stored, format, JPEG quality or None."""

    image: Image.Image
    format: str
    width: int
    height: int
    jpeg_quality: int | None


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """The bytes of a regular file. Raises PictureError for anything else, without waiting on it."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise PictureError("not a file", "neither a regular file nor a link to one")
        if status.st_size == 0:
            raise PictureError("empty file", "0 bytes")
        if status.st_size > max_bytes:
            raise PictureError("too large", f"{status.st_size} bytes, allowed are {max_bytes}")
        return path.read_bytes()
    except OSError as error:
        raise PictureError("unreadable file", error.strerror or str(error)) from error


def decode(data: bytes, max_pixels: int) -> Picture:
    """The picture in `data`, at most `max_pixels` pixels large.

    Raises PictureError if it is not a whole picture of a format that is read.
    """
    try:
        with (
            warnings.catch_warnings(action="ignore"),  # on odd metadata, which nobody reads here
            Image.open(io.BytesIO(data), formats=_formats()) as opened,
        ):
            width, height = opened.size
            if width * height > max_pixels:
                raise PictureError(
                    "too many pixels", f"{width}x{height}, allowed are {max_pixels} pixels"
                )
            opened.load()
            form, quality = opened.format or "", _jpeg_quality(opened)
            ImageOps.exif_transpose(opened, in_place=True)
            return Picture(_to_rgb(opened), form, width, height, quality)
    except UnidentifiedImageError as error:
        raise PictureError("not a picture", f"{len(data)} bytes of no known format") from error
    except PictureError:
        raise
    except Exception as error:  # decoders of foreign bytes raise anything
        detail = " ".join(str(error).split()) or type(error).__name__
        raise PictureError("damaged", detail) from error


@cache
def _formats() -> list[str]:
    """The formats of READ that this Pillow can open: HEIF only where pillow-heif is installed."""
    Image.init()
    with suppress(ImportError):
        from pillow_heif import register_heif_opener

        register_heif_opener()
    return [name for name in READ if name in Image.OPEN]


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return _sixteen_bit_to_rgb(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _sixteen_bit_to_rgb(image: Image.Image) -> Image.Image:
    """Pillow's own conversion clips 16-bit gray at 255, which makes such pictures white."""
    if image.mode.startswith("I;16"):
        values = np.asarray(image).astype(np.uint16, copy=False)
        gray = ((np.minimum(values, 65535 - 128) + np.uint16(128)) // 257).astype(np.uint8)
    else:  # 32 bit says nothing of the range in use
        numbers = np.nan_to_num(np.asarray(image, dtype=np.float32))
        top = numbers.max(initial=0)
        scale = 255 if top <= 1 else 1 if top <= 255 else 1 / 257
        gray = np.clip(numbers * np.float32(scale) + 0.5, 0, 255).astype(np.uint8)
    return Image.fromarray(gray).convert("RGB")


def _jpeg_quality(image: Image.Image) -> int | None:
    """The IJG quality (1 to 100) whose scaled luminance table is nearest to the file's."""
    tables = getattr(image, "quantization", None)
    if not tables or len(luminance := tables[min(tables)]) != 64:
        return None
    quality = np.arange(1, 101, dtype=np.float64)[:, None]
    scale = np.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    expected = np.clip(np.floor((_ANNEX_K * scale + 50) / 100), 1, 255)
    difference = np.abs(expected - np.asarray(luminance, dtype=np.float64)).sum(axis=1)
    return int(difference.argmin()) + 1
