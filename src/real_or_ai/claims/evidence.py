"""What a file says of itself: provenance, generators, cameras. Never part of a score.

Claims can be forged with a text editor, and missing ones prove nothing, as most sites strip them.
Read are only the containers that carry them, never bytes at large.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from real_or_ai.claims import (
    aigc,
    c2pa,
    cameras,
    containers,
    exif,
    generators,
    iim,
    prompts,
    signature,
    xmp,
)
from real_or_ai.claims.claim import Claim
from real_or_ai.claims.containers import Blocks
from real_or_ai.conventions.labels import Label
from real_or_ai.pictures import colour_squares

LONGEST = 200  # characters of a claim
MOST = 24  # claims of a file

# https://cv.iptc.org/newscodes/digitalsourcetype: those that speak for a class, in small letters.
SOURCE_TYPES: dict[str, Label] = {
    "trainedalgorithmicmedia": "ai",
    "compositewithtrainedalgorithmicmedia": "ai",
    "compositesynthetic": "ai",
    "digitalcapture": "real",
    "computationalcapture": "real",
    "negativefilm": "real",
    "positivefilm": "real",
    "print": "real",
}

# Keywords of PNG texts that only generators write, whatever stands there, and whose they are.
_KEYWORDS = {
    "invokeai_metadata": "InvokeAI",
    "invokeai_graph": "InvokeAI",
    "sd-metadata": "InvokeAI",
    "fooocus_scheme": "Fooocus",
    "sui_image_params": "SwarmUI",
    "dreammeta": "Draw Things",
}
# Fields in which software names itself; the others are people's own words.
_SOFTWARE = {
    *("software", "creatortool", "softwareagent", "generator", "processingsoftware"),
    *("camerafirmware", "rawdevelopingsoftware", "imageeditingsoftware"),
}
_SHOWN = {"software", "creatortool"}  # whatever they name
# Who edited the picture, and what wrote about it: a person, or a program that may describe it.
_BESIDE = {"imageeditor", "metadataeditingsoftware"}
_AI_SYSTEM = {  # IPTC 2025.1
    "aisystemused": "AI system",
    "aisystemversionused": "AI system's version",
    "aipromptinformation": "AI prompt",
    "aipromptwritername": "AI prompt's writer",
}


def claims(data: bytes, image: Image.Image | None = None) -> tuple[Claim, ...]:
    """What the file with these bytes says of itself; never raises, whatever the bytes.

    image: the file's decoded picture, in which a signature of colour squares is looked for.
    Raises UserError if the environment names roots of trust that cannot be read.
    """
    blocks = containers.blocks(data)
    properties = [one for packet in blocks.xmp for one in xmp.properties(packet)]
    said = [one for block in blocks.exif for one in exif.texts(block).items()]
    texts = [*blocks.texts, *said, *(one for block in blocks.iim for one in iim.texts(block))]
    found = [
        *_of_c2pa(data, blocks),
        *_of_provenance(properties),
        *_of_labels([*properties, *texts]),
        *_of_parameters([*texts, *properties], blocks),
        *_of_camera([*said, *properties]),
        *_of_software([*texts, *properties]),
        *_of_squares(image),
    ]
    lines = (Claim(one.kind, _line(one.text), one.suggests) for one in found)
    return tuple(dict.fromkeys(one for one in lines if one.text))[:MOST]


def suggested_by(source_type: str) -> Label | None:
    """The class that an IPTC source type speaks for: an address, a code or the bare word."""
    return SOURCE_TYPES.get(c2pa.last_word(source_type).lower())


def _of_c2pa(data: bytes, blocks: Blocks) -> Iterator[Claim]:
    store = c2pa.read(blocks.jumbf) if blocks.jumbf else None
    if store is None:
        return
    by = ", ".join(store.generators) or "an unnamed generator"
    yield Claim("C2PA manifest", f"by {by} (signature {signature.checked(data)})", None)
    for action in store.actions:
        if action.source_type:
            agent = f" by {action.agent}" if action.agent else ""
            text = f"{action.source_type} ({action.action}{agent})"
            yield Claim("C2PA source type", text, suggested_by(action.source_type))
    if not any(suggested_by(action.source_type) for action in store.actions):
        for name in (*store.generators, *(action.agent for action in store.actions)):
            if generators.names_itself(name):
                yield Claim("C2PA generator", name, "ai")


def _of_provenance(properties: list[tuple[str, str]]) -> Iterator[Claim]:
    for name, value in properties:
        if name == "DigitalSourceType":
            yield Claim("IPTC source type", c2pa.last_word(value), suggested_by(value))
        elif name.lower() in _AI_SYSTEM:
            suggests: Label | None = None if generators.denies(value) else "ai"
            yield Claim(_AI_SYSTEM[name.lower()], value, suggests)
        elif name == "provenance":
            yield Claim("C2PA manifest", f"kept elsewhere: {value} (not fetched)", None)


def _of_labels(texts: list[tuple[str, str]]) -> Iterator[Claim]:
    """China's label, under its own name or within JSON of something else."""
    for name, text in texts:
        is_label = name.lower().rpartition(":")[2] == "aigc"
        if said := aigc.of_label(text) if is_label else aigc.labels_within(text):
            yield Claim("AI label (GB 45438)", said, "ai")


