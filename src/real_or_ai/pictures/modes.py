"""Images of any mode become 8-bit RGB: palettes, CMYK, deep gray, transparency."""

from collections.abc import Callable, Iterator
from functools import partial

from PIL import Image

from real_or_ai.pictures import colour, deep_gray

_STRIP = 2**20  # pixels that change their mode at a time


def to_rgb(image: Image.Image) -> Image.Image:
    """An upright image of any mode as 8-bit RGB in sRGB, transparent parts over white.

    By strips where a mode lies between that takes many bytes per pixel. Raises PictureError where
    it is not known which numbers are black and white.
    """
    strip_to_rgb: Callable[[Image.Image], Image.Image]
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        meaning = deep_gray.meaning(image, (strip for _, strip in _strips(image)))
        curve = colour.gray_curve(profile)
        strip_to_rgb = partial(deep_gray.to_rgb, meaning=meaning, curve=curve)
    elif image.mode == "L" and deep_gray.is_signed(image):
        raise deep_gray.unknown("have 8 bits and a sign")
    elif image.has_transparency_data:
        strip_to_rgb = partial(_over_white, profile=profile)
    else:
        return colour.to_srgb(image, profile)
    result = Image.new("RGB", image.size)
    for top, strip in _strips(image):
        result.paste(strip_to_rgb(strip), (0, top))
    return result


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """The picture from top to bottom: the row where a strip begins, and the strip."""
    rows = max(1, _STRIP // image.width)
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _over_white(image: Image.Image, profile: bytes | None) -> Image.Image:
    seen = image.convert("RGBA")
    if profile:
        alpha = seen.getchannel("A")
        opaque = image if image.mode in colour.OF_GRAY else seen.convert("RGB")
        seen = colour.to_srgb(opaque, profile).convert("RGBA")
        seen.putalpha(alpha)
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, seen).convert("RGB")
