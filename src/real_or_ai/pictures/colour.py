"""Colours as people see them: what a file's profile says becomes sRGB.

Telephones write Display P3 and generators sRGB: taken as they are, the same colours differ by where
a picture comes from.
"""

import io
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform

LARGEST = 4_000_000  # bytes of a profile
_SPACES = {"RGB": "RGB ", "CMYK": "CMYK", "L": "GRAY"}
OF_GRAY = ("1", "L", "LA")
# What tells whether a profile changes anything.
_LEVELS = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
_GRID = np.stack(np.meshgrid(*3 * [np.arange(0, 256, 15, dtype=np.uint8)]), axis=-1)
_COLOURS = Image.fromarray(_GRID.reshape(1, -1, 3))
_UNSEEN = 2  # gray levels: sRGB is written in several ways, which differ by less


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The image as opaque RGB in sRGB, relative colorimetric.

    A profile that is damaged or of another kind of colours than the image's is ignored, as browsers
    do.
    """
    if image.mode in OF_GRAY:
        curve = gray_curve(profile)
        gray = image if curve is None else image.convert("L").point(np.rint(curve).tolist())
        return gray.convert("RGB")
    mode = "CMYK" if image.mode == "CMYK" else "RGB"
    transform = _transform(profile, mode) if profile else None
    if transform is None:
        return image if image.mode == "RGB" else image.convert("RGB")
    return transform.apply(image if image.mode == mode else image.convert(mode))


def gray_curve(profile: bytes | None) -> NDArray[np.float64] | None:
    """[256]: the gray levels in sRGB, 0 to 255, of the levels 0 to 255; None if they are equal."""
    transform = _transform(profile, "L") if profile else None
    if transform is None:
        return None
    curve: NDArray[np.float64] = np.asarray(transform.apply(_LEVELS))[0].mean(axis=1)
    return curve


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> "ImageCmsTransform | None":
    """None for a profile that is sRGB, damaged, or of another kind of colours than the image's.

    By what it does to colours: what its name says may be wrong.
    """
    from PIL import ImageCms  # few pictures need it

    if len(profile) > LARGEST:
        return None
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if opened.profile.xcolor_space != _SPACES[mode]:
            return None
        transform = ImageCms.buildTransform(
            opened,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            # Its shortcut for gray is 10 levels off in the dark.
            flags=ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.NONE,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return transform if mode == "CMYK" or _changes(transform, mode) else None


def _changes(transform: "ImageCmsTransform", mode: str) -> bool:
    """Whether a transform to RGB shows, tried on a grid of colours."""
    tried = _LEVELS if mode == "L" else _COLOURS
    before, after = np.asarray(tried.convert("RGB")), np.asarray(transform.apply(tried))
    return bool(np.abs(after.astype(int) - before).max() > _UNSEEN)
