"""A picture file's bytes -> the blocks in it that may hold metadata, as they are.

JPEG segments, the chunks of PNG and WebP, GIF's extensions, TIFF's entries, and the boxes of AVIF
and HEIC (boxed.py). Nothing is searched for among other bytes; what is damaged ends the walk; the
number and size of blocks are capped, so that the work is bounded whatever the bytes.
docs/checking.md has which block is read in which container.
"""

import re
import struct
import zlib
from dataclasses import dataclass, field

from real_or_ai.claims import boxed, exif, iim

BLOCKS = 65_536  # of a file, looked at
LARGEST = 8_000_000  # bytes of one kind that are kept
LARGEST_TEXT = 1_000_000  # bytes of a PNG's text, unpacked
TEXTS = 64  # of a PNG

SAME = 8  # blocks of one kind that are kept
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_RAW_PROFILE = re.compile(r"Raw profile type (exif|APP1|xmp|iptc|8bim)", re.IGNORECASE)


@dataclass
class Blocks:
    """The blocks of one file; each is empty where the file has none.

    exif: TIFF structures. xmp: packets of XML. iim: blocks of IPTC's older kind. jumbf: boxes of a
    C2PA manifest store. texts: keyword and text of a PNG; a comment of a JPEG or GIF has none.
    """

    exif: list[bytes] = field(default_factory=list)
    xmp: list[bytes] = field(default_factory=list)
    iim: list[bytes] = field(default_factory=list)
    jumbf: bytes = b""
    texts: list[tuple[str, str]] = field(default_factory=list)

    def keep(self, blocks: list[bytes], block: bytes) -> None:
        """Adds one of a kind, if it holds something and there are not too many."""
        if block and len(blocks) < SAME:
            blocks.append(block[:LARGEST])

    def say(self, keyword: str, text: str) -> None:
        """Adds a text."""
        if len(self.texts) < TEXTS:
            self.texts.append((keyword, text))


def blocks(data: bytes) -> Blocks:
    """The metadata blocks of a file; none if its format is not one of these. Never raises."""
    found = Blocks()
    try:
        if data.startswith(b"\xff\xd8"):
            _jpeg(data, found)
        elif data.startswith(b"\x89PNG\r\n\x1a\n"):
            _png(data, found)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            _webp(data, found)
        elif data[:6] in (b"GIF87a", b"GIF89a"):
            _gif(data, found)
        elif data[4:8] == b"ftyp":
            held = boxed.blocks(data)
            found.keep(found.exif, held.exif.removeprefix(_EXIF))
            found.keep(found.xmp, held.xmp)
            found.jumbf = held.jumbf
        elif data[:2] in (b"II", b"MM"):
            _tiff(data, found)
    except (struct.error, IndexError, zlib.error):  # it ends in the middle of something
        pass
    return found


def _jpeg(data: bytes, found: Blocks) -> None:
    """The segments before the first scan."""
    jumbf: dict[bytes, list[tuple[int, bytes]]] = {}
    more_xmp: dict[bytes, list[tuple[int, bytes]]] = {}
    at = 2
    for _ in range(BLOCKS):
        marker = data[at : at + 2]
        if len(marker) < 2 or marker[0] != 0xFF or marker[1] in (0xD9, 0xDA):
            break
        if marker[1] == 0xFF:  # a fill byte
            at += 1
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if marker[1] == 0xE1 and body.startswith(_EXIF):
            found.keep(found.exif, body[len(_EXIF) :])
        elif marker[1] == 0xE1 and body.startswith(_XMP):
            found.keep(found.xmp, body[len(_XMP) :])
        elif marker[1] == 0xE1 and body.startswith(_MORE_XMP) and len(body) > len(_MORE_XMP) + 40:
            # A digest that names the packet, its whole length, where this part goes, the part.
            body = body[len(_MORE_XMP) :]
            (offset,) = struct.unpack_from(">I", body, 36)
            more_xmp.setdefault(body[:32], []).append((offset, body[40:]))
        elif marker[1] == 0xED and body.startswith(_PHOTOSHOP):
            found.keep(found.iim, iim.of_photoshop(body[len(_PHOTOSHOP) :]))
        elif marker[1] == 0xFE:
            found.say("", exif.plain(body))
        elif marker[1] == 0xEB and body.startswith(b"JP") and len(body) > 16:
            # ISO 19566-5: "JP", the box's number, the segment's, then the box or its next part.
            (number,) = struct.unpack_from(">I", body, 4)
            jumbf.setdefault(body[2:4], []).append((number, body[8:]))
        at += 2 + max(length, 2)
    for parts in more_xmp.values():
        found.keep(found.xmp, b"".join(part for _, part in sorted(parts)))
    found.jumbf = b"".join(map(_joined, jumbf.values()))[:LARGEST]


