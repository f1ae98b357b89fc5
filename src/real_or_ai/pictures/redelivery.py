"""What happens to a picture on its way through programs and networks, and a way drawn by chance."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

NATIVE_SIDE = 512  # px of the short side for which a blur's sigma is stated
SHOWN = 0.8  # px of the screen for one of the picture
GAMMA = 1.05  # of a screen's colour management
JPEG_SIDE, WEBP_SIDE = 65_500, 16_383  # px that the formats can hold
# Of pictures that are redelivered: how many, and how much.
SCREENSHOTS = 0.1
OTHER_SIZES, FACTORS = 0.5, (0.5, 1.5)
BLURRED, SIGMAS = 0.15, (0.4, 2.4)  # as of a short side of 512 px
NOISY, NOISE = 0.15, (0.004, 0.04)  # sigma on [0, 1]
LOSSY, WEBP, QUALITIES = 0.6, 0.25, (40, 98)


def redelivered(pixels: NDArray[np.uint8], chance: np.random.Generator) -> NDArray[np.uint8]:
    """The square [S, S, 3] after a way of other sizes, blur, noise and lossy files, all by chance.

    Whatever the class: what is learnt cannot lean on how a picture came.
    """
    image = Image.fromarray(pixels)
    if chance.random() < SCREENSHOTS:
        image = screenshot(image)
    elif chance.random() < OTHER_SIZES:
        image = scaled(image, chance.uniform(*FACTORS))
    if chance.random() < BLURRED:
        image = blurred(image, chance.uniform(*SIGMAS))
    if chance.random() < NOISY:
        image = noisy(image, chance, chance.uniform(*NOISE))
    if chance.random() < LOSSY:
        write = webp if chance.random() < WEBP else jpeg
        image = write(image, int(chance.integers(*QUALITIES)))
    return np.asarray(image.resize(pixels.shape[1::-1], Image.Resampling.BICUBIC))


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    """Through JPEG at 4:2:0, as most programs write it."""
    buffer = io.BytesIO()
    at_most(image, JPEG_SIDE).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    return _read(buffer)


def webp(image: Image.Image, quality: int) -> Image.Image:
    """Through lossy WebP; larger pictures than it can hold are shrunk first."""
    buffer = io.BytesIO()
    at_most(image, WEBP_SIDE).save(buffer, "WEBP", quality=quality)
    return _read(buffer)


def scaled(image: Image.Image, factor: float) -> Image.Image:
    """Another size, bicubic; at least 1 px a side."""
    width, height = (max(1, round(side * factor)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC)


def at_most(image: Image.Image, side: int) -> Image.Image:
    """Scaled until its long side is at most `side`; smaller ones stay as they are."""
    return scaled(image, side / max(image.size)) if max(image.size) > side else image


def there_and_back(image: Image.Image, factor: float) -> Image.Image:
    """Scaled, and scaled back to its size."""
    return scaled(image, factor).resize(image.size, Image.Resampling.BICUBIC)


def blurred(image: Image.Image, sigma: float) -> Image.Image:
    """Gaussian blur; sigma in px at a short side of 512, so that small pictures keep as much."""
    return image.filter(ImageFilter.GaussianBlur(sigma * min(image.size) / NATIVE_SIDE))


def noisy(image: Image.Image, chance: np.random.Generator, sigma: float) -> Image.Image:
    """Independent Gaussian noise on each value; sigma on [0, 1]."""
    pixels = np.array(image)
    for row in pixels:  # at once it would take five times the picture's memory
        noise = chance.standard_normal(row.shape, dtype=np.float32)
        row[:] = np.clip(np.rint(row + 255 * sigma * noise), 0, 255)
    return Image.fromarray(pixels)


def screenshot(image: Image.Image) -> Image.Image:
    """Shown at 80 %, its tones bent by a gamma and rounded to 8 bits, sent as JPEG 90.

    One of the re-digitisations under which detectors fall (Li et al. 2025, arXiv 2509.09172). The
    screenshot's own PNG would change nothing. The size changes.
    """
    tones = [round(255 * (value / 255) ** GAMMA) for value in range(256)]
    return jpeg(scaled(image, SHOWN).point(tones * 3), 90)


def _read(buffer: io.BytesIO) -> Image.Image:
    with Image.open(buffer) as image:
        return image.convert("RGB")
