"""AVIF and HEIC: boxes, and the items of theirs that hold metadata (ISO 14496-12)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

BOXES = 65_536  # in a row, looked at
LARGEST = 8_000_000  # bytes of one kind that are kept

C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


@dataclass
class Held:
    """The metadata of such a file; each is empty where it has none."""

    exif: bytes = b""
    xmp: bytes = b""
    jumbf: bytes = b""


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and body of each box in a row; what is damaged ends it. At most BOXES."""
    at = 0
    for _ in range(BOXES):
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


def blocks(data: bytes) -> Held:
    """What such a file holds. Raises struct.error or IndexError where it ends too early."""
    found = Held()
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
    return found


def _items(data: bytes, meta: bytes, found: Held) -> None:
    """EXIF and XMP, which are items whose bytes lie elsewhere in the file."""
    inner = dict(boxes(meta))
    kinds = _item_kinds(inner.get(b"iinf", b""))
    for kind, (offset, length) in _places(inner.get(b"iloc", b""), kinds).items():
        body = data[offset : offset + min(length, LARGEST)]
        if kind == b"Exif":  # the offset of the TIFF structure, then it
            (skipped,) = struct.unpack_from(">I", body)
            found.exif = body[4 + skipped :]
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
    for _ in range(min(number(4 if wide else 2), BOXES)):
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
