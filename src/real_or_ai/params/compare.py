"""Section `compare`."""

from real_or_ai.params.base import Params


class CompareParams(Params):
    """What the intervals are drawn from."""

    seed: int
