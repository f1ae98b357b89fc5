"""Section `prepare`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from real_or_ai.conventions.labels import Label
from real_or_ai.conventions.params import Params

EMBEDDED = "data/sample"  # what `raw` is while the embedded data set is used: a toy

# grouped: each picture once. paper: with four copies, which train and val share, as in the report.
Protocol = Literal["grouped", "paper"]


def named(raw: str) -> str:
    """What a table or a plot calls the data of this raw folder."""
    return "the embedded sample (a toy)" if raw == EMBEDDED else raw


class PrepareParams(Params):
    """Where the raw pictures are and what is cleaned away."""

    raw: str = Field(min_length=1)
    class_folders: dict[Label, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(
        min_length=2
    )
    overrides: str = Field(min_length=1)
    protocol: Protocol
    min_side: int = Field(ge=8)  # px
    max_pixels: int = Field(ge=1)  # of a raw picture, checked before decoding
    max_bytes: int = Field(ge=1)  # of a raw file
    max_cropped_share: float = Field(ge=0, lt=1)  # of a picture's area, with its credential
    crop_both_classes: float = Field(ge=0, le=0.2)  # of each side, at each edge of every picture
    max_rejected_share: float = Field(ge=0, le=1)  # of all raw files

    @model_validator(mode="after")
    def _class_folders_differ(self) -> Self:
        shared = set(self.class_folders["real"]) & set(self.class_folders["ai"])
        if shared:
            raise ValueError(f"class_folders has {min(shared)} under real and under ai")
        return self
