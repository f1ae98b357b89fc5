"""The only door for foreign bytes: a file's bytes become an upright RGB image, or a PictureError.

Nothing here depends on the file's name. Palettes, CMYK, 16 bit, gray and transparency become
8-bit RGB (transparent parts over white) in sRGB; EXIF orientation is applied; of moving pictures
the first frame is taken. A truncated file is an error, never half a picture; what is wrong with
texts and profiles, which the pixels do without, is none.
"""

import importlib
import io
import logging
import stat
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from real_or_ai.conventions.errors import PictureError
from real_or_ai.pictures import directories, first_page, jpeg_end, png
from real_or_ai.pictures.drawn import is_drawn
from real_or_ai.pictures.modes import to_rgb

# What Pillow says of odd metadata, which nobody reads here. Not around each decoding, as the
# filters are shared by all threads.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())

READ = ("JPEG", "MPO", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "HEIF")
_PLUGINS = ("Jpeg", "Mpo", "Png", "WebP", "Avif", "Gif", "Bmp", "Tiff")  # HEIF's is not Pillow's
SUFFIX = {"JPEG": ".jpg", "MPO": ".jpg"} | {name: f".{name.lower()}" for name in READ[2:]}

# EXIF orientation -> what makes the picture upright. Pillow's exif_transpose also writes the EXIF
# anew, and fails where that is damaged.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# What Pillow has found of each while it opened and decoded the file; nothing is unpacked for it.
_METADATA = {
    "exif": "exif",
    "icc_profile": "icc",
    "xmp": "xmp",
    "photoshop": "iptc",
    "comment": "comment",
}

# How many times fewer chroma samples there are, across and down, and its name.
_SUBSAMPLING = {
    (1, 1): "4:4:4",
    (2, 1): "4:2:2",
    (1, 2): "4:4:0",
    (2, 2): "4:2:0",
    (4, 1): "4:1:1",
    (4, 2): "4:1:0",
}

# Annex K of ITU-T T.81, the luminance table of quality 50, in zigzag order as Pillow gives it.
_ANNEX_K = np.array(
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 "
    "62 18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 "
    "98 112 100 103 99".split(),
    dtype=np.float64,
)
_QUALITY = np.arange(1, 101)[:, None]
_SCALE = np.where(_QUALITY < 50, 5000 / _QUALITY, 200 - 2 * _QUALITY)
_LUMINANCE = np.clip(np.floor((_ANNEX_K * _SCALE + 50) / 100), 1, 255)  # [100, 64]


@dataclass(frozen=True)
class Picture:
    """A decoded picture and what its file said: format, size as stored and how it was encoded."""

    image: Image.Image
    format: str
    width: int
    height: int
    jpeg_quality: int | None
    jpeg_subsampling: str  # 4:2:0 and the like, gray, other; empty if it is no JPEG
    metadata: str  # kinds that are there, as in `exif icc`
    drawn: bool  # by the stage `sample`


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

    Sets Pillow's own limit, which is the process's, to as many. Raises PictureError if it is not a
    whole picture of a format that is read.
    """
    # Pillow fills a GIF's first frame while it opens the file, before anybody can ask its size.
    Image.MAX_IMAGE_PIXELS = max_pixels
    first_page.demand_no_raw(data)
    try:
        return _decoded(data, max_pixels)
    except PictureError as error:
        bare = png.without_texts(data) if error.reason in ("not a picture", "damaged") else None
        if bare is None:
            raise
        try:
            return _decoded(bare, max_pixels)
        except PictureError:
            raise error from None


def _decoded(data: bytes, max_pixels: int) -> Picture:
    try:
        with Image.open(io.BytesIO(data), formats=_formats(data)) as opened:
            width, height = opened.size
            if width * height > max_pixels:
                raise PictureError(
                    "too many pixels", f"{width}x{height}, allowed are {max_pixels} pixels"
                )
            first_page.demand_the_picture(opened, data)
            if opened.format in ("JPEG", "MPO") and (mended := jpeg_end.ended(data)) is not data:
                return _decoded(mended, max_pixels)
            opened.load()
            first_page.demand_something_on_it(opened)
            return Picture(
                image=to_rgb(_upright(opened)),
                format=opened.format or "",
                width=width,
                height=height,
                jpeg_quality=_jpeg_quality(opened),
                jpeg_subsampling=_jpeg_subsampling(opened),
                metadata=_metadata(opened),
                drawn=is_drawn(opened),
            )
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        page = next(directories.read(data), None)
        if page and page.pixels:
            raise PictureError(
                "kind of TIFF",
                "a TIFF file of a kind that is not read, by its numbers or its compression; save "
                "it with 8 or 16 bits",
            ) from error
        if page:
            raise PictureError("damaged", "a TIFF file without a first page") from error
        raise PictureError("not a picture", f"{len(data)} bytes of no known format") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        detail = f"more than the {max_pixels} pixels that are allowed"
        raise PictureError("too many pixels", detail) from error
    except Exception as error:  # decoders of foreign bytes raise anything
        detail = " ".join(str(error).split()) or type(error).__name__
        raise PictureError("damaged", detail) from error


def upright_rgb(image: Image.Image) -> Image.Image:
    """An image of any mode as `decode` gives it: upright by its EXIF orientation, 8-bit RGB.

    Raises PictureError if its pixels cannot be had.
    """
    try:
        image.load()
        return to_rgb(_upright(image))
    except PictureError:
        raise
    except Exception as error:  # it may still have to be decoded
        detail = " ".join(str(error).split()) or type(error).__name__
        raise PictureError("damaged", detail) from error


def _formats(data: bytes) -> list[str]:
    """The formats of READ that Pillow can open, HEIF only for what may be it."""
    _import_plugins()
    if data[4:8] == b"ftyp":
        _register_heif()
    return [name for name in READ if name in Image.OPEN]


@cache
def _import_plugins() -> None:
    """Those of READ; Image.init() would take longer, for forty."""
    for name in _PLUGINS:
        importlib.import_module(f"PIL.{name}ImagePlugin")


@cache
def _register_heif() -> None:
    from pillow_heif import register_heif_opener  # takes its time, and few pictures need it

    register_heif_opener()


def _upright(image: Image.Image) -> Image.Image:
    try:
        orientation: int = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # EXIF that cannot be read turns nothing
        return image
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _jpeg_quality(image: Image.Image) -> int | None:
    """The IJG quality (1 to 100) whose scaled luminance table is nearest to the file's."""
    tables = getattr(image, "quantization", None)
    if not tables or len(luminance := tables[min(tables)]) != 64:
        return None
    difference = np.abs(_LUMINANCE - np.asarray(luminance, dtype=np.float64)).sum(axis=1)
    return int(difference.argmin()) + 1


def _jpeg_subsampling(image: Image.Image) -> str:
    layers = getattr(image, "layer", ())  # of each component: id, samples across and down, table
    if not layers:
        return ""
    if len(layers) < 3:
        return "gray"
    (_, across, down, _), (_, chroma_across, chroma_down, _) = layers[:2]
    if not chroma_across or not chroma_down:
        return "other"
    return _SUBSAMPLING.get((across / chroma_across, down / chroma_down), "other")


def _metadata(image: Image.Image) -> str:
    """By what stands in `info`: a PNG's `text` would decode all frames of a moving one."""
    kinds = [name for key, name in _METADATA.items() if image.info.get(key)]
    if image.format == "PNG" and any(isinstance(value, str) for value in image.info.values()):
        kinds.append("text")
    return " ".join(kinds)
