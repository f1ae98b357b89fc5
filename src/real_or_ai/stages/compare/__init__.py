"""Section `compare`."""

from real_or_ai.conventions.params import Params, Seed


class CompareParams(Params):
    """What the intervals are drawn from."""

    seed: Seed
