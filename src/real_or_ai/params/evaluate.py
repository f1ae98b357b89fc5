"""Section `evaluate`."""

from pydantic import Field

from real_or_ai.params.base import Params


class EvaluateParams(Params):
    """How much is shown."""

    gallery: int = Field(ge=1, le=400)  # pictures in a gallery, at the most
