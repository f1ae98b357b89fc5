"""One thing that a picture's file says of itself, and what belongs beside all of them."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from real_or_ai.conventions.labels import Label

CAUTION = "What a file says of itself can be forged; that it says nothing proves nothing."


@dataclass(frozen=True)
class Claim:
    """One thing that the file says of itself. Anyone can have written it: escape it in HTML."""

    kind: Annotated[str, Field(description="what was found, as `C2PA manifest`")]
    text: Annotated[str, Field(description="what it says, one printable line")]
    suggests: Annotated[Label | None, Field(description="the class it speaks for if true")]
