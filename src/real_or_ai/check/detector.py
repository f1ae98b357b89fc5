"""A picture in, a verdict out: the library's front door, behind the command line and the page.

    from real_or_ai import Detector

    detector = Detector.load()  # or the path of another one
    verdict = detector.check("picture.jpg")
    print(verdict.decision, verdict.score)

From delivery on, the code is the one that the stages measure: `delivery` and `session`.
"""

import os
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np
from PIL import Image

from real_or_ai import card
from real_or_ai.card import Card
from real_or_ai.check.project import find_detector
from real_or_ai.check.threads import spread
from real_or_ai.check.verdict import Verdict
from real_or_ai.claims import evidence
from real_or_ai.claims.claim import Claim
from real_or_ai.conventions.arrays import Pixels
from real_or_ai.conventions.errors import PictureError
from real_or_ai.conventions.labels import Decision
from real_or_ai.detector_file.description import Description
from real_or_ai.detector_file.session import Session, score_of
from real_or_ai.pictures import decoding
from real_or_ai.pictures.delivery import deliver

if TYPE_CHECKING:
    from real_or_ai.check.occlusion import Explanation

Picture = str | os.PathLike[str] | bytes | Image.Image  # a path, a file's bytes, or an image
P = TypeVar("P", bound=Picture)
Seen = tuple[Pixels, tuple[Claim, ...]]  # a delivered picture, and what its file says of itself

TOGETHER = 8  # pictures a run: as fast as more, and the first rows come soon


@dataclass(frozen=True)
class Limits:
    """What a picture file may be at most, checked before it is decoded."""

    bytes: int = 200_000_000
    pixels: int = 100_000_000


class Detector:
    """A detector file, ready to check pictures; may be used from many threads at once."""

    def __init__(
        self, session: Session, *, toy: bool = False, limits: Limits | None = None
    ) -> None:
        self._session = session
        self._card = card.from_metadata(session.metadata)
        self._toy = toy
        self._limits = limits or Limits()

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        toy: bool = False,
        limits: Limits | None = None,
    ) -> Self:
        """The detector in an .onnx file of ours.

        path: if None, what `check` takes: the choice of the project around the current folder, or
        the starter. toy: let a detector that was trained on drawn pictures decide all the same.
        limits: of the files it opens, `Limits()` if None; each sets Pillow's MAX_IMAGE_PIXELS, of
        the whole process, to its own. Raises DetectorError if the file is missing, damaged or not
        ours.
        """
        # Of one thread a run: the pictures of a folder are spread over the cores instead.
        file = find_detector(None, toy=toy) if path is None else Path(path)
        return cls(Session(file, threads=1), toy=toy, limits=limits)

    @property
    def description(self) -> Description:
        """What the file says of itself: model, delivery, threshold, promises."""
        return self._session.description

    @property
    def card(self) -> Card | None:
        """The model card in the file; None in one that the stage `release` has not written."""
        return self._card

    @property
    def caution(self) -> str:
        """What belongs beside all this detector says; empty if nothing does."""
        name = self._card.title if self._card else self.description.model
        if self.description.drawn:
            consequence = "its verdicts mean nothing" if self._toy else "a score, but no verdict"
            return f"{name} is a toy, trained on drawn pictures: {consequence}"
        caution = self._card.caution() if self._card else ""
        return f"Of the detector {name}: {caution}" if caution else ""

    def check(self, picture: Picture) -> Verdict:
        """The verdict on a path, the bytes of a file, or an image.

        Raises PictureError if that is not a whole picture of a format that is read, or is smaller
        than those that the detector was trained on.
        """
        (verdict,) = self._verdicts([self._seen(picture)])
        return verdict

    def check_all(
        self, pictures: Iterable[P]
    ) -> Generator[tuple[P, Verdict | PictureError], None, None]:
        """Each picture with its verdict or its error, in order, as they come, on all cores.

        Takes pictures from the iterable only as fast as they are checked, so that memory does not
        grow with their number. Each verdict is that of `check`, bit for bit. Closing it stops the
        work.
        """
        return spread(self._checked, pictures, TOGETHER)

    def explain(self, picture: Picture, *, seconds: float | None = None) -> "Explanation":
        """Where the score comes from; some hundred times the work of `check`.

        seconds: about what that may take, the work of ten checks at the least; the map is coarser
        where it must be. Raises PictureError as `check` does.
        """
        from real_or_ai.check import occlusion

        pixels, _ = self._seen(picture)
        return occlusion.occlusion(self._session.logits, pixels, seconds)

    def _checked(self, pictures: list[P]) -> list[tuple[P, Verdict | PictureError]]:
        seen: list[Seen] = []
        errors: list[PictureError | None] = []
        for picture in pictures:
            try:
                seen.append(self._seen(picture))
                errors.append(None)
            except PictureError as error:
                errors.append(error)
        verdicts = iter(self._verdicts(seen))
        return [
            (picture, error or next(verdicts))
            for picture, error in zip(pictures, errors, strict=True)
        ]

    def _seen(self, picture: Picture) -> Seen:
        """The square that the network is to see, and what the picture's file says of itself."""
        if isinstance(picture, Image.Image):
            image = decoding.upright_rgb(picture)
            self._demand_size(image)
            return self._delivered(image), ()
        if not isinstance(picture, bytes):
            picture = decoding.read_bytes(Path(picture), self._limits.bytes)
        if len(picture) > self._limits.bytes:
            raise PictureError(
                "too large", f"{len(picture)} bytes, allowed are {self._limits.bytes}"
            )
        image = decoding.decode(picture, self._limits.pixels).image
        self._demand_size(image)
        return self._delivered(image), evidence.claims(picture, image)

    def _demand_size(self, image: Image.Image) -> None:
        least = self.description.min_side
        if min(image.size) < least:
            raise PictureError(
                "too small",
                f"{image.width}x{image.height}, where the detector was trained on pictures of at "
                f"least {least} px a side; give it the picture in its full size",
            )

    def _delivered(self, image: Image.Image) -> Pixels:
        return deliver(image, self.description.delivery, self.description.size)

    def _verdicts(self, seen: list[Seen]) -> list[Verdict]:
        if not seen:
            return []
        logits = self._session.logits(np.stack([pixels for pixels, _ in seen]))
        scores = score_of(logits)
        decided: list[Decision | None] = [*self._session.verdicts(scores)]
        calibrated = self.description.calibration is not None
        if self.description.drawn and not self._toy:
            decided, calibrated = [None] * len(decided), False
        return [
            Verdict(
                decision=decision,
                probability=float(score) if calibrated else None,
                score=float(score),
                logit=float(logit),
                claims=claims,
                caution=self.caution,
            )
            for (_, claims), decision, score, logit in zip(
                seen, decided, scores, logits, strict=True
            )
        ]
