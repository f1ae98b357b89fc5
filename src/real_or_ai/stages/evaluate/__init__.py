"""Section `evaluate`."""

from pydantic import Field

from real_or_ai.conventions.params import Params, Seed


class EvaluateParams(Params):
    """How much is shown, and what the intervals are drawn from."""

    gallery: int = Field(ge=1, le=400)  # pictures in a gallery, at the most
    seed: Seed  # of the bootstrap
