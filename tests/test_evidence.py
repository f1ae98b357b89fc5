import io
import json
import struct
import sys
import uuid
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, PngImagePlugin

from conftest import encoded
from real_or_ai.claims import containers, evidence
from real_or_ai.claims.claim import Claim

IMAGE = Image.new("RGB", (64, 48), "teal")
TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


# --- writers, independent of what is tested -----------------------------------------------------


def cbor(value: object) -> bytes:
    def head(major: int, size: int) -> bytes:
        return bytes([major << 5 | 26]) + struct.pack(">I", size)

    if isinstance(value, dict):
        pairs = b"".join(cbor(key) + cbor(one) for key, one in value.items())
        return head(5, len(value)) + pairs
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    return head(0, value)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def superbox(label: str, *content: bytes) -> bytes:
    described = box(b"jumd", bytes(16) + b"\3" + label.encode() + b"\0")
    return box(b"jumb", described + b"".join(content))


def store(source_type: str = TRAINED) -> bytes:
    claim = {"claim_generator_info": [{"name": "Maker", "version": "1.2"}], "alg": "sha256"}
    actions = {
        "actions": [
            {
                "action": "c2pa.created",
                "digitalSourceType": source_type,
                "softwareAgent": {"name": "Model X"},
            }
        ]
    }
    return superbox(
        "c2pa",
        superbox(
            "urn:uuid:1",
            superbox("c2pa.assertions", superbox("c2pa.actions.v2", box(b"cbor", cbor(actions)))),
            superbox("c2pa.claim.v2", box(b"cbor", cbor(claim))),
            superbox("c2pa.signature", box(b"cbor", cbor(b"not checked"))),
        ),
    )


def xmp(source_type: str = TRAINED) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description '
        f'Iptc4xmpExt:DigitalSourceType="{source_type}"/></rdf:RDF></x:xmpmeta>'
    ).encode()


def in_jpeg(jumbf: bytes, part: int = 60_000) -> bytes:
    """In APP11 segments, each of which repeats the box's header."""
    data = encoded(IMAGE, "JPEG")
    body, segments = jumbf[8:], b""
    for number, start in enumerate(range(0, len(body), part), 1):
        content = b"JP\0\1" + struct.pack(">I", number) + jumbf[:8] + body[start : start + part]
        segments += b"\xff\xeb" + struct.pack(">H", 2 + len(content)) + content
    return data[:2] + segments + data[2:]


def in_png(kind: bytes, body: bytes) -> bytes:
    data = encoded(IMAGE)
    checksum = struct.pack(">I", zlib.crc32(kind + body))
    return data[:33] + struct.pack(">I", len(body)) + kind + body + checksum + data[33:]


def in_webp(kind: bytes, body: bytes) -> bytes:
    data = encoded(IMAGE, "WEBP")
    data += kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def in_avif(jumbf: bytes) -> bytes:
    data = encoded(IMAGE, "AVIF")
    (first,) = struct.unpack(">I", data[:4])
    uuid = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
    manifest = box(b"uuid", uuid + bytes(4) + b"manifest\0" + bytes(8) + jumbf)
    return data[:first] + manifest + data[first:]


