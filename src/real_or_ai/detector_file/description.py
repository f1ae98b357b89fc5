"""What a detector file says of itself, as JSON in its metadata."""

from pydantic import ConfigDict, Field

from real_or_ai.conventions.arrays import Floats
from real_or_ai.conventions.labels import AI, EXTERNAL, LABELS, REAL, TEST, UNSURE, Decision
from real_or_ai.conventions.params import Params
from real_or_ai.conventions.sections import Delivery

METADATA_KEY = "real-or-ai"


class Calibration(Params):
    """How the network's own logit became a calibrated one: times `slope`, plus `intercept`."""

    slope: float = Field(gt=0)
    intercept: float
    n: int  # pictures it was fitted on
    left_out: tuple[str, ...] = ()  # the sources they are of, each unseen by what scored it

    def raw(self, logits: Floats) -> Floats:
        """The network's own logits [N] behind calibrated ones [N]."""
        return (logits - self.intercept) / self.slope


class Unsure(Params):
    """The cuts beyond which a verdict is sure, and what that promises."""

    alpha: float = Field(gt=0, lt=1)  # the largest share of each class that is called the other
    real_above: float  # a score above it is no longer conformal with real
    ai_below: float  # a score below it is no longer conformal with ai

    @property
    def cuts(self) -> tuple[float, float]:
        """The lower and the higher one: between them a verdict is unsure."""
        low, high = sorted((self.ai_below, self.real_above))
        return low, high

    def decisions(self, scores: Floats) -> list[Decision]:
        """The one class that each score [N] conforms with; unsure for both and for none."""
        conforms = zip(scores <= self.real_above, scores >= self.ai_below, strict=True)
        return [UNSURE if real == ai else LABELS[AI if ai else REAL] for real, ai in conforms]


class Description(Params):
    """What a detector file says of itself; stored as JSON in its metadata."""

    model_config = ConfigDict(protected_namespaces=())

    model: str
    drawn: bool  # trained on pictures that the stage `sample` drew: a toy
    labels: tuple[str, str] = LABELS
    size: int  # px of the delivered square
    min_side: int = 1  # px of the pictures it was trained on, at least
    input_size: int  # px that the graph resizes to
    delivery: Delivery | None
    threshold: float = Field(default=0.5, ge=0, le=1)  # a score at or above it is called ai
    calibration: Calibration | None = None
    unsure: Unsure | None = None  # None: nothing was promised, so nothing is decided
    params: dict[str, object]  # what it was trained with
    data: str  # digest of all pixels and of the split it was trained with

    @property
    def promised(self) -> tuple[str, ...]:
        """The splits that `unsure` promises something of: val chose, and external may differ.

        Unless it was fitted on sources that were left out in turn, as external ones are.
        """
        unseen = self.calibration is not None and self.calibration.left_out
        return (TEST, EXTERNAL) if unseen else (TEST,)
