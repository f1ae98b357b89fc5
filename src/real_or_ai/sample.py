"""Draws the embedded data set: a toy that walks every path of the pipeline, not a benchmark.

Scenes are "dead leaves" (occluding shapes of power-law sizes, which share the statistics of
photographs: Lee, Mumford & Huang 2001, doi 10.1023/A:1011109015675). `real` scenes go through a
simulated camera, `ai` scenes through a simulated decoder. Such low-level traces do not survive the
small sizes that two cores can train on, so the scenes of the two classes also differ visibly but
weakly. Everything follows from `pictures` and `seed`.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import fft, ndimage

from real_or_ai import drawn

Floats = NDArray[np.float64]
Rng = np.random.Generator

UPSAMPLERS = {"web": "nearest", "studio": "transposed", "elsewhere": "bilinear"}
SHARES = {"web": 0.48, "studio": 0.32, "elsewhere": 0.20}  # of the raw pictures


@dataclass(frozen=True)
class Drawing:
    """One raw file to draw. `treatment` names what is done to the finished picture."""

    path: str
    label: str
    source: str
    scene: int  # the number its scene is drawn from; near-duplicates share it
    seed: int
    treatment: str = "plain"


def plan(pictures: int, seed: int) -> list[Drawing]:
    """Which files make up the data set, half of each class in each source."""
    drawings: list[Drawing] = []
    ends = np.rint(np.cumsum(list(SHARES.values())) * (pictures // 2)).astype(int)
    for source, per_class in zip(SHARES, np.diff(ends, prepend=0), strict=True):
        for label in ("real", "ai"):
            folder = f"{source}/{label}"
            if label == "ai":
                folder += f"/{UPSAMPLERS[source]}"
            treatments = _treatments(label, int(per_class)) if source != "elsewhere" else {}
            for index in range(per_class):
                number = len(drawings)
                drawing = Drawing(
                    path=f"{folder}/{label}_{index:03d}",
                    label=label,
                    source=source,
                    scene=number,
                    seed=seed,
                    treatment=treatments.get(index, "plain"),
                )
                if drawing.treatment in ("near-duplicate", "copy"):
                    drawing = replace(drawing, scene=number - 1)  # the plain picture before it
                drawings.append(drawing)
    return drawings


def _treatments(label: str, per_class: int) -> dict[int, str]:
    """Index of the picture in its folder -> treatment, spread so that plain ones stand between."""
    both = "near-duplicate truncated copy rotated transparent palette cmyk sixteen-bit gray"
    ai = "grid squares text screenshot grid grid grid grid grid strip squares squares text"
    wanted = f"{ai} {both}" if label == "ai" else both
    return {2 * place + 1: name for place, name in enumerate(wanted.split()[: per_class // 2])}


def draw(drawing: Drawing) -> tuple[str, bytes]:
    """The file's path with its suffix, and its bytes."""
    rng = np.random.default_rng([drawing.seed, drawing.scene])
    if drawing.treatment == "grid":
        return _encode(drawing, _grid(drawing, rng), rng)
    image = _scene(drawing, rng)
    if drawing.treatment == "copy":  # byte for byte what the picture before it is
        return _encode(replace(drawing, treatment="plain"), image, rng)
    return _encode(drawing, image, rng)


# --- scenes -------------------------------------------------------------------------------------


def _scene(drawing: Drawing, rng: Rng, size: tuple[int, int] | None = None) -> Image.Image:
    width, height = size or _size(rng)
    leaves = _dead_leaves(drawing.label, rng, width, height)
    if drawing.label == "real":
        pixels = _camera(leaves, rng)
    else:
        pixels = _decoder(leaves, rng, UPSAMPLERS[drawing.source])
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


# --- what happens to pictures on their way ------------------------------------------------------


def _grid(drawing: Drawing, rng: Rng) -> Image.Image:
    """Four pictures in one; every other grid with a white gutter between them."""
    side = int(rng.integers(120, 160))
    gutter = 4 * int(drawing.scene % 2)
    sheet = Image.new("RGB", (2 * side + gutter, 2 * side + gutter), "white")
    for row in range(2):
        for column in range(2):
            tile = _scene(drawing, rng, (side, side))
            sheet.paste(tile, (column * (side + gutter), row * (side + gutter)))
    return sheet


