"""Draws scenes as a camera or a generator would leave them: what the embedded data set is made of.

Scenes are "dead leaves" (occluding shapes of power-law sizes, which share the statistics of
photographs: Lee, Mumford & Huang 2001, doi 10.1023/A:1011109015675). `real` scenes go through a
simulated camera, `ai` scenes through a simulated decoder. Such low-level traces do not survive the
small sizes that two cores can train on, so the scenes of the two classes also differ visibly but
weakly.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw
from scipy import fft, ndimage

from real_or_ai.conventions.arrays import Floats

Rng = np.random.Generator


def draw(label: str, upsampler: str, rng: Rng, size: tuple[int, int] | None = None) -> Image.Image:
    """A scene in RGB, its size drawn as well if None; upsampler: of the decoder, for `ai`."""
    width, height = size or _size(rng)
    leaves = _dead_leaves(label, rng, width, height)
    pixels = _camera(leaves, rng) if label == "real" else _decoder(leaves, rng, upsampler)
    return Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))


def _size(rng: Rng) -> tuple[int, int]:
    short = int(rng.integers(150, 260))
    long = int(short * rng.choice([1.0, 1.25, 4 / 3, 1.5]))
    return (short, long) if rng.random() < 0.4 else (long, short)


def _dead_leaves(label: str, rng: Rng, width: int, height: int) -> Floats:
    """float [height, width, 3] in [0, 1]: discs and polygons, the largest ones first."""
    # The weak visible difference: on average ai scenes are smoother and more colourful.
    ai = label == "ai"
    shapes = int(rng.normal(170 if ai else 400, 70))
    colourful = np.clip(rng.normal(0.58 if ai else 0.33, 0.10), 0.05, 0.95)
    palette = rng.random(4)  # a few hues a scene
    image = Image.new("RGB", (width, height), tuple(int(v) for v in rng.integers(60, 200, 3)))
    canvas = ImageDraw.Draw(image)
    short = min(width, height)
    # Power law r^-3 between 2 % and 35 % of the short side.
    low, high = 0.02 * short, 0.35 * short
    radii = 1 / np.sqrt(rng.uniform(high**-2, low**-2, size=max(shapes, 60)))
    for radius in np.sort(radii)[::-1]:
        x, y = rng.uniform(-radius, width + radius), rng.uniform(-radius, height + radius)
        colour = _colour(rng, palette, colourful)
        if rng.random() < 0.6:
            stretch = rng.uniform(0.6, 1.0)
            canvas.ellipse(
                (x - radius, y - radius * stretch, x + radius, y + radius * stretch), colour
            )
        else:
            canvas.regular_polygon(
                (x, y, radius), int(rng.integers(3, 7)), rng.uniform(0, 90), colour
            )
    return _light(np.asarray(image, dtype=np.float64) / 255, rng)


def _colour(rng: Rng, palette: Floats, saturation: float) -> tuple[int, int, int]:
    hue = (rng.choice(palette) + rng.normal(0, 0.03)) % 1
    value = rng.uniform(0.25, 0.95)
    strength = np.clip(saturation * rng.uniform(0.5, 1.5), 0, 1)
    phase = (hue * 6 + np.array([5, 3, 1])) % 6
    rgb = value - value * strength * np.clip(np.minimum(phase, 4 - phase), 0, 1)
    red, green, blue = (int(channel) for channel in rgb * 255)
    return red, green, blue


def _light(pixels: Floats, rng: Rng) -> Floats:
    """A slow gradient of light and a fine texture over the whole scene."""
    height, width = pixels.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    ramp = np.add.outer(
        np.linspace(-1, 1, height) * np.sin(angle), np.linspace(-1, 1, width) * np.cos(angle)
    )
    texture = ndimage.gaussian_filter(rng.normal(size=(height, width)), rng.uniform(0.8, 3))
    texture /= texture.std()
    lit: Floats = pixels * (1 + 0.18 * ramp + rng.uniform(0.02, 0.08) * texture)[..., None]
    return lit.clip(0, 1)


def _camera(scene: Floats, rng: Rng) -> Floats:
    """Lens blur, Bayer mosaic and bilinear demosaic, shot and read noise, tone curve."""
    blurred = ndimage.gaussian_filter(scene, (rng.uniform(0.5, 0.9),) * 2 + (0,))
    linear = blurred**2.2
    height, width = linear.shape[:2]
    sites = np.zeros((height, width, 3))
    sites[0::2, 0::2, 0] = sites[1::2, 1::2, 2] = 1
    sites[0::2, 1::2, 1] = sites[1::2, 0::2, 1] = 1
    noise = rng.normal(size=linear.shape) * np.sqrt(0.0006 * linear + 0.00002)
    mosaic = (linear + noise) * sites
    kernel = np.array([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]])[..., None]
    demosaiced = ndimage.convolve(mosaic, kernel) / ndimage.convolve(sites, kernel)
    toned: Floats = np.clip(demosaiced, 0, 1) ** (1 / rng.uniform(2.0, 2.4))
    return toned


def _decoder(scene: Floats, rng: Rng, upsampler: str) -> Floats:
    """Half size, kept to its lowest frequencies, then up-sampled to full size."""
    height, width = scene.shape[:2]
    # nearest: by rounding, the last row may fall just outside, and would turn black
    half = ndimage.zoom(scene, (0.5, 0.5, 1), order=1, mode="nearest")
    spectrum = fft.dctn(half, axes=(0, 1), norm="ortho")
    kept = rng.uniform(0.55, 0.75)
    spectrum[int(kept * half.shape[0]) :] = 0
    spectrum[:, int(kept * half.shape[1]) :] = 0
    low_rank = fft.idctn(spectrum, axes=(0, 1), norm="ortho")
    full = _UPSAMPLE[upsampler](low_rank)
    odd = ((0, max(0, height - len(full))), (0, max(0, width - full.shape[1])), (0, 0))
    return np.pad(full, odd, mode="edge")[:height, :width]


def _nearest(half: Floats) -> Floats:
    return half.repeat(2, axis=0).repeat(2, axis=1)


def _transposed(half: Floats) -> Floats:
    """A 3x3 transposed convolution of stride 2: its overlaps leave a checkerboard."""
    padded = np.pad(half, ((1, 1), (1, 1), (0, 0)), mode="edge")  # else the rim turns dark
    full = np.zeros((2 * padded.shape[0], 2 * padded.shape[1], 3))
    full[::2, ::2] = padded
    kernel = np.outer([0.55, 1, 0.55], [0.55, 1, 0.55])[..., None]
    return ndimage.convolve(full, kernel)[2:-2, 2:-2]


def _bilinear(half: Floats) -> Floats:
    return ndimage.zoom(half, (2, 2, 1), order=1, mode="nearest")


_UPSAMPLE: dict[str, Callable[[Floats], Floats]] = {
    "nearest": _nearest,
    "transposed": _transposed,
    "bilinear": _bilinear,
}
