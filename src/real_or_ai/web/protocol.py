"""What the server and its workers say to each other: a kind, a length, and as many bytes.

Plain bytes and JSON: a worker that a hostile picture has taken over can answer wrongly, but
there is nothing in an answer that the server would run.
"""

import struct
from typing import BinaryIO

HEADER = struct.Struct(">cI")

# What is asked, with a picture's bytes.
CHECK, EXPLAIN = b"c", b"e"
# What is answered.
READY, PNG = b"o", b"p"
VERDICT = b"v"  # a Verdict as JSON
REFUSED = b"r"  # JSON {"reason": , "detail": }: the picture's fault
FAILED = b"f"  # a traceback: our fault


def header(kind: bytes, data: bytes | bytearray) -> bytes:
    """What goes before `data`."""
    return HEADER.pack(kind, len(data))


def write(stream: BinaryIO, kind: bytes, data: bytes = b"") -> None:
    stream.write(header(kind, data) + data)
    stream.flush()


def read(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    """The next message's kind and data, None at the end."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    kind, length = HEADER.unpack(header)
    return kind, stream.read(length)
