"""Section `split`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from real_or_ai.conventions.handwritten import composed
from real_or_ai.conventions.params import Params, Seed

Source = Annotated[str, AfterValidator(composed)]


class SplitParams(Params):
    """Sizes of the splits and what belongs together."""

    # Pictures of each class, or their fraction.
    test: Annotated[int, Field(ge=1)] | Annotated[float, Field(gt=0, lt=1)]
    val: float = Field(gt=0, lt=1)  # of what test leaves
    external: tuple[Source, ...]  # that are never trained on
    max_distance: int = Field(ge=0, le=64)  # of near-duplicates, in 256 bits of perceptual hash
    seed: Seed
