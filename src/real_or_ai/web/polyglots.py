"""Files that are a picture and something else too, made to be taken for the other elsewhere.

Looked at is where another program would be misled: behind the picture's end, a PDF's header near
the start, a ZIP's directory near the file's. What stands in a picture's own metadata, as HTML in a
note, misleads nobody: no picture is sent back, and every answer says nosniff. What telephones and
cameras put behind a picture (a film, a second picture with its own metadata) is none of it.
"""

import re
import struct
from collections.abc import Iterator

from real_or_ai.pictures import directories

# Byte patterns long enough not to turn up by chance in 25 MB of compressed pixels.
_ARCHIVE = re.compile(
    # ZIP's local file header: low version, known flags, known method; RAR; 7z.
    rb"PK\x03\x04[\0-\x3f][\0-\x03]..[\0-\x62]\0|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c",
    re.DOTALL,
)
_DIRECTORY = re.compile(rb"PK\x05\x06\0\0\0\0")  # of a ZIP that is one file
_PDF = re.compile(rb"%PDF-[12]\.[0-9]")
_PAGE = re.compile(
    rb"<(?:script|html|iframe|!doctype html|\?php)[\s>/]|<svg\s[^>]{0,500}xmlns", re.IGNORECASE
)
_JPEG = re.compile(rb"\0*\xff\xd8(?=\xff)")  # cameras leave some room between two
_SEGMENT = re.compile(rb"\xff+([^\xff])(..)", re.DOTALL)
PICTURES = 64  # in a row, looked at
_NEAR_START = 1024  # bytes in which PDF's readers look for its header
_NEAR_END = 65_557  # bytes in which a ZIP's directory ends


def also(data: bytes) -> str | None:
    """What else a picture's file is, as in `holds ... as well`; None if nothing is found."""
    outside = _outside(data)
    if any(map(_ARCHIVE.search, outside)) or _DIRECTORY.search(data[-_NEAR_END:]):
        return "an archive"
    if _PDF.search(data[:_NEAR_START]) or any(map(_PDF.search, outside)):
        return "a PDF"
    return "a web page or script" if any(map(_PAGE.search, outside)) else None


def _outside(data: bytes) -> list[bytes]:
    """What is neither the picture's nor its metadata's; all of it if that cannot be told."""
    if data.startswith(b"\xff\xd8"):
        return list(_outside_of_jpegs(data))
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        end = _walked(data, 8, ">I4s", 12)
    elif data[:4] == b"RIFF":
        end = 8 + int.from_bytes(data[4:8], "little")
    elif data[:4] == b"GIF8":
        end = _gif_end(data)
    elif data[4:8] == b"ftyp":
        end = _walked(data, 0, ">I4s", 0)
    elif data[:2] == b"BM":
        end = int.from_bytes(data[2:6], "little")
    else:
        end = max((page.end for page in directories.read(data)), default=0)
    return [data[end:]]


def _outside_of_jpegs(data: bytes) -> Iterator[bytes]:
    """The scans of a JPEG, behind whose last pixel much has room, and of those that follow it.

    Then what is behind them.
    """
    at = 0
    for _ in range(PICTURES):
        found = _JPEG.match(data, at)
        scan = _scan(data, found.end()) if found else len(data)
        mark = data.find(b"\xff\xd9", scan)
        if scan == len(data) or (mark < 0 and at):
            break  # it only begins like a picture
        at = mark + 2 if mark >= 0 else len(data)
        yield data[scan:at]
    yield data[at:]


def _scan(data: bytes, at: int) -> int:
    """Where a JPEG's segments end and its first scan begins; the whole length if it has none."""
    while segment := _SEGMENT.match(data, at):
        if segment[1] == b"\xda":
            return segment.start()
        at = segment.end() - 2 + max(2, int.from_bytes(segment[2]))
    return len(data)


def _gif_end(data: bytes) -> int:
    """Behind a GIF's trailer, or where its blocks end without one."""
    at = 10
    try:
        at += 3 + _colours(data[at])
        while data[at] in b"\x21\x2c":  # an extension, or a frame
            at += 2 if data[at] == 0x21 else 11 + _colours(data[at + 9])
            while data[at]:
                at += 1 + data[at]
            at += 1
        return at + (data[at] == 0x3B)
    except IndexError:  # a later frame was cut
        return len(data)


def _colours(flags: int) -> int:
    """The bytes of a GIF's table of colours."""
    return 6 << (flags & 7) if flags & 0x80 else 0


def _walked(data: bytes, at: int, form: str, more: int) -> int:
    """Behind the last of a row of chunks or boxes: a length, a name of four letters, the rest."""
    while at + 8 <= len(data):
        length, name = struct.unpack_from(form, data, at)
        if not name.isalnum() or (not more and length < 8):
            break
        at += length + more
        if name == b"IEND":
            break
    return at
