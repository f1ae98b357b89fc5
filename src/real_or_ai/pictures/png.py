"""A PNG file without the chunks that its pixels do without."""

import struct
import zlib

CHUNKS = 65_536  # looked at
_MARK = b"\x89PNG\r\n\x1a\n"
# What the pixels need, and what says how they are meant: upright, and where they are transparent.
_NEEDED = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"eXIf", b"sRGB", b"gAMA", b"cHRM"}


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
        if kind in _NEEDED and (kind[0] < 0x60 or _is_sound(chunk)):
            kept.append(chunk)
        else:
            dropped = True
        at += 12 + length
        if kind == b"IEND":
            break
    return b"".join(kept) if dropped else None


def _is_sound(chunk: bytes) -> bool:
    return zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")
