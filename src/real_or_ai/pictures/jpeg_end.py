"""JPEG files without an end mark: whole panoramas of telephones, and what was cut off.

Where a picture is whole, nothing that follows its data changes a pixel.
"""

import io
import re
import zlib
from bisect import bisect_left
from itertools import islice

from PIL import Image

from real_or_ai.conventions.errors import PictureError

MISSING = "its end is missing"
_END = b"\xff\xd9"
SEGMENTS = 10_000  # looked at
# Zeros and restarts stand within a scan. By a first byte that is fixed, which is 20 times faster.
_MARKER = re.compile(rb"\xff([^\0\xd0-\xd7\xff])")
_SCAN, _FRAMES, _PROGRESSIVE = 0xDA, {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}, (0xC2, 0xCA)
_BETWEEN = {0xC4, _SCAN, 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE}  # what may stand between scans
_ALL = 2**64 - 1  # coefficients of a block, a bit each
# As stands behind pictures and in what was filled up; as well where large areas are of one colour.
_OTHER = re.compile(rb"(.)\1{23,}|[\t\n\r -~]{24,}", re.DOTALL)
RUNS = 10_000  # of such bytes, looked at
_CLOSE = 8  # bytes: a few more may look alike by chance
_ROWS = 64  # at a time: more take twice as long, by the memory that they take

# What a decoder goes on with where data is missing: after each restart mark it may wait for.
_TAILS = [
    noise + b"".join(b"\xff" + bytes([mark]) + noise for mark in range(0xD0, 0xD8))
    for noise in (bytes(range(1, 65)), bytes(range(254, 190, -1)))
]


def ended(data: bytes) -> bytes:
    """A JPEG file as it is, or only its picture with an end mark if it has none.

    Raises PictureError if the picture was cut. Decodes it a few times where the mark is missing.
    """
    scans = _without_end(data)
    if scans is None:
        return data
    head = data[: scans[1]].rstrip(b"\xff")
    whole = _pixels(head, _TAILS[0])
    if whole != _pixels(head, _TAILS[1]) or _is_filled_up(head, scans[0], whole):
        raise PictureError("damaged", MISSING)
    return head + _END


def _without_end(data: bytes) -> tuple[int, int] | None:
    """Where the scans of a picture without its end mark begin and end; None if there is a mark.

    Raises PictureError if scans are missing. What is no JPEG is left to the decoder.
    """
    left: dict[int, int] = {}  # of each component, the coefficients that no scan has brought
    at, start, progressive = 2, 0, False
    for _ in range(SEGMENTS):
        found = _MARKER.search(data, at)
        code = found[1][0] if found else 0
        if code == _END[1] or (not start and not found):
            return None
        if start and not any(left.values()):
            return start, found.start() if found else len(data)
        if not found or (start and code not in _BETWEEN):
            break
        at = found.end()
        body = data[at + 2 : at + int.from_bytes(data[at : at + 2])]
        at += 2 + len(body)
        if code in _FRAMES:
            left, progressive = dict.fromkeys(body[6::3], _ALL), code in _PROGRESSIVE
        elif code == _SCAN and body:
            start = start or at
            brought = _brought(body) if progressive else _ALL
            for component in body[1 : 1 + 2 * body[0] : 2]:
                left[component] = left.get(component, 0) & ~brought
    else:
        return None
    raise PictureError("damaged", MISSING)


def _brought(scan: bytes) -> int:
    """The coefficients that a progressive scan's header says are complete with it, a bit each."""
    first, last, exactness = scan[-3:] if len(scan) >= 6 else (1, 0, 0)
    return 0 if exactness & 15 or last < first else (2 << min(last, 63)) - (1 << first)


def _opened(head: bytes, tail: bytes) -> Image.Image:
    return Image.open(io.BytesIO(head + tail + _END), formats=["JPEG"])


def _pixels(head: bytes, tail: bytes) -> int:
    """A checksum of the pixels that a JPEG's beginning decodes to with a tail."""
    checksum = 0
    with _opened(head, tail) as opened:
        for top in range(0, opened.height, _ROWS):
            strip = opened.crop((0, top, opened.width, min(top + _ROWS, opened.height)))
            checksum = zlib.crc32(strip.tobytes(), checksum)
    return checksum


def _is_filled_up(head: bytes, start: int, whole: int) -> bool:
    """Whether a picture's data ends amid a run of other bytes, which then filled up what was cut.

    start: of its first scan. whole: the checksum of its pixels.
    """
    runs = [found.span() for found in islice(_OTHER.finditer(head, start), RUNS)]
    # Of bytes that are other than a scan's, or a flat area's, the first without whose last it is
    # whole.
    first = bisect_left(
        runs, True, key=lambda run: _pixels(head[: run[1] - _CLOSE], _TAILS[0]) == whole
    )
    if first == len(runs):
        return False
    return _pixels(head[: runs[first][0] + _CLOSE], _TAILS[0]) != whole