def _of_parameters(texts: list[tuple[str, str]], blocks: Blocks) -> Iterator[Claim]:
    found = False
    for name, text in texts:
        owner = _KEYWORDS.get(name.lower()) or prompts.of_json(text)
        if name in (exif.MAKE, exif.MODEL) and not owner:
            owner = prompts.of_graph(text)
        least = 1 if name == "parameters" else 2  # the keyword says as much as a setting
        if not owner and not prompts.writes_parameters(text, least=least):
            continue
        found = True
        owner = owner or ("Stable Diffusion web UI" if name == "parameters" else "")
        place = ", ".join(filter(None, (owner, name)))
        yield Claim("generator parameters", ": ".join(filter(None, (place, text))), "ai")
    # Easy Diffusion and others give each parameter a PNG text of its own.
    if not found and (owner := prompts.of_keys(dict(blocks.texts))):
        keys = ", ".join(dict.fromkeys(name for name, _ in blocks.texts))
        yield Claim("generator parameters", f"{owner}: {keys}", "ai")


def _of_software(texts: list[tuple[str, str]]) -> Iterator[Claim]:
    for name, text in dict.fromkeys(texts):
        field = name.lower()
        if (
            (field in _SOFTWARE and generators.names_itself(text))
            or (field in _BESIDE and generators.names_a_distinct_one(text))
            or (field == "credit" and generators.credits_a_generator(text))
        ):
            yield Claim("generator", text, "ai")
        elif field in _SHOWN:
            yield Claim("software", text, None)


def _of_camera(texts: list[tuple[str, str]]) -> Iterator[Claim]:
    """The first make and model that a maker could have written."""
    said: dict[str, str] = {}
    for name, text in texts:
        if name in (exif.MAKE, exif.MODEL) and text:
            said.setdefault(name, text.strip())
    make, model = said.get(exif.MAKE, ""), said.get(exif.MODEL, "")
    if cameras.is_a_cameras(make, model):
        camera = model if model.lower().startswith(make.lower()) else f"{make} {model}"
        yield Claim("camera", camera, "real")
        return
    for text in (make, model):
        if generators.names_a_distinct_one(text):
            yield Claim("generator", text, "ai")


def _of_squares(image: Image.Image | None) -> Iterator[Claim]:
    if image is None or min(image.size) < 16:
        return
    width, height = image.size
    rows = min(int(colour_squares.largest(width, height)) + 2, height)
    strip = np.asarray(image.crop((0, height - rows, width, height)).convert("RGB"))
    if colour_squares.side(strip, height) is not None:
        yield Claim("colour squares", "DALL-E's signature, bottom right", "ai")


def _line(text: str) -> str:
    """One line without control characters, which could play tricks on a terminal."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * LONGEST]).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
