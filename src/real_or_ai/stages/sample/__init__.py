"""Section `sample`."""

from pydantic import Field

from real_or_ai.conventions.params import Params, Seed


class SampleParams(Params):
    """How much the embedded data set holds and what it is drawn from."""

    pictures: int = Field(ge=20, le=100_000, multiple_of=2)  # raw files, half of each class
    seed: Seed