def png_with(**texts: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        info.add_text(key, text)
    return encoded(IMAGE, pnginfo=info)


def exif_with(**texts: object) -> Image.Exif:
    exif = Image.Exif()
    for key, text in texts.items():
        tag = ExifTags.Base[key]
        if key == "UserComment":
            exif[ExifTags.IFD.Exif] = {tag: text}
        else:
            exif[tag] = text
    return exif


# --- what is found ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"])
def test_a_plain_picture_claims_nothing(kind):
    assert evidence.claims(encoded(IMAGE, kind), IMAGE) == ()


@pytest.mark.parametrize(
    "data",
    [
        in_jpeg(store()),
        in_jpeg(store(), part=100),  # in many segments
        in_png(b"caBX", store()),
        in_webp(b"C2PA", store()),
        in_avif(store()),
    ],
    ids=["JPEG", "JPEG in segments", "PNG", "WebP", "AVIF"],
)
def test_a_c2pa_manifest_is_read_wherever_its_container_keeps_it(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "c2pa", None)  # whether it is signed, test_signature.py says
    assert Image.open(io.BytesIO(data)).size == IMAGE.size  # the file is still a picture
    assert set(evidence.claims(data)) == {
        Claim("C2PA manifest", "by Maker 1.2 (signature not verified)", None),
        Claim("C2PA source type", "trainedAlgorithmicMedia (c2pa.created by Model X)", "ai"),
    }


def test_a_camera_that_signs_speaks_for_real():
    data = in_jpeg(store("http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"))
    assert [claim.suggests for claim in evidence.claims(data)] == [None, "real"]


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG", "AVIF"])
@pytest.mark.parametrize(
    ("source_type", "suggests"),
    [(TRAINED, "ai"), (TRAINED.replace("trainedA", "a"), None)],
)
def test_the_iptc_source_type_is_read_from_xmp(kind, source_type, suggests):
    if kind == "PNG":
        data = in_png(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(source_type))
    else:
        data = encoded(IMAGE, kind, xmp=xmp(source_type))
    name = source_type.rpartition("/")[2]
    assert evidence.claims(data) == (Claim("IPTC source type", name, suggests),)


def test_xmp_may_write_it_as_an_element():
    packet = f"<Iptc4xmpExt:DigitalSourceType>{TRAINED}</Iptc4xmpExt:DigitalSourceType>".encode()
    (claim,) = evidence.claims(encoded(IMAGE, "JPEG", xmp=packet))
    assert (claim.text, claim.suggests) == ("trainedAlgorithmicMedia", "ai")


NODES = json.dumps({n: {"class_type": "KSampler", "inputs": {}} for n in ("3", "4")})
PARAMETERS = "a cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"


@pytest.mark.parametrize(
    ("data", "begins"),
    [
        (png_with(parameters=PARAMETERS), "Stable Diffusion web UI, parameters: a cat"),
        (png_with(parameters="a\nSteps: 2, Sampler: Euler"), "Stable Diffusion web UI, parameters"),
        (png_with(prompt=NODES), 'ComfyUI, prompt: {"3"'),
        (png_with(invokeai_metadata="{}"), "InvokeAI, invokeai_metadata"),
        (png_with(Description=f"a cat --v 6 Job ID: {uuid.UUID(int=7)}"), "Description: a cat"),
        (
            encoded(
                IMAGE, "JPEG",
                exif=exif_with(UserComment=b"UNICODE\0" + PARAMETERS.encode("utf-16-be")),
            ),
            "UserComment: a cat",
        ),
        (
            encoded(
                IMAGE, "WEBP",
                exif=exif_with(UserComment=b"UNICODE\0" + PARAMETERS.encode("utf-16-le")),
            ),
            "UserComment: a cat",
        ),
        (
            encoded(
                IMAGE, "AVIF", exif=exif_with(UserComment=b"ASCII\0\0\0" + PARAMETERS.encode())
            ),
            "UserComment: a cat",
        ),
        (encoded(IMAGE, "WEBP", exif=exif_with(Make='workflow:{"a":1}')), "ComfyUI, Make: work"),
    ],
)  # fmt: skip
def test_generator_parameters_speak_for_ai(data, begins):
    (claim,) = evidence.claims(data)
    assert (claim.kind, claim.suggests) == ("generator parameters", "ai")
    assert claim.text.startswith(begins)


def test_an_everyday_prompt_is_no_generators():
    assert evidence.claims(png_with(prompt="be there at noon", Comment="a cat in Steps")) == ()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_camera_is_named_once(kind):
    exif = exif_with(Make="Canon", Model="Canon EOS R5", Software="Lightroom 7")
    assert evidence.claims(encoded(IMAGE, kind, exif=exif)) == (
        Claim("camera", "Canon EOS R5", "real"),
        Claim("software", "Lightroom 7", None),
    )


@pytest.mark.parametrize("data", [
    encoded(IMAGE, "JPEG", exif=exif_with(Software="Adobe Firefly 2")),
    png_with(Software="Adobe Firefly 2"),
    encoded(IMAGE, "WEBP", xmp=b'<a xmlns:x="u" x:CreatorTool="Adobe Firefly 2"/>'),
])  # fmt: skip
def test_software_may_be_a_generator(data):
    assert evidence.claims(data) == (Claim("generator", "Adobe Firefly 2", "ai"),)


def test_colour_squares_are_seen_in_the_picture(draw_scene):
    from real_or_ai.stages.sample import treatments

    scene = draw_scene(3, size=(320, 320))
    assert evidence.claims(encoded(scene), scene) == ()
    signed = treatments.squares(scene.copy())
    (claim,) = evidence.claims(encoded(signed), signed)
    assert (claim.kind, claim.suggests) == ("colour squares", "ai")


def test_bytes_outside_the_containers_say_nothing():
    """After the end of the picture, in pixels, in an unknown chunk: nobody searches there."""
    forged = store() + xmp() + PARAMETERS.encode()
    for kind in ("JPEG", "PNG", "WEBP"):
        assert evidence.claims(encoded(IMAGE, kind) + forged) == ()
    assert evidence.claims(in_png(b"prVt", forged)) == ()
    assert evidence.claims(forged) == ()


def test_a_text_is_one_short_printable_line():
    text = f"{PARAMETERS} \x1b[31m\x07 red\r\n\u202egnp.exe " + "x" * 5000
    (claim,) = evidence.claims(png_with(Comment=text))
    assert claim.text.isprintable()
    assert "\u202e" not in claim.text
    assert len(claim.text) == evidence.LONGEST
    many = {f"Comment{index}": f"{index} {PARAMETERS}" for index in range(60)}
    assert len(evidence.claims(png_with(**many))) == evidence.MOST


# --- whatever the bytes -------------------------------------------------------------------------

GOOD = [
    in_jpeg(store()),
    in_png(b"caBX", store()),
    in_webp(b"C2PA", store()),
    in_avif(store()),
    encoded(IMAGE, "AVIF", exif=exif_with(Make="Canon"), xmp=xmp()),
    encoded(IMAGE, "JPEG", exif=exif_with(UserComment=b"ASCII\0\0\0x"), xmp=xmp()),
    encoded(IMAGE, "TIFF", exif=exif_with(Make="Canon")),
    png_with(parameters=PARAMETERS, prompt=json.dumps({"1": 2})),
]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_no_bytes_make_it_raise(data):
    good = bytearray(data.draw(st.sampled_from(GOOD)))
    places = st.integers(0, len(good) - 1)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=12)):
        good[place] = value
    cut = data.draw(st.one_of(st.none(), places))
    assert len(evidence.claims(bytes(good[:cut]))) <= evidence.MOST


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"II*\0"]), st.binary(max_size=300))
def test_nor_does_noise(start, noise):
    evidence.claims(start + noise)


