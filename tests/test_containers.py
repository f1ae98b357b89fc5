"""Every block is read in every container that may hold it, as docs/checking.md says."""

import struct

import pytest
from PIL import ExifTags, Image

from conftest import ROOT, encoded
from real_or_ai.claims import evidence, xmp
from test_evidence import in_avif, in_jpeg, in_png, in_webp, png_with, store

IMAGE = Image.new("RGB", (64, 48), "teal")
WORDS = "a lake\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
PACKET = b'<a xmlns:I="u" I:DigitalSourceType="http://cv.iptc.org/x/trainedAlgorithmicMedia"/>'


def exif() -> Image.Exif:
    made = Image.Exif()
    made[ExifTags.Base.Software] = "Midjourney"
    return made


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", 2 + len(body)) + body


def jpeg(*segments: bytes) -> bytes:
    data = encoded(IMAGE, "JPEG")
    return data[:2] + b"".join(segments) + data[2:]


def iim() -> bytes:
    text = b"Adobe Firefly"
    return b"\x1c\x02\x05\0\4name" + b"\x1c\x02\x41" + struct.pack(">H", len(text)) + text


def photoshop() -> bytes:
    other = b"8BIM\x03\xed\0\0" + struct.pack(">I", 3) + b"abc\0"
    return other + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iim())) + iim()


def extended() -> list[bytes]:
    """XMP that is too long for one segment, its parts out of order."""
    packet = b"<a>" + b" " * 70_000 + PACKET + b"</a>"
    head = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + struct.pack(">I", len(packet))
    parts = [(at, packet[at : at + 50_000]) for at in range(0, len(packet), 50_000)]
    return [segment(0xE1, head + struct.pack(">I", at) + part) for at, part in reversed(parts)]


def gif(*extensions: bytes) -> bytes:
    data = encoded(IMAGE.quantize(8), "GIF")
    at = (
        data.index(b"\x2c")
        if b"\x21" not in data[:40]
        else min(data.index(b"\x2c"), data.index(b"\x21", 13))
    )
    return data[:at] + b"".join(extensions) + data[at:]


def in_blocks(data: bytes) -> bytes:
    parts = (data[at : at + 255] for at in range(0, len(data), 255))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def gif_xmp() -> bytes:
    trailer = b"\x01" + bytes(range(0xFF, -1, -1)) + b"\0"
    return b"\x21\xff\x0bXMP DataXMP" + PACKET + trailer


def tiff(order: str, *entries: tuple[int, int, bytes], big: bool = False) -> bytes:
    """A TIFF file of gray pixels with these further entries: tag, kind, bytes."""
    side = 64
    wide, inline = ("Q", 8) if big else ("I", 4)
    fields = {256: side, 257: side, 258: 8, 259: 1, 262: 1, 277: 1, 278: side, 279: side * side}
    listed = [(tag, 4, struct.pack(f"{order}I", value)) for tag, value in fields.items()]
    listed = sorted([*listed, (273, 4, b""), *entries])
    head = 16 if big else 8
    size = (8 if big else 2) + len(listed) * (20 if big else 12) + (8 if big else 4)
    at, body, rest = head + size, b"", b""
    places = {}
    for tag, _, value in listed:
        if len(value) > inline:
            places[tag] = at + len(rest)
            rest += value
    pixels = at + len(rest)
    for tag, kind, value in listed:
        value = struct.pack(f"{order}I", pixels) if tag == 273 else value
        count = len(value) // 4 if kind == 4 else len(value)
        inside = (
            value.ljust(inline, b"\0")
            if len(value) <= inline
            else struct.pack(f"{order}{wide}", places[tag])
        )
        body += struct.pack(f"{order}HH{wide}", tag, kind, count) + inside
    mark = b"II" if order == "<" else b"MM"
    start = struct.pack(f"{order}HHHQ", 43, 8, 0, 16) if big else struct.pack(f"{order}HI", 42, 8)
    count = struct.pack(f"{order}{'Q' if big else 'H'}", len(listed))
    return mark + start + count + body + bytes(inline) + rest + bytes(side * side)


SOFTWARE = (305, 2, b"Midjourney\0")


def raw_profile(kind: str, data: bytes) -> bytes:
    return png_with(**{f"Raw profile type {kind}": f"\n{kind}\n{len(data):8}\n{data.hex()}\n"})


# container -> block -> files that hold it there
HELD = {
    "JPEG": {
        "EXIF": [encoded(IMAGE, "JPEG", exif=exif())],
        "XMP": [
            encoded(IMAGE, "JPEG", xmp=PACKET),
            jpeg(*extended()),
            jpeg(*(segment(0xE1, XMP + one) for one in (b"<a/>", PACKET))),
        ],
        "C2PA": [in_jpeg(store())],
        "IPTC-IIM": [jpeg(segment(0xED, b"Photoshop 3.0\0" + photoshop()))],
        "texts": [jpeg(segment(0xFE, WORDS.encode()))],
    },
    "PNG": {
        "EXIF": [
            encoded(IMAGE, exif=exif()),
            raw_profile("exif", b"Exif\0\0" + exif().tobytes()[6:]),
        ],
        "XMP": [
            in_png(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PACKET),
            raw_profile("xmp", PACKET),
        ],
        "C2PA": [in_png(b"caBX", store())],
        "IPTC-IIM": [raw_profile("iptc", photoshop()), raw_profile("8bim", photoshop())],
        "texts": [png_with(parameters=WORDS), in_png(b"tEXt", b"Comment\0" + WORDS.encode())],
    },
    "WebP": {
        "EXIF": [encoded(IMAGE, "WEBP", exif=exif())],
        "XMP": [encoded(IMAGE, "WEBP", xmp=PACKET)],
        "C2PA": [in_webp(b"C2PA", store())],
    },
    "AVIF": {
        "EXIF": [encoded(IMAGE, "AVIF", exif=exif())],
        "XMP": [encoded(IMAGE, "AVIF", xmp=PACKET)],
        "C2PA": [in_avif(store())],
    },
    "GIF": {
        "XMP": [gif(gif_xmp())],
        "C2PA": [gif(b"\x21\xff\x0bC2PA_GIF\1\0\0" + in_blocks(store()))],
        "texts": [gif(b"\x21\xfe" + in_blocks(WORDS.encode()))],
    },
    "TIFF": {
        "EXIF": [tiff(order, SOFTWARE, big=big) for order in "<>" for big in (False, True)],
        "XMP": [tiff("<", (700, 1, PACKET)), tiff(">", (700, 7, PACKET), big=True)],
        "C2PA": [tiff("<", (0xCD41, 7, store()))],
        "IPTC-IIM": [tiff("<", (33723, 7, iim())), tiff(">", (34377, 1, photoshop()))],
    },
}  # fmt: skip


