"""Section `fit_svm`."""

from typing import Annotated, Literal

from pydantic import Field

from real_or_ai.conventions.params import Params, Seed

OF_LAYERS: Literal["rbf_of_layers"] = "rbf_of_layers"
Positive = Annotated[float, Field(gt=0)]


class FitSvmParams(Params):
    """The grid that is searched, on train only, in folds that respect groups."""

    # The last is the mean of one for each of `features.layers`, over whose width its gamma counts.
    kernel: Literal["rbf", "linear", "rbf_of_layers"]
    C: tuple[Positive, ...] = Field(min_length=1)
    gamma: tuple[Positive, ...] = Field(min_length=1)  # of an RBF kernel; a linear one has none
    folds: int = Field(ge=2, le=50)
    scale: bool  # standardise the features first
    # What is kept of them, or of each layer's: so many principal components at most; null: all.
    components: Annotated[int, Field(ge=1)] | None
    seed: Seed  # of the folds
    half: bool  # whether the file has the weights and support vectors in half precision

    @property
    def kernels(self) -> tuple[dict[str, float], ...]:
        """The columns of the grid: what each says of the kernel, beside C."""
        return ({},) if self.kernel == "linear" else tuple({"gamma": one} for one in self.gamma)
