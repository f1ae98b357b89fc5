"""The few texts of an EXIF block that say where a picture comes from, and what a TIFF file holds.

Not by Pillow, which before 13 reads every entry with all its bytes: a block of some megabytes
whose entries overlap would take all memory.
"""

import struct
from collections.abc import Collection

ENTRIES = 512  # of a directory, looked at
LARGEST = 100_000  # bytes of a text
LARGEST_BLOCK = 8_000_000  # bytes of a block within a TIFF file

MAKE, MODEL, SOFTWARE, ARTIST = "Make", "Model", "Software", "Artist"
DESCRIPTION, USER_COMMENT = "ImageDescription", "UserComment"
_TAGS = {
    0x000B: "ProcessingSoftware",
    0x010E: DESCRIPTION,
    0x010F: MAKE,
    0x0110: MODEL,
    0x0131: SOFTWARE,
    0x013B: ARTIST,
    0x8298: "Copyright",
    0x9286: USER_COMMENT,
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
    0xA436: "ImageTitle",  # from here on Exif 3.0
    0xA437: "Photographer",
    0xA438: "ImageEditor",
    0xA439: "CameraFirmware",
    0xA43A: "RAWDevelopingSoftware",
    0xA43B: "ImageEditingSoftware",
    0xA43C: "MetadataEditingSoftware",
}
_XP = range(0x9C9B, 0x9CA0)  # UTF-16, little-endian whatever the block's order
_EXIF_IFD = 0x8769
_BYTES = (1, 2, 7, 129)  # numbers, ASCII, undefined, UTF-8 (Exif 3.0): writers use all for texts
XMP, IIM, PHOTOSHOP, C2PA = 700, 33723, 34377, 0xCD41  # blocks of a TIFF file, by their tags


def texts(tiff: bytes) -> dict[str, str]:
    """Name -> text of the entries above, from a TIFF structure. Never raises."""
    found = _entries(tiff, _TAGS, LARGEST)
    order = "<" if tiff[:2] == b"II" else ">"
    return {_TAGS[tag]: _text(value, order, xp=tag in _XP) for tag, value in found.items()}


def blocks(tiff: bytes) -> dict[int, bytes]:
    """Tag -> bytes of XMP, IIM, Photoshop's resources and C2PA in a TIFF file. Never raises."""
    return _entries(tiff, (XMP, IIM, PHOTOSHOP, C2PA), LARGEST_BLOCK)


def _entries(tiff: bytes, wanted: Collection[int], largest: int) -> dict[int, bytes]:
    """The first directory's entries of these tags, and those of the EXIF directory it points to."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    version = tiff[2:4] if order == ">" else tiff[3:1:-1]
    if order is None or version not in (b"\0*", b"\0+"):
        return {}
    reader = _Reader(tiff, order, big=version == b"\0+")
    found: dict[int, bytes] = {}
    try:
        deeper = reader.directory(reader.first(), wanted, largest, found)
        if deeper:
            reader.directory(deeper, wanted, largest, found)
    except struct.error:  # it ends in the middle of a directory
        pass
    return found


class _Reader:
    """Of classic TIFF, and of BigTIFF, whose counts and offsets have 8 bytes."""

    def __init__(self, tiff: bytes, order: str, *, big: bool) -> None:
        self._tiff = tiff
        self._order = order
        self._big = big

    def first(self) -> int:
        """Where the first directory is."""
        return self._number("Q", 8) if self._big else self._number("I", 4)

    def directory(
        self, start: int, wanted: Collection[int], largest: int, found: dict[int, bytes]
    ) -> int:
        """Adds a directory's entries; where the camera's own lies, 0 if nothing points there."""
        deeper = 0
        head, entry, inline, wide = (8, 20, 8, "Q") if self._big else (2, 12, 4, "I")
        count = self._number("Q" if self._big else "H", start)
        for index in range(min(count, ENTRIES)):
            at = start + head + entry * index
            tag, kind = self._number("H", at), self._number("H", at + 2)
            size = self._number(wide, at + 4)
            value_at = at + 4 + inline
            if tag == _EXIF_IFD:
                deeper = self._number("I" if kind == 4 else wide, value_at)
            elif tag in wanted and tag not in found and kind in _BYTES:
                place = value_at if size <= inline else self._number(wide, value_at)
                found[tag] = self._tiff[place : place + min(size, largest)]
        return deeper

    def _number(self, code: str, at: int) -> int:
        number: int
        if at < 0 or at > len(self._tiff):
            raise struct.error
        (number,) = struct.unpack_from(f"{self._order}{code}", self._tiff, at)
        return number


def _text(value: bytes, order: str, *, xp: bool) -> str:
    """A UserComment begins with the name of its code; writers differ on UTF-16's byte order."""
    if xp:
        return value.decode("utf-16-le", "replace").strip("\ufeff\0 ")
    if value.startswith(b"UNICODE\0"):
        return _unicode(value[8:], order).strip("\ufeff\0 ")
    for code in (b"ASCII\0\0\0", b"JIS\0\0\0\0\0", b"\0" * 8):
        value = value.removeprefix(code)
    return plain(value).strip("\0 ")


def plain(value: bytes) -> str:
    """UTF-8, as is usual now; else Latin-1, as it was: no text shows up garbled."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(value) - 4 and error.reason == "unexpected end of data":
            return value[: error.start].decode("utf-8")  # cut where we or the writer stopped
        return value.decode("cp1252", "replace")


def _unicode(value: bytes, order: str) -> str:
    """UTF-8 as Exif 3.0 has it, which holds no NUL; else UTF-16 by its mark.

    Without one it is the reading with more ASCII, for the wrong one has next to none.
    """
    if b"\0" not in value.rstrip(b"\0"):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            pass
    if value[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return value.decode("utf-16", "replace")
    orders = ("utf-16-be", "utf-16-le") if order == ">" else ("utf-16-le", "utf-16-be")
    readings = (value.decode(name, "replace") for name in orders)
    return max(readings, key=lambda text: sum(map(str.isascii, text)))  # the first of equal ones
