"""The model card: what a detector was trained on, every figure, where it fails, what it is not for.

After Mitchell et al. 2019 (arXiv 1810.03993). Made of committed numbers alone; it travels in the
detector file's metadata, so that whoever uses the file can read it without this repository.
"""

from collections.abc import Iterator, Mapping

from pydantic import Field, ValidationError

from real_or_ai.conventions.errors import DetectorError
from real_or_ai.conventions.labels import EXTERNAL, TEST, VAL
from real_or_ai.conventions.params import Params
from real_or_ai.statistics.figure import Figure

METADATA_KEY = "real-or-ai card"

CHANCE = 0.5  # of a call and of a ROC AUC
BEARABLE = 0.1  # of what is decided about pictures from elsewhere; more is said before any verdict
FEWEST = 5  # pictures of a part that is worth a line
MOST = 8  # lines of a list, the worst first

MISTAKES = {
    "real_called_ai": "the real pictures called AI",
    "ai_called_real": "the AI pictures called real",
}


def broken_promises(where: str, numbers: Mapping[str, float]) -> Iterator[str]:
    """A sentence for each class that was called the other more often than promised.

    numbers: the metrics there, with `alpha` where something was promised.
    """
    for name, mistake in MISTAKES.items():
        if "alpha" in numbers and numbers.get(name, 0) > numbers["alpha"]:
            found = Figure.read(numbers, name)
            chance = "" if found.low > numbers["alpha"] else ", which may be chance"
            yield (
                f"{found.text()} of {mistake} on {where}, where at most {numbers['alpha']:g} was "
                f"promised{chance}"
            )


class Part(Params):
    """A part of a split that is called rightly no more often than a coin, as far as can be told."""

    split: str
    by: str  # source, generator, format or short side
    value: str
    label: str
    n: int
    share: float  # called rightly
    low: float
    high: float

    def __str__(self) -> str:
        share = Figure(self.share, self.low, self.high).text(2)
        return (
            f"{self.split}, {self.by} {self.value}, {self.label}: called rightly {share} "
            f"(n = {self.n})."
        )


class Change(Params):
    """Something that happens to pictures, after which the classes may be ranked by chance."""

    split: str
    name: str
    n: int
    roc_auc: float
    low: float
    high: float

    def __str__(self) -> str:
        auc = Figure(self.roc_auc, self.low, self.high).text(2)
        return f"{self.split}, after {self.name}: ROC AUC {auc} (n = {self.n})."


class OfSource(Params):
    """What became of the pictures of one source: numbers and their ends by name."""

    split: str
    source: str
    n: int
    figures: dict[str, float]


class Card(Params):
    """All that a card says; `lines` writes it out."""

    title: str
    data: str  # what the pictures are called
    drawn: bool
    pictures: dict[str, dict[str, int]]  # split -> class -> pictures
    sources: dict[str, dict[str, int]]  # split -> source -> pictures
    figures: dict[str, dict[str, float]]  # split -> metric, its _low and its _high
    parts: tuple[Part, ...]
    changes: tuple[Change, ...]
    seeds: dict[str, dict[str, float]] = Field(default_factory=dict)  # split -> over trainings
    by_source: tuple[OfSource, ...] = ()
    left_out: tuple[str, ...] = ()  # sources left out in turn, for its calibration and cuts

    def tested(self) -> tuple[str, ...]:
        """A line for each set it was tested on: whose pictures, how many, and the ROC AUC."""
        return tuple(
            f"{split} ({', '.join(self.sources.get(split, {})) or 'unnamed source'}; "
            f"n = {numbers['n']:.0f}): ROC AUC {figure(numbers, 'roc_auc')}"
            for split, numbers in self.figures.items()
            if split != VAL and "roc_auc" in numbers
        )

    def caution(self) -> str:
        """What to say before any verdict: whether it was shown to be of use elsewhere."""
        elsewhere = self.figures.get(EXTERNAL, {})
        if "roc_auc" not in elsewhere:
            return "it was never measured on pictures from elsewhere than its own sources"
        if elsewhere["roc_auc_low"] <= CHANCE:
            return (
                "on pictures from elsewhere than its own sources it was not shown to be better "
                f"than guessing (ROC AUC {figure(elsewhere, 'roc_auc')}, n = {elsewhere['n']:.0f})"
            )
        if elsewhere.get("error_of_decided", 0) > BEARABLE:
            return (
                "where it decides about pictures from elsewhere than its own sources, it is wrong "
                f"in {figure(elsewhere, 'error_of_decided')} of them "
                f"(n = {elsewhere['n_decided']:.0f})"
            )
        return ""

    def kept(self) -> str:
        """What became of the promise, on the pictures it was made for; empty without one."""
        for split in (EXTERNAL, TEST):
            found = self.figures.get(split, {})
            if "alpha" in found and all(name in found for name in MISTAKES):
                told = " and ".join(
                    f"{figure(found, name)} of {MISTAKES[name]}" for name in MISTAKES
                )
                return f"On {split} (n = {found['n']:.0f}) it was {told}."
        return ""


def from_metadata(metadata: Mapping[str, str]) -> Card | None:
    """The card in a detector file's metadata, None if it was never released with one."""
    stored = metadata.get(METADATA_KEY)
    if stored is None:
        return None
    try:
        return Card.model_validate_json(stored)
    except ValidationError as error:
        raise DetectorError("its model card is damaged or of another version") from error


def figure(numbers: Mapping[str, float], metric: str) -> str:
    if metric not in numbers:
        return "-"
    if f"{metric}_low" not in numbers:
        return f"{numbers[metric]:g}"
    return Figure.read(numbers, metric).text()
