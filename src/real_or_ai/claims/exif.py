"""The few texts of an EXIF block that say where a picture comes from.

Not by Pillow, which before 13 reads every entry with all its bytes: a block of some megabytes
whose entries overlap would take all memory.
"""

import struct

ENTRIES = 512  # of a directory, looked at
LARGEST = 100_000  # bytes of a text

MAKE, MODEL, SOFTWARE, ARTIST = "Make", "Model", "Software", "Artist"
DESCRIPTION, USER_COMMENT = "ImageDescription", "UserComment"
_TAGS = {
    0x010E: DESCRIPTION,
    0x010F: MAKE,
    0x0110: MODEL,
    0x0131: SOFTWARE,
    0x013B: ARTIST,
    0x9286: USER_COMMENT,
}
_EXIF_IFD = 0x8769
_BYTES = (1, 2, 7)  # numbers, ASCII, undefined: writers use all three for texts


def texts(tiff: bytes) -> dict[str, str]:
    """Name -> text of the entries above, from a TIFF structure. Never raises."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return {}
    found: dict[str, str] = {}
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        deeper = _directory(tiff, start, order, found)
        if deeper is not None:
            _directory(tiff, deeper, order, found)
    except struct.error:  # it ends in the middle of a directory
        pass
    return found


def _directory(tiff: bytes, start: int, order: str, found: dict[str, str]) -> int | None:
    """Adds a directory's texts; where the one of the camera lies, if it points there."""
    deeper = None
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    for index in range(min(count, ENTRIES)):
        at = start + 2 + 12 * index
        tag, kind, size = struct.unpack_from(f"{order}HHI", tiff, at)
        (offset,) = struct.unpack_from(f"{order}I", tiff, at + 8)
        if tag == _EXIF_IFD:
            deeper = offset
        elif tag in _TAGS and kind in _BYTES:
            offset = at + 8 if size <= 4 else offset
            value = tiff[offset : offset + min(size, LARGEST)]
            found.setdefault(_TAGS[tag], _text(value, order))
    return deeper


def _text(value: bytes, order: str) -> str:
    """A UserComment begins with the name of its code; writers differ on UTF-16's byte order."""
    if value.startswith(b"UNICODE\0"):
        return _utf_16(value[8:], order).strip("\ufeff\0 ")
    for code in (b"ASCII\0\0\0", b"JIS\0\0\0\0\0", b"\0" * 8):
        value = value.removeprefix(code)
    return value.decode("utf-8", "replace").strip("\0 ")


def _utf_16(value: bytes, order: str) -> str:
    """By its mark; without one the reading with more ASCII, for the wrong one has next to none."""
    if value[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return value.decode("utf-16", "replace")
    orders = ("utf-16-be", "utf-16-le") if order == ">" else ("utf-16-le", "utf-16-be")
    readings = (value.decode(name, "replace") for name in orders)
    return max(readings, key=lambda text: sum(map(str.isascii, text)))  # the first of equal ones
