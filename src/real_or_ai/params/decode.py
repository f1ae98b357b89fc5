"""Section `decode`."""

from pydantic import Field

from real_or_ai.params.base import Params


class Delivery(Params):
    """Short side to `short_side` px, centre crop to a square, one JPEG round trip."""

    short_side: int = Field(ge=16, le=4096)
    jpeg_quality: int = Field(ge=1, le=100)


class DecodeParams(Params):
    """The pixels that every detector sees."""

    size: int = Field(ge=32, le=2048)  # px of the square
    delivery: Delivery | None  # null: as found, squashed to the square
