"""A picture file's bytes -> the blocks in it that may hold metadata, as they are.

JPEG segments, PNG chunks, WebP chunks, and the boxes of AVIF and HEIC. Nothing is searched for
among other bytes; what is damaged ends the walk; the number and size of blocks are capped, so that
the work is bounded whatever the bytes.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

BLOCKS = 65_536  # of a file, looked at
LARGEST = 8_000_000  # bytes of one kind that are kept
LARGEST_TEXT = 1_000_000  # bytes of a PNG's text, unpacked
TEXTS = 64  # of a PNG

C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"


@dataclass
class Blocks:
    """The blocks of one file; each is empty where the file has none.

    exif: a TIFF structure. xmp: a packet of XML. jumbf: boxes of a C2PA manifest store. texts:
    keyword and text of a PNG.
    """

    exif: bytes = b""
    xmp: bytes = b""
    jumbf: bytes = b""
    texts: list[tuple[str, str]] = field(default_factory=list)


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
        elif data[4:8] == b"ftyp":
            _bmff(data, found)
        elif data[:4] in (b"II*\0", b"MM\0*"):
            found.exif = data
    except (struct.error, IndexError, zlib.error):  # it ends in the middle of something
        pass
    return found


def _jpeg(data: bytes, found: Blocks) -> None:
    """The APP segments before the first scan."""
    jumbf: dict[bytes, list[tuple[int, bytes]]] = {}
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
            found.exif = found.exif or body[len(_EXIF) :]
        elif marker[1] == 0xE1 and body.startswith(_XMP):
            found.xmp = found.xmp or body[len(_XMP) :]
        elif marker[1] == 0xEB and body.startswith(b"JP") and len(body) > 16:
            # ISO 19566-5: "JP", the box's number, the segment's, then the box or its next part.
            (number,) = struct.unpack_from(">I", body, 4)
            jumbf.setdefault(body[2:4], []).append((number, body[8:]))
        at += 2 + max(length, 2)
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
                found.exif = found.exif or body.removeprefix(_EXIF)
            elif kind == b"caBX":
                found.jumbf = found.jumbf or body
            elif len(found.texts) < TEXTS:
                _png_text(kind, body, found)
        if kind == b"IEND":
            break
        at += 12 + length


def _png_text(kind: bytes, body: bytes, found: Blocks) -> None:
    keyword, _, rest = body.partition(b"\0")
    encoding = "latin-1"
    if kind == b"zTXt":
        rest = _unpacked(rest[1:])
    elif kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:]
        _language, _, rest = rest.partition(b"\0")
        _translated, _, rest = rest.partition(b"\0")
        rest = _unpacked(rest) if packed else rest
        encoding = "utf-8"
    rest = rest[:LARGEST_TEXT]
    if keyword == b"XML:com.adobe.xmp":
        found.xmp = found.xmp or rest
    else:
        found.texts.append((keyword[:79].decode("latin-1"), rest.decode(encoding, "replace")))


def _unpacked(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, LARGEST_TEXT)


def _webp(data: bytes, found: Blocks) -> None:
    at = 12
    for _ in range(BLOCKS):
        kind, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + min(length, LARGEST)]
        if kind == b"EXIF":
            found.exif = found.exif or body.removeprefix(_EXIF)
        elif kind == b"XMP ":
            found.xmp = found.xmp or body
        elif kind == b"C2PA":
            found.jumbf = found.jumbf or body
        at += 8 + length + length % 2


# --- AVIF and HEIC: ISO 14496-12 ----------------------------------------------------------------


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and body of each box in a row; what is damaged ends it. At most BLOCKS."""
    at = 0
    for _ in range(BLOCKS):
        if at + 8 > len(data):
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        header = 8
        if size == 1 and at + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, at + 8)
            header = 16
        elif size == 0:  # to the end
            size = len(data) - at
        if size < header:
            return
        yield kind, data[at + header : at + size]
        at += size


def _bmff(data: bytes, found: Blocks) -> None:
    described = False
    for kind, body in boxes(data):
        if kind == b"uuid" and body[:16] == C2PA_UUID:
            # Version and flags, what it is for, a null, the offset of something else: then boxes.
            purpose = body[20:].partition(b"\0")[0]
            found.jumbf = found.jumbf or body[20 + len(purpose) + 1 + 8 :][:LARGEST]
        elif kind == b"meta" and not described:
            described = True
            if len(body) <= LARGEST:
                _items(data, body[4:], found)


def _items(data: bytes, meta: bytes, found: Blocks) -> None:
    """EXIF and XMP, which are items whose bytes lie elsewhere in the file."""
    inner = dict(boxes(meta))
    kinds = _item_kinds(inner.get(b"iinf", b""))
    for kind, (offset, length) in _places(inner.get(b"iloc", b""), kinds).items():
        body = data[offset : offset + min(length, LARGEST)]
        if kind == b"Exif":  # the offset of the TIFF structure, then it
            (skipped,) = struct.unpack_from(">I", body)
            found.exif = body[4 + skipped :].removeprefix(_EXIF)
        else:
            found.xmp = body


def _item_kinds(iinf: bytes) -> dict[int, bytes]:
    """Number of each item that is EXIF or a mime type, which XMP is."""
    kinds = {}
    first = 6 if iinf[:1] == b"\0" else 8
    for kind, body in boxes(iinf[first:]):
        if kind != b"infe" or body[:1] not in (b"\2", b"\3"):
            continue
        wide = body[0] == 3
        (number,) = struct.unpack_from(">I" if wide else ">H", body, 4)
        item = body[10:14] if wide else body[8:12]
        if item == b"Exif" or (item == b"mime" and b"rdf+xml" in body):
            kinds[number] = item
    return kinds


def _places(iloc: bytes, kinds: dict[int, bytes]) -> dict[bytes, tuple[int, int]]:
    """Of each kind, offset in the file and length of the first item that lies in one piece.

    Of the first alone: there may be 65,535 that claim all of the file.
    """
    if not kinds:
        return {}
    version, sizes = iloc[0], struct.unpack_from(">H", iloc, 4)[0]
    offset_size, length_size, base_size, index_size = (sizes >> s & 15 for s in (12, 8, 4, 0))
    index_size = index_size if version else 0  # reserved there
    wide, at = version == 2, 6

    def number(size: int) -> int:
        nonlocal at
        at += size
        if at > len(iloc):
            raise IndexError
        return int.from_bytes(iloc[at - size : at], "big")

    places: dict[bytes, tuple[int, int]] = {}
    for _ in range(min(number(4 if wide else 2), BLOCKS)):
        item = number(4 if wide else 2)
        in_file = number(2) & 15 == 0 if version else True
        number(2)  # which file: this one
        base = number(base_size)
        extents = number(2)
        if item in kinds and extents == 1 and in_file:
            number(index_size)
            offset, length = number(offset_size), number(length_size)
            places.setdefault(kinds[item], (base + offset, length))
        else:  # not one by one: of no bytes each, they would cost no room in the file
            at += extents * (index_size + offset_size + length_size)
    return places
