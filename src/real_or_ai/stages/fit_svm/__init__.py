"""Section `fit_svm`."""

from typing import Annotated

from pydantic import Field

from real_or_ai.conventions.params import Params, Seed

Positive = Annotated[float, Field(gt=0)]


class FitSvmParams(Params):
    """The grid that is searched, on train only, in folds that respect groups."""

    C: tuple[Positive, ...] = Field(min_length=1)
    gamma: tuple[Positive, ...] = Field(min_length=1)
    folds: int = Field(ge=2, le=50)
    scale: bool  # standardise the features first
    seed: Seed  # of the folds
