"""Draws the embedded data set: a toy that walks every path of the pipeline, not a benchmark.

Everything follows from `pictures` and `seed`; what the scenes are: `scenes`.
"""

import io
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from real_or_ai.pictures import drawn
from real_or_ai.stages.sample import scenes
from real_or_ai.stages.sample.scenes import Rng
from real_or_ai.stages.sample.treatments import TREATED

UPSAMPLERS = {"web": "nearest", "studio": "transposed", "elsewhere": "bilinear"}
SHARES = {"web": 0.48, "studio": 0.32, "elsewhere": 0.20}  # of the raw pictures
_FORMATS = {"real": [0.85, 0.05, 0.10], "ai": [0.55, 0.35, 0.10]}  # of JPEG, PNG, WEBP


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
    image = scenes.draw(drawing.label, UPSAMPLERS[drawing.source], rng)
    if drawing.treatment == "copy":  # byte for byte what the picture before it is
        return _encode(replace(drawing, treatment="plain"), image, rng)
    return _encode(drawing, image, rng)


def _grid(drawing: Drawing, rng: Rng) -> Image.Image:
    """Four pictures in one; every other grid with a white gutter between them."""
    side = int(rng.integers(120, 160))
    upsampler = UPSAMPLERS[drawing.source]
    gutter = 4 * int(drawing.scene % 2)
    sheet = Image.new("RGB", (2 * side + gutter, 2 * side + gutter), "white")
    for row in range(2):
        for column in range(2):
            tile = scenes.draw(drawing.label, upsampler, rng, (side, side))
            sheet.paste(tile, (column * (side + gutter), row * (side + gutter)))
    return sheet


def _encode(drawing: Drawing, image: Image.Image, rng: Rng) -> tuple[str, bytes]:
    """The treated picture in a format of its class's habit: ai more often PNG, as in the wild."""
    treatment = drawing.treatment
    if treatment in TREATED:
        image = TREATED[treatment](image)
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