def _joined(segments: list[tuple[int, bytes]]) -> bytes:
    """One box from its segments, each of which repeats the box's header."""
    (_, first), *others = sorted(segments, key=lambda segment: segment[0])
    header = 16 if first[:4] == b"\0\0\0\1" else 8
    return first + b"".join(part[header:] for _, part in others)


def _png(data: bytes, found: Blocks) -> None:
    at = 8
    for _ in range(BLOCKS):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind in (b"eXIf", b"caBX", b"tEXt", b"zTXt", b"iTXt") and length <= LARGEST:
            body = data[at + 8 : at + 8 + length]
            if kind == b"eXIf":
                found.keep(found.exif, body.removeprefix(_EXIF))
            elif kind == b"caBX":
                found.jumbf = found.jumbf or body
            elif len(found.texts) < TEXTS:
                _png_text(kind, body, found)
        if kind == b"IEND":
            break
        at += 12 + length


def _png_text(kind: bytes, body: bytes, found: Blocks) -> None:
    name, _, rest = body.partition(b"\0")
    keyword = name[:79].decode("latin-1")
    if kind == b"zTXt":
        rest = _unpacked(rest[1:])
    elif kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:]
        _language, _, rest = rest.partition(b"\0")
        _translated, _, rest = rest.partition(b"\0")
        rest = _unpacked(rest) if packed else rest
    rest = rest[:LARGEST_TEXT]
    if keyword == "XML:com.adobe.xmp":
        found.keep(found.xmp, rest)
    elif profile := _RAW_PROFILE.fullmatch(keyword):
        _raw_profile(profile[1].lower(), rest, found)
    else:
        found.say(keyword, exif.plain(rest))  # tEXt is Latin-1 by the standard, UTF-8 by habit


def _raw_profile(kind: str, text: bytes, found: Blocks) -> None:
    """A block as ImageMagick writes it: a name, its length, and its bytes in hexadecimal."""
    try:
        data = bytes.fromhex("".join(text.decode("ascii").split()[2:]))
    except ValueError:
        return
    if data.startswith(_XMP) or kind == "xmp":
        found.keep(found.xmp, data.removeprefix(_XMP))
    elif kind in ("iptc", "8bim"):
        found.keep(found.iim, iim.of_photoshop(data.removeprefix(_PHOTOSHOP)) or data)
    else:
        found.keep(found.exif, data.removeprefix(_EXIF))


def _unpacked(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, LARGEST_TEXT)


def _webp(data: bytes, found: Blocks) -> None:
    at = 12
    for _ in range(BLOCKS):
        kind, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + min(length, LARGEST)]
        if kind == b"EXIF":
            found.keep(found.exif, body.removeprefix(_EXIF))
        elif kind == b"XMP ":
            found.keep(found.xmp, body)
        elif kind == b"C2PA":
            found.jumbf = found.jumbf or body
        at += 8 + length + length % 2


def _gif(data: bytes, found: Blocks) -> None:
    """Comments, and application extensions of XMP and C2PA."""
    flags = data[10]
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    for _ in range(BLOCKS):
        kind = data[at : at + 1]
        if kind == b"\x2c":  # a frame: its own colours, then its pixels in sub-blocks
            flags = data[at + 9]
            at += 11 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
            _, at = _sub_blocks(data, at, kept=False)
            continue
        if kind != b"\x21":
            break
        label, application = data[at + 1], data[at + 3 : at + 14]
        if label == 0xFF and application == b"XMP DataXMP":
            # The packet stands there as it is; a trailer lets it pass for sub-blocks.
            packet = data[at + 14 : at + 14 + LARGEST].partition(b"\x01\xff\xfe")[0]
            found.keep(found.xmp, packet)
            at += 14 + len(packet) + 258
            continue
        body, at = _sub_blocks(data, at + 2, kept=label in (0xFE, 0xFF))
        if label == 0xFE:
            found.say("", exif.plain(body))
        elif label == 0xFF and application.startswith(b"C2PA_GIF"):
            found.jumbf = found.jumbf or body[11:]


def _sub_blocks(data: bytes, at: int, *, kept: bool) -> tuple[bytes, int]:
    """What the sub-blocks from here on hold, and where they end."""
    parts: list[bytes] = []
    held = 0
    while size := data[at]:
        if kept and held < LARGEST:
            parts.append(data[at + 1 : at + 1 + size])
            held += size
        at += 1 + size
    return b"".join(parts), at + 1


def _tiff(data: bytes, found: Blocks) -> None:
    """A TIFF file is one TIFF structure, with the other blocks in entries of its own."""
    found.exif.append(data)
    held = exif.blocks(data)
    found.keep(found.xmp, held.get(exif.XMP, b""))
    found.keep(found.iim, held.get(exif.IIM, b""))
    found.keep(found.iim, iim.of_photoshop(held.get(exif.PHOTOSHOP, b"")))
    found.jumbf = held.get(exif.C2PA, b"")
