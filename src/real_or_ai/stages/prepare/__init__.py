"""Section `prepare`."""

import unicodedata
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from real_or_ai.conventions.labels import Label
from real_or_ai.conventions.params import Params
from real_or_ai.conventions.sections import Protocol


def _taken_by_dvc(path: str) -> str:
    """A path that DVC takes as it is. No shell ever sees it, so that any other may be odd."""
    if "${" in path:
        raise ValueError("holds ${, which DVC takes for a reference; rename the folder")
    if path.endswith(".dvc"):
        raise ValueError("ends in .dvc, as only DVC's own files may; rename it")
    if any(unicodedata.category(one) in ("Cc", "Cs") for one in path):
        raise ValueError("holds a line break or another control character; rename the folder")
    return path


DvcPath = Annotated[str, Field(min_length=1), AfterValidator(_taken_by_dvc)]


class PrepareParams(Params):
    """Where the raw pictures are and what is cleaned away."""

    raw: DvcPath
    class_folders: dict[Label, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(
        min_length=2
    )
    overrides: DvcPath
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
