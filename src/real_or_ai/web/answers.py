"""What the API answers, as its schema documents it."""

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from real_or_ai import card_text
from real_or_ai.card import Card
from real_or_ai.check import about
from real_or_ai.check.detector import Detector
from real_or_ai.check.verdict import Verdict
from real_or_ai.claims.claim import CAUTION
from real_or_ai.detector_file.description import Description
from real_or_ai.web.limits import LIMITS, PLACES, SECONDS


class Answer(Verdict):
    """What the detector says of a picture, and apart from it what the file says of itself."""

    logit: float = Field(exclude=True)  # the score says the same
    claims_caution: str = Field(default=CAUTION, description="belongs beside the claims")


class Refusal(BaseModel):
    """Why there is no answer."""

    reason: str = Field(description="a short word")
    error: str = Field(description="a sentence")


class Bounds(BaseModel):
    """What is taken here."""

    bytes: int = LIMITS.bytes
    pixels: int = LIMITS.pixels
    seconds: float = SECONDS
    at_once: int = PLACES


class About(BaseModel):
    """What is served here."""

    model_config = ConfigDict(protected_namespaces=())

    description: Description = Field(description="what the detector file says of itself")
    caution: str | None = Field(description="belongs beside all that it says")
    tested: tuple[str, ...] = Field(description="where it was tested, and how well it did")
    card: Card | None = Field(description="its model card; null if it was never released")
    limits: Bounds = Bounds()

    @classmethod
    def of(cls, detector: Detector) -> Self:
        """What this detector is."""
        found = detector.card
        return cls(
            description=detector.description,
            caution=detector.caution or None,
            tested=found.tested() if found else (),
            card=found,
        )

    @property
    def title(self) -> str:
        """The detector's name for people, and what it was trained on."""
        if self.card is None:
            return self.description.model
        return f"{self.card.title}, trained on {self.card.data}"

    def card_text(self) -> str:
        """The card as Markdown, without its heading; of the file alone if there is no card."""
        lines: Sequence[str] = [] if self.card is None else [*card_text.lines(self.card)][1:]
        return "\n".join([*lines, "", *about.lines(self.description, self.card)])
