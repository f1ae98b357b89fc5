"""Images of any mode become 8-bit RGB: palettes, CMYK, deep gray, transparency."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from real_or_ai.pictures import colour

_STRIP = 2**20  # pixels that change their mode at a time


def to_rgb(image: Image.Image) -> Image.Image:
    """An upright image of any mode as 8-bit RGB in sRGB, transparent parts over white.

    By strips where a mode lies between that takes many bytes per pixel.
    """
    strip_to_rgb: Callable[[Image.Image], Image.Image]
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        strip_to_rgb = partial(
            _deep_to_rgb,
            factor=_deep_factor(image),
            depth=_depth(image),
            curve=colour.gray_curve(profile),
        )
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


@dataclass(frozen=True)
class _Depth:
    """How a deep gray picture's numbers are meant."""

    unsigned: bool  # 32 bits without a sign, which Pillow gives as negative numbers
    white_is_zero: bool

    def values(self, image: Image.Image) -> NDArray[np.float64]:
        found = np.asarray(image)
        if self.unsigned and found.dtype == np.int32:
            found = found.view(np.uint32)
        values: NDArray[np.float64] = np.nan_to_num(found).astype(np.float64)
        return values


def _depth(image: Image.Image) -> _Depth:
    tags = getattr(image, "tag_v2", {})
    return _Depth(
        unsigned=image.mode == "I" and tags.get(339, (1,)) in ((1,), 1),
        white_is_zero=tags.get(262) == 0,
    )


def _deep_to_rgb(
    image: Image.Image, *, factor: float, depth: _Depth, curve: NDArray[np.float64] | None
) -> Image.Image:
    """Pillow's own conversion clips 16-bit gray at 255, which makes such pictures white.

    curve: as `colour.gray_curve` gives it.
    """
    values = depth.values(image)
    levels = np.clip(values * factor / 257, 0, 255)
    if depth.white_is_zero:
        levels = 255 - levels
    if curve is not None:
        levels = np.interp(levels, np.arange(256), curve)
    gray = (levels + 0.5).astype(np.uint8)
    if (transparent := image.info.get("transparency")) is not None:
        gray[values == transparent] = 255
    return Image.fromarray(gray).convert("RGB")


def _deep_factor(image: Image.Image) -> float:
    """What brings the values to 16 bit; 32 bit says nothing of the range in use."""
    if image.mode.startswith("I;16"):
        return 1
    depth = _depth(image)
    endless = np.finfo(np.float32).max  # what nan_to_num makes of it
    strips = (depth.values(strip) for _, strip in _strips(image))
    top = max(strip.max(initial=0, where=strip < endless) for strip in strips)
    if top > 65535 and image.mode == "I":
        return 65535 / (2**32 - 1 if depth.unsigned else 2**31 - 1)
    return 65535 if top <= 1 else 257 if top <= 255 else 1
