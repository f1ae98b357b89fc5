"""Section `calibrate`."""

from pydantic import Field

from real_or_ai.conventions.params import Params


class CalibrateParams(Params):
    """How much a verdict promises."""

    # The largest share of the real pictures called ai, and of the ai pictures called real.
    alpha: float = Field(gt=0, lt=0.5)
