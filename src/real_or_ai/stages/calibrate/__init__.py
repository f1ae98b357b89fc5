"""Section `calibrate`."""

from pydantic import Field

from real_or_ai.conventions.params import Params
from real_or_ai.conventions.sections import Turns


class CalibrateParams(Params):
    """How much a verdict promises."""

    # The largest share of the real pictures called ai, and of the ai pictures called real.
    alpha: float = Field(gt=0, lt=0.5)
    # Sources that are left out of training in turn, for scores of sources that were not seen: what
    # is fitted on them holds for further ones like them. None: val, which holds for its own.
    turns: Turns
