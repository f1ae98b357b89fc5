"""What happens to a picture on its way to a detector: named perturbations, and hidden corners.

A perturbation is applied to a prepared picture before delivery, as a user's picture meets it. A
corner is hidden in the delivered square instead: delivery's centre crop may have cut off the
picture's own.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from real_or_ai.conventions.labels import UNCHANGED
from real_or_ai.pictures.redelivery import (
    at_most,
    blurred,
    jpeg,
    noisy,
    screenshot,
    there_and_back,
    webp,
)

Change = Callable[[Image.Image, np.random.Generator], Image.Image]

SHARED_SIDE = 1080  # px that social networks leave of the long side
CORNERS = ("hide top left", "hide top right", "hide bottom left", "hide bottom right")
OCCLUDED = 0.25  # of each side


@dataclass(frozen=True)
class Perturbation:
    """RGB image -> RGB image, and the axis of its kind; its strength ends its name."""

    family: str | None
    change: Change


def perturbed(image: Image.Image, picture: str, seed: int) -> Iterator[tuple[str, Image.Image]]:
    """Name and result of each perturbation of an RGB image, one at a time.

    picture: its name, which with the seed draws its noise.
    """
    for name, perturbation in PERTURBATIONS.items():
        yield name, perturbation.change(image, _chance(picture, seed))


def occluded(pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.uint8]]:
    """Name of each corner -> the delivered square [S, S, 3] with its mean colour in there.

    A quarter of each side is hidden. Credentials stand bottom right; the others are the control.
    """
    size = len(pixels)
    side = round(size * OCCLUDED)
    near, far = slice(side), slice(size - side, size)
    colour = np.rint(pixels.mean(axis=(0, 1))).astype(np.uint8)
    found = {}
    for corner in CORNERS:
        _, vertical, horizontal = corner.split()
        hidden = pixels.copy()
        hidden[near if vertical == "top" else far, near if horizontal == "left" else far] = colour
        found[corner] = hidden
    return found


def cropped(image: Image.Image, share: float) -> Image.Image:
    """The centre with `share` of the area and the picture's shape: the size changes."""
    width, height = (max(1, round(side * share**0.5)) for side in image.size)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def shared_twice(image: Image.Image) -> Image.Image:
    """Two rounds of a social network: long side at most 1080 px, JPEG 75. The size may change.

    After Instagram and X, as TrueFake records them (Dell'Anna et al. 2025, arXiv 2504.20658).
    """
    for _ in range(2):
        image = jpeg(at_most(image, SHARED_SIDE), 75)
    return image


def _sure(change: Callable[[Image.Image], Image.Image]) -> Change:
    """A change without chance."""
    return lambda image, _: change(image)


def _chance(picture: str, seed: int) -> np.random.Generator:
    digest = hashlib.sha256(picture.encode("utf-8", "surrogateescape")).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])


def _family(
    name: str, axis: str, strengths: Sequence[float], change: Callable[[Any], Change]
) -> dict[str, Perturbation]:
    """One kind of change from mild to strong."""
    return {f"{name} {strength}": Perturbation(axis, change(strength)) for strength in strengths}


# By names that fit an axis.
PERTURBATIONS: dict[str, Perturbation] = {
    UNCHANGED: Perturbation(None, _sure(lambda image: image)),
    **_family(
        "JPEG", "JPEG quality", (95, 85, 75, 50, 30), lambda q: _sure(partial(jpeg, quality=q))
    ),
    "WebP 80": Perturbation(None, _sure(partial(webp, quality=80))),
    **_family(
        "resize",
        "resize and back",
        (0.75, 0.5, 0.25),
        lambda factor: _sure(partial(there_and_back, factor=factor)),
    ),
    **_family(
        "blur", "blur: sigma, px at 512", (1, 2), lambda sigma: _sure(partial(blurred, sigma=sigma))
    ),
    **_family("noise", "noise: sigma", (0.02, 0.05), lambda sigma: partial(noisy, sigma=sigma)),
    "crop 0.8": Perturbation(None, _sure(partial(cropped, share=0.8))),
    "social": Perturbation(None, _sure(shared_twice)),
    "screenshot": Perturbation(None, _sure(screenshot)),
}
