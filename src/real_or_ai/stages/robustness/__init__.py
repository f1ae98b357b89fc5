"""Section `robustness`."""

from typing import Annotated

from pydantic import Field

from real_or_ai.conventions.params import Params, Seed


class RobustnessParams(Params):
    """How many pictures are perturbed, and what chance is drawn from."""

    # Pictures of each split, at the most; null: all.
    pictures: Annotated[int, Field(ge=10)] | None
    seed: Seed  # of the noise and of the corners' bootstrap
