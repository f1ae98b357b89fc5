"""A picture in, a verdict out: the library's front door, behind the command line and the page.

    from real_or_ai import Detector

    detector = Detector.load("detectors/cnn.onnx")
    verdict = detector.check("picture.jpg")
    print(verdict.decision, verdict.score)

From delivery on, the code is the one that the stages measure: `delivery` and `session`.
"""

import os
from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from real_or_ai import card
from real_or_ai.card import Card
from real_or_ai.claims import evidence
from real_or_ai.claims.evidence import Claim
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

TOGETHER = 8  # pictures a run: as fast as more, and the first rows come soon


def cores() -> int:
    """That this process may use, where the system tells; else all there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Limits:
    """What a picture file may be at most, checked before it is decoded."""

    bytes: int = 200_000_000
    pixels: int = 100_000_000


@dataclass(frozen=True)
class Verdict:
    """What a detector says of one picture, and beside it what the file says of itself.

    decision: `real`, `ai` or `unsure`; None where the detector gives none (a toy, see `caution`).
    score: in [0, 1], higher for ai. probability: the same number where it is a calibrated one and a
    verdict is given, else None. logit: its log odds. claims: never part of the score; empty for an
    image without a file. caution: a sentence that belongs beside it wherever it is shown; empty if
    there is none.
    """

    decision: Decision | None
    score: float
    probability: float | None
    logit: float
    claims: tuple[Claim, ...]
    caution: str


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
        path: str | os.PathLike[str],
        *,
        toy: bool = False,
        limits: Limits | None = None,
    ) -> Self:
        """The detector in an .onnx file of ours.

        toy: let a detector that was trained on drawn pictures decide all the same. limits: of the
        files it opens, `Limits()` if None; each sets Pillow's MAX_IMAGE_PIXELS, of the whole
        process, to its own. Raises DetectorError if the file is missing, damaged or not ours.
        """
        # Of one thread a run: the pictures of a folder are spread over the cores instead.
        return cls(Session(Path(path), threads=1), toy=toy, limits=limits)

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
        if not self.description.drawn:
            return ""
        consequence = "its verdicts mean nothing" if self._toy else "a score, but no verdict"
        return f"{self.description.model} is a toy, trained on drawn pictures: {consequence}"

    def check(self, picture: Picture) -> Verdict:
        """The verdict on a path, the bytes of a file, or an image.

        Raises PictureError if that is not a whole picture of a format that is read.
        """
        image, claims = self._opened(picture)
        (verdict,) = self._verdicts([self._delivered(image)], [claims])
        return verdict

    def check_all(
        self, pictures: Iterable[P]
    ) -> Generator[tuple[P, Verdict | PictureError], None, None]:
        """Each picture with its verdict or its error, in order, as they come, on all cores.

        Takes pictures from the iterable only as fast as they are checked, so that memory does not
        grow with their number. Each verdict is that of `check`, bit for bit. Closing it stops the
        work.
        """
        taken = iter(pictures)
        first = list(islice(taken, TOGETHER))
        if len(first) < TOGETHER:  # a handful needs no pool
            yield from self._checked(first)
            return
        from concurrent.futures import Future, ThreadPoolExecutor

        # Threads: Pillow and onnxruntime work outside the interpreter's lock.
        workers = cores()
        pool = ThreadPoolExecutor(workers)
        waiting: deque[Future[list[tuple[P, Verdict | PictureError]]]] = deque()
        try:
            while first or waiting:
                if first:
                    waiting.append(pool.submit(self._checked, first))
                    first = list(islice(taken, TOGETHER))
                if not first or len(waiting) > 2 * workers:
                    yield from waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def explain(self, picture: Picture, *, seconds: float | None = None) -> "Explanation":
        """Where the score comes from; some hundred times the work of `check`.

        seconds: about what that may take, the work of ten checks at the least; the map is coarser
        where it must be. Raises PictureError as `check` does.
        """
        from real_or_ai.check import occlusion

        image, _ = self._opened(picture)
        return occlusion.occlusion(self._session.logits, self._delivered(image), seconds)

    def _checked(self, pictures: list[P]) -> list[tuple[P, Verdict | PictureError]]:
        outcomes: list[Verdict | PictureError | None] = []
        pixels, claims = [], []
        for picture in pictures:
            try:
                image, said = self._opened(picture)
                pixels.append(self._delivered(image))
                claims.append(said)
                outcomes.append(None)
            except PictureError as error:
                outcomes.append(error)
        verdicts = iter(self._verdicts(pixels, claims))
        return [
            (picture, outcome or next(verdicts))
            for picture, outcome in zip(pictures, outcomes, strict=True)
        ]

    def _opened(self, picture: Picture) -> tuple[Image.Image, tuple[Claim, ...]]:
        """The upright RGB image, and what its file says of itself."""
        if isinstance(picture, Image.Image):
            return decoding.upright_rgb(picture), ()
        if not isinstance(picture, bytes):
            picture = decoding.read_bytes(Path(picture), self._limits.bytes)
        if len(picture) > self._limits.bytes:
            raise PictureError(
                "too large", f"{len(picture)} bytes, allowed are {self._limits.bytes}"
            )
        image = decoding.decode(picture, self._limits.pixels).image
        return image, evidence.claims(picture, image)

    def _delivered(self, image: Image.Image) -> NDArray[np.uint8]:
        return deliver(image, self.description.delivery, self.description.size)

    def _verdicts(
        self, pixels: list[NDArray[np.uint8]], claims: list[tuple[Claim, ...]]
    ) -> list[Verdict]:
        if not pixels:
            return []
        logits = self._session.logits(np.stack(pixels))
        scores = score_of(logits)
        decided: list[Decision | None] = [*self._session.verdicts(scores)]
        calibrated = self.description.calibration is not None
        if self.description.drawn and not self._toy:
            decided, calibrated = [None] * len(decided), False
        return [
            Verdict(
                decision=decision,
                score=float(score),
                probability=float(score) if calibrated else None,
                logit=float(logit),
                claims=said,
                caution=self.caution,
            )
            for decision, score, logit, said in zip(decided, scores, logits, claims, strict=True)
        ]
