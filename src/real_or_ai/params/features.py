"""Section `features`."""

from pydantic import Field

from real_or_ai.params.base import Params, Seed

WEIGHTS = ("imagenet", "random")


class FeaturesParams(Params):
    """Where the SVM's 512 features come from."""

    weights: str = Field(min_length=1)  # imagenet | random | path of a state dict
    size: int = Field(ge=32, le=1024)  # px of the ResNet-18's input
    seed: Seed  # of random weights