def _squares(image: Image.Image) -> Image.Image:
    """DALL-E's signature: five colour squares in the bottom right corner."""
    side = max(5, image.height // 40)
    canvas = ImageDraw.Draw(image)
    for place, colour in enumerate(("#ffff66", "#42ffff", "#51da4c", "#ff6e3c", "#3c46ff")):
        x = image.width - (5 - place) * side
        canvas.rectangle((x, image.height - side, x + side - 1, image.height - 1), colour)
    return image


def _text(image: Image.Image) -> Image.Image:
    """A generator's name in white on a dark plate, bottom right."""
    canvas = ImageDraw.Draw(image)
    width, height = image.size
    canvas.rectangle((width - 92, height - 16, width - 1, height - 1), "#202020")
    canvas.text((width - 88, height - 14), "DRAWN BY AI", "white", ImageFont.load_default(11))
    return image


def _strip(image: Image.Image) -> Image.Image:
    """A caption on a strip added below."""
    sheet = Image.new("RGB", (image.width, image.height + 18), "#101018")
    sheet.paste(image)
    font = ImageFont.load_default(11)
    ImageDraw.Draw(sheet).text((6, image.height + 3), "made with a toy", "white", font)
    return sheet


def _screenshot(image: Image.Image) -> Image.Image:
    """The generator's page: a title, lines of text and a small picture on white."""
    sheet = Image.new("RGB", (360, 420), "#f7f7f8")
    canvas, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for line in range(13):
        canvas.text((16, 14 + 17 * line), "a scene of discs and polygons, " * 2, "#303030", font)
    sheet.paste(image.resize((130, 130)), (16, 270))
    return sheet


_TREATMENTS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "squares": _squares,
    "text": _text,
    "strip": _strip,
    "screenshot": _screenshot,
    "near-duplicate": lambda image: image.resize((image.width * 9 // 10, image.height * 9 // 10)),
    "gray": lambda image: image.convert("L"),
    "palette": lambda image: image.convert("P", palette=Image.Palette.ADAPTIVE),
    "cmyk": lambda image: image.convert("CMYK"),
    "rotated": lambda image: image.transpose(Image.Transpose.ROTATE_90),  # EXIF turns it back
}


def _encode(drawing: Drawing, image: Image.Image, rng: Rng) -> tuple[str, bytes]:
    """The treated picture in a format of its class's habit: ai more often PNG, as in the wild."""
    treatment = drawing.treatment
    if treatment in _TREATMENTS:
        image = _TREATMENTS[treatment](image)
    quality = int(rng.integers(80, 97))
    kind = str(rng.choice(["JPEG", "PNG", "WEBP"], p=_FORMATS[drawing.label]))
    if treatment in ("rotated", "cmyk", "truncated", "near-duplicate"):
        kind = "JPEG"
    elif treatment in ("sixteen-bit", "transparent", "palette"):
        kind = "PNG"
    data = _encoded(image, kind, quality, treatment)
    if treatment == "truncated":
        data = data[: len(data) * 2 // 3]
    return drawing.path + {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}[kind], data


_FORMATS = {"real": [0.85, 0.05, 0.10], "ai": [0.55, 0.35, 0.10]}


def _encoded(image: Image.Image, kind: str, quality: int, treatment: str) -> bytes:
    buffer = io.BytesIO()
    exif = drawn.exif()
    if treatment == "sixteen-bit":
        gray = np.asarray(image.convert("L"), dtype=np.uint16) * np.uint16(257)
        Image.fromarray(gray).save(buffer, kind, exif=exif)
    elif treatment == "transparent":
        alpha = Image.linear_gradient("L").resize(image.size).point(lambda value: 255 - value // 4)
        image.putalpha(alpha)
        image.save(buffer, kind, exif=exif)
    elif treatment == "rotated":
        exif[0x0112] = 6  # Orientation: turn 90 degrees clockwise to show
        image.save(buffer, kind, quality=quality, exif=exif)
    else:
        image.save(buffer, kind, quality=quality, exif=exif)
    return buffer.getvalue()
