"""A PNG file without the chunks that its pixels do without."""

import struct
import zlib

CHUNKS = 65_536  # looked at
_MARK = b"\x89PNG\r\n\x1a\n"
# What the pixels need, and what says how they are meant: upright, and where they are transparent.
_NEEDED = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"eXIf", b"sRGB", b"gAMA", b"cHRM"}
_MOVING = {b"acTL", b"fcTL", b"fdAT"}  # without them a first frame would pass for the picture
_LARGEST_PROFILE = 1_000_000  # bytes, unpacked: what Pillow takes


def without_texts(data: bytes) -> bytes | None:
    """The file with its needed chunks alone; None if it is no PNG, or has no others.

    For a text or profile that is too large or has a wrong checksum, which Pillow refuses the whole
    file for. A needed chunk stays as it is, be it damaged. Never raises.
    """
    if not data.startswith(_MARK):
        return None
    kept, at, dropped = [_MARK], len(_MARK), False
    for _ in range(CHUNKS):
        if at + 8 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at : at + 12 + length]
        needed = kind in _NEEDED | _MOVING or (kind == b"iCCP" and _is_small(chunk))
        if needed and (kind[0] < 0x60 or _is_sound(chunk)):
            kept.append(chunk)
        else:
            dropped = True
        at += 12 + length
        if kind == b"IEND":
            break
    return b"".join(kept) if dropped else None


def _is_small(profile: bytes) -> bool:
    """Whether a profile's chunk unpacks to no more than Pillow takes."""
    packed = profile[8:-4].partition(b"\0")[2][1:]
    try:
        unpacked = zlib.decompressobj()
        unpacked.decompress(packed, _LARGEST_PROFILE)
    except zlib.error:
        return False
    return not unpacked.unconsumed_tail


def _is_sound(chunk: bytes) -> bool:
    return zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")
