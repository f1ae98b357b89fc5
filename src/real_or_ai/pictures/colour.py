"""Colours as people see them: what a file's profile says becomes sRGB.

Telephones write Display P3 and generators sRGB: taken as they are, the same colours differ by where
a picture comes from.
"""

import io
from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform

LARGEST = 4_000_000  # bytes of a profile
_SPACES = {"RGB": "RGB ", "CMYK": "CMYK", "L": "GRAY"}


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The image in sRGB, relative colorimetric; as it is without a profile that fits its mode.

    A damaged profile is ignored, as browsers do. RGB, CMYK and L are converted.
    """
    if not profile or len(profile) > LARGEST or image.mode not in _SPACES:
        return image
    transform = _transform(profile, image.mode)
    if transform is None:
        return image
    converted: Image.Image | None = transform.apply(image)
    return image if converted is None else converted


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> "ImageCmsTransform | None":
    """None for a profile that is sRGB, damaged, or of another kind of colours than the image's."""
    from PIL import ImageCms  # few pictures need it

    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        about = opened.profile
        if (
            about.xcolor_space != _SPACES[mode]
            or "srgb" in (about.profile_description or "").lower()
        ):
            return None
        return ImageCms.buildTransform(
            opened,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