def nested(depth: int) -> bytes:
    body = b""
    for _ in range(depth):
        body = box(b"jumb", body)
    return body


@pytest.mark.parametrize(
    "jumbf",
    [
        nested(5000),
        superbox("c2pa", *[box(b"jumb", b"")] * 400_000),
        superbox("c2pa", superbox("c2pa.claim", box(b"cbor", b"\x81" * 500_000))),
        superbox("c2pa", superbox("c2pa.claim", box(b"cbor", b"\x9f" + b"\x00" * 900_000))),
        superbox("c2pa", superbox("c2pa.claim", box(b"cbor", b"\x9b" + b"\xff" * 8))),
        superbox("c2pa", superbox("c2pa.claim", box(b"cbor", b"\xbf" + b"\x60" * 900_000))),
    ],
    ids=["deep boxes", "many boxes", "deep values", "many values", "a huge list", "many pairs"],
)
def test_the_work_is_bounded(jumbf):
    import time

    start = time.process_time()
    evidence.claims(in_png(b"caBX", jumbf))
    assert time.process_time() - start < 1


def test_overlapping_entries_of_exif_cost_little():
    """65,535 entries that each claim 4 MB: read one by one they would be 260 GB."""
    import time

    entry = struct.pack("<HHII", 0x010F, 2, 4_000_000, 8)
    tiff = b"II*\0" + struct.pack("<IH", 8, 65_535) + entry * 65_535 + bytes(4_000_000)
    start = time.process_time()
    evidence.claims(in_webp(b"EXIF", tiff))
    assert time.process_time() - start < 1


class Counted(bytes):
    """Bytes that count those copied out of them."""

    copied = 0

    def __getitem__(self, key):
        found = super().__getitem__(key)
        if isinstance(key, slice):
            self.copied += len(found)
        return found


def heif(numbers: list[int], places: list[bytes], sizes: int, *more: bytes) -> Counted:
    """A file whose items of these numbers are all EXIF, and lie where `places` say."""
    items = [box(b"infe", b"\2\0\0\0" + struct.pack(">HH", n, 0) + b"Exif") for n in numbers]
    iinf = box(b"iinf", bytes(4) + struct.pack(">H", len(items)) + b"".join(items))
    iloc = box(b"iloc", bytes(4) + struct.pack(">HH", sizes, len(places)) + b"".join(places))
    meta = box(b"meta", bytes(4) + iinf + iloc)
    return Counted(box(b"ftyp", b"heic") + meta + b"".join(more))


def place(number: int, offset: int, length: int) -> bytes:
    return struct.pack(">HHHII", number, 0, 1, offset, length)


TIFF = b"\0\0\0\0MM\0*\0\0\0\x08"


def test_an_item_that_claims_all_of_the_file_is_copied_once():
    """60,000 items of 8 MB, or as many places of one, or a meta box 50 times."""
    rest = box(b"mdat", bytes(8_000_000))
    many = list(range(1, 60_001))
    everywhere = [place(number, 0, 8_000_000) for number in many]
    one = heif([7], [place(7, 0, 8_000_000)] * 60_000, 0x4400, rest)
    each = heif(many, everywhere, 0x4400, rest)
    meta = bytes(heif([7], [place(7, 0, 8_000_000)], 0x4400))[12:]
    again = Counted(box(b"ftyp", b"heic") + meta * 50 + rest)
    for data in (one, each, again):
        containers.blocks(data)
        assert data.copied < 2 * len(data) + 100


def test_the_first_of_two_items_is_kept():
    start = len(heif([7, 8], [place(0, 0, 0)] * 3, 0x4400))
    places = [place(7, start, len(TIFF)), place(8, start, 9), place(7, start, 9)]
    assert containers.blocks(heif([7, 8], places, 0x4400, TIFF)).exif == [TIFF[4:]]


def test_extents_of_no_bytes_cost_nothing():
    """60,000 items of 65,535 extents each, in 360 kB: counted one by one they would take hours."""
    extents = [struct.pack(">HHH", 7, 0, 65_535)] * 60_000
    assert containers.blocks(heif([7], extents, 0)).exif == []
