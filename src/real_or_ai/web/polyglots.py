"""Files that are a picture and something else too, made to be taken for the other elsewhere.

Looked at is where another program would be misled: behind the picture's end, a PDF's header near
the start, a ZIP's directory near the file's. What stands in a picture's own metadata, as HTML in a
note, misleads nobody: no picture is sent back, and every answer says nosniff. What telephones and
cameras put behind a picture (a film, a second picture) is none of it.
"""

import re
import struct

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
_NEAR_START = 1024  # bytes in which PDF's readers look for its header
_NEAR_END = 65_557  # bytes in which a ZIP's directory ends


def also(data: bytes) -> str | None:
    """What else a picture's file is, as in `holds ... as well`; None if nothing is found."""
    behind = data[_end(data) :]
    if _ARCHIVE.search(behind) or _DIRECTORY.search(data[-_NEAR_END:]):
        return "an archive"
    if _PDF.search(data[:_NEAR_START]) or _PDF.search(behind):
        return "a PDF"
    return "a web page or script" if _PAGE.search(behind) else None


def _end(data: bytes) -> int:
    """Where the picture's own bytes end; 0 if they do not."""
    if data.startswith(b"\xff\xd8"):
        mark = data.find(b"\xff\xd9", _scan(data))  # a thumbnail in a segment has its own
        return mark + 2 if mark >= 0 else 0
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _walked(data, 8, ">I4s", 12)
    if data[:4] == b"RIFF":
        return 8 + int.from_bytes(data[4:8], "little")
    if data[:4] == b"GIF8":
        return data.rfind(b"\0;") + 2
    if data[4:8] == b"ftyp":
        return _walked(data, 0, ">I4s", 0)
    return len(data) if data[:2] in (b"II", b"MM", b"BM") else 0


def _scan(data: bytes) -> int:
    """Where a JPEG's segments end and its first scan begins; the whole length if it has none."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        filled = data[at + 1] == 0xFF
        at += 1 if filled else 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return at if data[at : at + 2] == b"\xff\xda" else len(data)


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
