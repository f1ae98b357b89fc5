"""What a detector says of one picture: the form that the library, the command and the page share.

Its JSON, less the logit, is what `real-or-ai check` writes of a picture and what the HTTP API
answers.
"""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from real_or_ai.claims.claim import Claim
from real_or_ai.conventions.labels import Decision

SPELLED: dict[Decision | None, str] = {  # for people
    "real": "real",
    "ai": "AI",
    "unsure": "unsure",
    None: "no verdict",
}

# Nothing to say is empty here and null in JSON.
Caution = Annotated[
    str,
    BeforeValidator(lambda text: text or ""),
    PlainSerializer(lambda text: text or None, return_type=str | None),
]


class Verdict(BaseModel):
    """What the detector says of a picture, and apart from it what the file says of itself.

    None where JSON has null, but for `caution`, which is empty then. The probability is the score
    where that is calibrated and a verdict is given; claims are none of an image without a file.
    """

    model_config = ConfigDict(frozen=True, validate_by_name=True, serialize_by_alias=True)

    decision: Decision | None = Field(
        validation_alias="verdict",
        serialization_alias="verdict",
        description="null: a toy, which gives none; see `caution`",
    )
    probability: float | None = Field(description="of AI; null if the score is no probability")
    score: float = Field(ge=0, le=1, description="higher for AI")
    logit: float = Field(description="the score's log odds")
    claims: tuple[Claim, ...] = Field(description="never part of the score")
    caution: Caution = Field(description="belongs beside the verdict; null if nothing does")

    @property
    def contradicted(self) -> bool:
        """Whether the file itself says that it is of the other class."""
        if self.decision not in ("real", "ai"):
            return False
        return any(claim.suggests not in (None, self.decision) for claim in self.claims)

    @property
    def heading(self) -> str:
        """In words, as it stands above a map of where the score comes from."""
        said = f"score {self.score:.3f}"
        if self.decision is not None:
            said = f"{SPELLED[self.decision]}, {said}"
        return f"{said}. {self.caution}." if self.caution else said