def cells() -> dict[str, dict[str, str]]:
    """The table in docs/checking.md: container -> block -> what it says."""
    text = (ROOT / "docs/checking.md").read_text(encoding="utf-8")
    table = text.split("| container |")[1].split("\n\n")[0]
    head, _, *rows = table.splitlines()
    blocks = [cell.strip() for cell in head.strip("| ").split("|")]
    split = ([cell.strip() for cell in row.strip("| ").split("|")] for row in rows)
    return {name: dict(zip(blocks, told, strict=True)) for name, *told in split}


def test_the_table_says_what_is_read():
    for container, row in cells().items():
        for part in container.split(", "):
            if part == "HEIC":
                continue  # AVIF's boxes; pillow-heif writes them below
            for block, told in row.items():
                assert (block in HELD[part]) == told.startswith("read"), (part, block)


@pytest.mark.parametrize(
    ("container", "block", "number"),
    [
        (container, block, number)
        for container, held in HELD.items()
        for block, files in held.items()
        for number in range(len(files))
    ],
)
def test_a_block_is_read_where_it_stands(container, block, number):
    data = HELD[container][block][number]
    assert "ai" in {claim.suggests for claim in evidence.claims(data)}, evidence.claims(data)
    if container != "TIFF" and len(data) < 60_000:
        for cut in range(0, len(data), max(1, len(data) // 60)):  # a torn file never raises
            evidence.claims(data[:cut])


def test_heic_is_read_as_avif_is():
    import io

    from pillow_heif import from_pillow

    buffer = io.BytesIO()
    from_pillow(IMAGE).save(buffer, exif=exif().tobytes(), xmp=PACKET)
    kinds = {claim.kind for claim in evidence.claims(buffer.getvalue())}
    assert kinds == {"generator", "IPTC source type"}


RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:I="u"'
TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        (f'<d I:T="{TRAINED}" {RDF}/>', [("T", TRAINED)]),
        (f"<d {RDF}>\n <I:T>\n  {TRAINED}\n </I:T>\n</d>", [("T", TRAINED)]),
        (f'<d {RDF}><I:T rdf:resource="{TRAINED}"/></d>', [("T", TRAINED)]),
        (f"<d {RDF}><I:T><rdf:Bag><rdf:li>a</rdf:li><rdf:li>b</rdf:li></rdf:Bag></I:T></d>",
         [("T", "a"), ("T", "b")]),
        (f'<d {RDF}><I:T><rdf:Alt><rdf:li xml:lang="x-default">it&apos;s &amp; so</rdf:li>'
         "</rdf:Alt></I:T></d>", [("T", "it's & so")]),
        (f'<d {RDF} I:T="it&apos;s &lt;b&gt;"/>', [("T", "it's <b>")]),
        (f'<d {RDF}><I:T><rdf:Description I:U="in"/></I:T></d>', [("U", "in")]),
        (f"<d {RDF}><I:T></I:T><I:U> </I:U></d>", []),
        ("<unbound:T>a</unbound:T>", [("T", "a")]),
        (f'<d {RDF} I:T="a"><broken', [("T", "a")]),
        ('<!DOCTYPE d><d T="a"/>', []),
        ('<!DOCTYPE d [<!ENTITY e "x">]><d T="&e;"/>', []),
        ('<!DOCTYPE d SYSTEM "http://127.0.0.1/x"><d T="a"/>', []),
    ],
)  # fmt: skip
def test_xmp_however_it_is_written(inside, found):
    whole = f'<?xpacket begin="\ufeff"?>{inside}<?xpacket end="w"?>'
    for packet in (
        whole.encode(),
        ("\ufeff" + whole).encode("utf-16"),
        whole.encode() + b"\0" * 99,
    ):
        assert xmp.properties(packet) == found


@pytest.mark.parametrize(
    "packet",
    [
        b"<a>" * 300_000, b"<a/>" * 200_000, b'<a T="' + b"x" * 990_000 + b'"/>',
        b"<d>" + b"<T>v</T>" * 120_000 + b"</d>", b"<d>" + b"&amp;" * 190_000 + b"</d>",
        b"<d " + b" ".join(b'a%d="v"' % n for n in range(70_000)) + b"/>",
    ],
    ids=["deep", "roots", "a long value", "many", "entities", "attributes"],
)  # fmt: skip
def test_reading_xmp_is_bounded(packet):
    import time

    start = time.process_time()
    assert len(xmp.properties(packet)) <= xmp.PROPERTIES
    assert time.process_time() - start < 1.5
