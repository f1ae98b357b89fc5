"""What a file says of itself: provenance, generators, cameras. Never part of a score.

Claims can be forged with a text editor, and missing ones prove nothing, as most sites strip them.
Read are only the containers that carry them, never bytes at large; no signature is verified.
"""

import json
import re
from collections.abc import Iterator

import numpy as np
from PIL import Image

from real_or_ai.claims import c2pa, containers, exif
from real_or_ai.claims.claim import Claim
from real_or_ai.conventions.labels import Label
from real_or_ai.pictures import colour_squares

LONGEST = 200  # characters of a claim
MOST = 24  # claims of a file

# https://cv.iptc.org/newscodes/digitalsourcetype: those that speak for a class.
SOURCE_TYPES: dict[str, Label] = {
    "trainedAlgorithmicMedia": "ai",
    "compositeWithTrainedAlgorithmicMedia": "ai",
    "compositeSynthetic": "ai",
    "digitalCapture": "real",
    "computationalCapture": "real",
    "negativeFilm": "real",
    "positiveFilm": "real",
    "print": "real",
}

# Keywords of PNG texts that only generators write, and whose they are.
_KEYWORDS = {
    "parameters": "Stable Diffusion web UI",
    "prompt": "ComfyUI",
    "workflow": "ComfyUI",
    "invokeai_metadata": "InvokeAI",
    "invokeai_graph": "InvokeAI",
    "sd-metadata": "InvokeAI",
    "Dream": "InvokeAI",
    "fooocus_scheme": "Fooocus",
    "sui_image_params": "SwarmUI",
    "generation_data": "TensorArt",
    "dreamMeta": "Draw Things",
}
_KEYWORDS_BEFORE_JSON = {"prompt", "workflow"}  # everyday words: theirs only if JSON follows

_NAMES = re.compile(
    r"stable[ -]?diffusion|midjourney|dall[·-]?e\b|novelai|comfyui|invokeai|firefly|\bimagen\b|"
    r"\bgemini\b|\bopenai\b|chatgpt|\bgpt-|ideogram|\bflux\.?1|leonardo\.ai|draw things|fooocus|"
    r"easy diffusion|made with google ai|bing image creator|\bai[ -]generated",
    re.IGNORECASE,
)
# What `Steps: 20, Sampler: Euler a, CFG scale: 7` has in common however it is written.
_PARAMETERS = re.compile(
    r"\bsteps: *\d{1,5}\b.{0,200}?\b(sampler|cfg scale|seed):", re.IGNORECASE | re.S
)
_JOB = re.compile(r"\bjob id: *[0-9a-f-]{36}", re.IGNORECASE)  # Midjourney

# An attribute, an rdf:resource, or an element's text.
_XMP_VALUE = r'{name}(?:\s*=\s*["\']|\s+rdf:resource\s*=\s*["\']|\s*>\s*)([^"\'<>]{{1,300}})'
_XMP_SOURCE_TYPE = re.compile(_XMP_VALUE.format(name="DigitalSourceType"))
_XMP_NAMES = {
    name: re.compile(_XMP_VALUE.format(name=name))
    for name in ("CreatorTool", "photoshop:Credit", "tiff:Make", "tiff:Model")
}


def claims(data: bytes, image: Image.Image | None = None) -> tuple[Claim, ...]:
    """What the file with these bytes says of itself; never raises, whatever the bytes.

    image: the file's decoded picture, in which a signature of colour squares is looked for.
    """
    blocks = containers.blocks(data)
    xmp = _text_of(blocks.xmp)
    found = [
        *_of_c2pa(blocks.jumbf),
        *_of_source_type(xmp),
        *_of_png_texts(blocks.texts),
        *_of_camera_and_software(exif.texts(blocks.exif), xmp),
        *_of_squares(image),
    ]
    lines = (Claim(one.kind, _line(one.text), one.suggests) for one in found)
    return tuple(dict.fromkeys(lines))[:MOST]


def _of_c2pa(jumbf: bytes) -> Iterator[Claim]:
    store = c2pa.read(jumbf) if jumbf else None
    if store is None:
        return
    by = ", ".join(store.generators) or "an unnamed generator"
    yield Claim("C2PA manifest", f"by {by} (signature not verified)", None)
    for action in store.actions:
        if action.source_type:
            agent = f" by {action.agent}" if action.agent else ""
            text = f"{action.source_type} ({action.action}{agent})"
            yield Claim("C2PA source type", text, SOURCE_TYPES.get(action.source_type))


def _of_source_type(xmp: str) -> Iterator[Claim]:
    for value in _XMP_SOURCE_TYPE.findall(xmp)[:MOST]:
        name = value.strip().rstrip("/").rpartition("/")[2]
        yield Claim("IPTC source type", name, SOURCE_TYPES.get(name))


def _of_png_texts(texts: list[tuple[str, str]]) -> Iterator[Claim]:
    for keyword, text in texts:
        owner = _KEYWORDS.get(keyword)
        if owner and (keyword not in _KEYWORDS_BEFORE_JSON or _is_json(text)):
            yield Claim("generator parameters", f"{owner}, {keyword}: {text}", "ai")
        elif _speaks_of_a_generator(text):
            yield Claim("generator parameters", f"{keyword}: {text}", "ai")
        elif keyword == "Software":
            yield Claim("software", text, None)


def _of_camera_and_software(said: dict[str, str], xmp: str) -> Iterator[Claim]:
    named = {
        name: found[1] for name, pattern in _XMP_NAMES.items() if (found := pattern.search(xmp))
    }
    for name in (exif.USER_COMMENT, exif.DESCRIPTION, exif.ARTIST, exif.MAKE, exif.MODEL):
        text = said.get(name, "")
        # ComfyUI writes its JSON into Make and Model of a WebP.
        if _speaks_of_a_generator(text) or re.match(r"(prompt|workflow):\s*\{", text):
            yield Claim("generator parameters", f"{name}: {text}", "ai")
            said = said | {name: ""}
    make = said.get(exif.MAKE) or named.get("tiff:Make", "")
    model = said.get(exif.MODEL) or named.get("tiff:Model", "")
    camera = model if model.startswith(make) else f"{make} {model}"
    if camera.strip():
        yield Claim("camera", camera, "real")
    programs = (said.get(exif.SOFTWARE), named.get("CreatorTool"), named.get("photoshop:Credit"))
    for program in filter(None, programs):
        if _speaks_of_a_generator(program):
            yield Claim("generator", program, "ai")
        else:
            yield Claim("software", program, None)


def _of_squares(image: Image.Image | None) -> Iterator[Claim]:
    if image is None or min(image.size) < 16:
        return
    width, height = image.size
    rows = min(int(colour_squares.largest(width, height)) + 2, height)
    strip = np.asarray(image.crop((0, height - rows, width, height)).convert("RGB"))
    if colour_squares.side(strip, height) is not None:
        yield Claim("colour squares", "DALL-E's signature, bottom right", "ai")


def _speaks_of_a_generator(text: str) -> bool:
    text = text[:20_000]
    return bool(_NAMES.search(text) or _PARAMETERS.search(text) or _JOB.search(text))


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _text_of(packet: bytes) -> str:
    """XMP may be UTF-16, which its byte order mark tells."""
    code = "utf-16" if packet[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return packet[: containers.LARGEST_TEXT].decode(code, "replace")


def _line(text: str) -> str:
    """One line without control characters, which could play tricks on a terminal."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * LONGEST]).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
