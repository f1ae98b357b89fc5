"""However long a directory says it is, only its first entries are looked at."""

import struct

import pytest

from real_or_ai.claims import exif


def directory(entries: int) -> bytes:
    """A TIFF whose one directory names its maker in the last of so many entries."""
    other = struct.pack("<HHII", 0x0100, 4, 1, 9)
    make = struct.pack("<HHI4s", 0x010F, 2, 4, b"Ours")
    return b"II*\0" + struct.pack("<IH", 8, entries) + other * (entries - 1) + make + bytes(4)


@pytest.mark.parametrize(("entries", "found"), [(exif.ENTRIES, True), (exif.ENTRIES + 1, False)])
def test_entries_are_counted(entries, found):
    assert ("Ours" in exif.texts(directory(entries)).values()) == found
