"""Section `fit_svm`."""

from typing import Annotated, Literal

from pydantic import Field

from real_or_ai.conventions.params import Params, Seed

Positive = Annotated[float, Field(gt=0)]


class FitSvmParams(Params):
    """The grid that is searched, on train only, in folds that respect groups."""

    kernel: Literal["rbf", "linear"]
    C: tuple[Positive, ...] = Field(min_length=1)
    gamma: tuple[Positive, ...] = Field(min_length=1)  # of an RBF kernel; a linear one has none
    folds: int = Field(ge=2, le=50)
    scale: bool  # standardise the features first
    seed: Seed  # of the folds

    @property
    def kernels(self) -> tuple[dict[str, float], ...]:
        """The columns of the grid: what each says of the kernel, beside C."""
        return tuple({"gamma": one} for one in self.gamma) if self.kernel == "rbf" else ({},)
