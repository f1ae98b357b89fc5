"""IPTC's older block (IIM 4.2), as Photoshop's image resources carry it in JPEG and TIFF."""

import struct
from collections.abc import Iterator

DATASETS = 500
LARGEST = 100_000  # bytes of a value
RESOURCES = 500
_IIM = 0x0404
# Record 2's datasets that say where a picture comes from.
_NAMES = {65: "Software", 80: "Artist", 110: "Credit", 115: "Source", 120: "Caption"}


def of_photoshop(resources: bytes) -> bytes:
    """The IIM block among Photoshop's resources; empty if there is none. Never raises."""
    at = 0
    for _ in range(RESOURCES):
        if resources[at : at + 4] != b"8BIM" or at + 7 > len(resources):
            return b""
        number = int.from_bytes(resources[at + 4 : at + 6], "big")
        name = resources[at + 6] + 1
        at += 6 + name + name % 2
        size = int.from_bytes(resources[at : at + 4], "big")
        if number == _IIM:
            return resources[at + 4 : at + 4 + size]
        at += 4 + size + size % 2
    return b""


def texts(block: bytes) -> list[tuple[str, str]]:
    """Name and text of the datasets above. Never raises."""
    from real_or_ai.claims.exif import plain

    return [(name, plain(value).strip("\0 ")) for name, value in _datasets(block)]


def _datasets(block: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    for _ in range(DATASETS):
        head = block[at : at + 5]
        if len(head) < 5 or head[0] != 0x1C:
            return
        record, dataset, size = struct.unpack(">BBH", head[1:])
        if size & 0x8000:  # an extended one: longer than any text that we look for
            return
        if record == 2 and dataset in _NAMES:
            yield _NAMES[dataset], block[at + 5 : at + 5 + min(size, LARGEST)]
        at += 5 + size
