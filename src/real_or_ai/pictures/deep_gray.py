"""Gray of 16 and 32 bits, of whole numbers and others: which of them is white?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from real_or_ai.conventions.errors import PictureError

_BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339  # tags of a TIFF
_SIGNED = 2
# Of numbers with a point: the least and the most that the largest may be, and what is white then.
# Sharpening makes numbers that are whiter than white, or blacker than black.
_WHITES = ((0, 2, 1), (32, 510, 255), (8192, 131_070, 65535))
_BLACKER = 1 / 4  # of the largest number


@dataclass(frozen=True)
class Meaning:
    """How a picture's numbers are meant: 0 is black and `white` is white, or the other way."""

    white: float
    unsigned: bool  # 32 bits without a sign, which Pillow gives as negative numbers
    white_is_zero: bool


def to_rgb(
    image: Image.Image, *, meaning: Meaning, curve: NDArray[np.float64] | None
) -> Image.Image:
    """Pillow's own conversion clips 16-bit gray at 255, which makes such pictures white.

    What is no number is black. curve: as `colour.gray_curve` gives it.
    """
    numbers = _numbers(image, meaning.unsigned)
    levels = np.nan_to_num(np.clip(numbers, 0, meaning.white)) * (255 / meaning.white)
    if meaning.white_is_zero:
        levels = 255 - levels
    if curve is not None:
        levels = np.interp(levels, np.arange(256), curve)
    gray = (levels + 0.5).astype(np.uint8)
    if (transparent := image.info.get("transparency")) is not None:
        gray[numbers == transparent] = 255
    return Image.fromarray(gray).convert("RGB")


def meaning(image: Image.Image, strips: Iterable[Image.Image]) -> Meaning:
    """Of an image of mode I;16, I or F, by its strips.

    32 bits say nothing of the range in use. Raises PictureError if it is none that is known.
    """
    unsigned = image.mode == "I" and hasattr(image, "tag_v2") and not is_signed(image)
    white: float = 65535
    if image.mode in ("I", "F"):
        ranges = [_range(_numbers(strip, unsigned)) for strip in strips]
        low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
        if image.mode == "F":
            white = _white_of_points(low, high)
        else:
            most = 2**15 if _tag(image, _BITS) == 16 else 2**32 if unsigned else 2**31
            white = _white_of_wholes(low, high, most - 1)
    return Meaning(white, unsigned, _tag(image, _PHOTOMETRIC) == 0)


def is_signed(image: Image.Image) -> bool:
    return _tag(image, _SAMPLE_FORMAT) == _SIGNED


def unknown(numbers: str) -> PictureError:
    """What is raised where black and white are not known: numbers that ..."""
    return PictureError(
        "range of gray",
        f"its numbers {numbers}, and nothing says which is black and which white; save it with 8 "
        "or 16 bits",
    )


def _white_of_wholes(low: float, high: float, most: int) -> float:
    if low < 0:
        raise unknown(f"go from {low:.0f} to {high:.0f}")
    return next((white for white in (1, 255, 65535) if high <= white <= most), most)


def _white_of_points(low: float, high: float) -> float:
    for least, most, white in _WHITES:
        if least <= high <= most and low >= -_BLACKER * high:
            return white
    if low > high:
        raise unknown("are all infinite or none")
    raise unknown(f"go from {low:g} to {high:g}")


def _range(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """The least and the largest, but for those that are infinite or none."""
    there = np.isfinite(numbers)
    return (
        numbers.min(initial=np.inf, where=there),
        numbers.max(initial=-np.inf, where=there),
    )


def _numbers(image: Image.Image, unsigned: bool) -> NDArray[np.float64]:
    found = np.asarray(image)
    with np.errstate(invalid="ignore"):  # a NaN that signals
        return (found.view(np.uint32) if unsigned else found).astype(np.float64)


def _tag(image: Image.Image, number: int) -> object:
    """The first number of a TIFF's tag; None without."""
    found = getattr(image, "tag_v2", {}).get(number)
    return found[0] if isinstance(found, tuple) else found
