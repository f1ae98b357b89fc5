"""The model card: what a detector was trained on, every figure, where it fails, what it is not for.

After Mitchell et al. 2019 (arXiv 1810.03993). Made of committed numbers alone; it travels in the
detector file's metadata, so that whoever uses the file can read it without this repository.
"""

from collections.abc import Iterator, Mapping

from pydantic import Field, ValidationError

from real_or_ai.conventions.errors import DetectorError
from real_or_ai.conventions.labels import EXTERNAL, LABELS, TEST, TRAIN, VAL
from real_or_ai.conventions.params import Params
from real_or_ai.drawing import markdown
from real_or_ai.statistics.figure import Figure

METADATA_KEY = "real-or-ai card"

CHANCE = 0.5  # of a call and of a ROC AUC
FEWEST = 5  # pictures of a part that is worth a line
MOST = 8  # lines of a list, the worst first

OUT_OF_SCOPE = (
    "Deciding about a person, a claim or a payment: a detector is one hint among several.",
    "Pictures of which only a part is generated or edited, collages, screenshots of pictures.",
    "Drawings, renderings and scans, unless such pictures stand among those it was tested on.",
    "Generators and cameras newer than its pictures: expect less than the figures say.",
)
FLATTER = "Value [95 % interval]. `val` was chosen on, so its figures flatter; "
OF_ELSEWHERE = """\
`external` is of
sources that were never trained on, and says most about pictures from elsewhere."""
OF_NOWHERE_ELSE = """\
no source
was held out of training, so that no figure tells of pictures from elsewhere."""
TOY = (
    "It was trained on drawn scenes: on any photograph its score means nothing. It shows that the "
    "pipeline works, no more."
)

MISTAKES = {
    "real_called_ai": "the real pictures called AI",
    "ai_called_real": "the AI pictures called real",
}


def broken_promises(on_test: Mapping[str, float]) -> Iterator[str]:
    """A sentence for each class that was called the other more often than promised.

    on_test: the metrics on test, which is of the pictures that the promise is about.
    """
    for name, mistake in MISTAKES.items():
        if "alpha" in on_test and on_test.get(name, 0) > on_test["alpha"]:
            found = Figure.read(on_test, name)
            chance = "" if found.low > on_test["alpha"] else ", which may be chance"
            yield (
                f"{found.text()} of {mistake} on test, where at most {on_test['alpha']:g} was "
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

    def tested(self) -> tuple[str, ...]:
        """A line for each set it was tested on: whose pictures, how many, and the ROC AUC."""
        return tuple(
            f"{split} ({', '.join(self.sources.get(split, {})) or 'unnamed source'}; "
            f"n = {numbers['n']:.0f}): ROC AUC {_figure(numbers, 'roc_auc')}"
            for split, numbers in self.figures.items()
            if split != VAL and "roc_auc" in numbers
        )

    def caution(self) -> str:
        """What to say before any verdict: whether it was shown to be of use elsewhere."""
        elsewhere = self.figures.get(EXTERNAL, {})
        if "roc_auc" not in elsewhere:
            return "it was never measured on pictures from elsewhere than its own sources"
        if elsewhere["roc_auc_low"] > CHANCE:
            return ""
        return (
            "on pictures from elsewhere than its own sources it was not shown to be better than "
            f"guessing (ROC AUC {_figure(elsewhere, 'roc_auc')}, n = {elsewhere['n']:.0f})"
        )

    def kept(self) -> str:
        """What became of the promise on test, the pictures it was made for; empty without one."""
        found = self.figures.get(TEST, {})
        if "alpha" not in found or not all(name in found for name in MISTAKES):
            return ""
        told = " and ".join(f"{_figure(found, name)} of {MISTAKES[name]}" for name in MISTAKES)
        return f"On test (n = {found['n']:.0f}) it was {told}."


def from_metadata(metadata: Mapping[str, str]) -> Card | None:
    """The card in a detector file's metadata, None if it was never released with one."""
    stored = metadata.get(METADATA_KEY)
    if stored is None:
        return None
    try:
        return Card.model_validate_json(stored)
    except ValidationError as error:
        raise DetectorError("its model card is damaged or of another version") from error


def lines(card: Card) -> Iterator[str]:
    """The card as Markdown."""
    yield f"# Model card: {card.title}"
    if card.drawn:
        yield ""
        yield f"**A toy.** {TOY}"
    yield ""
    yield "## Trained on"
    yield ""
    trained, chosen = (card.pictures.get(name, {}) for name in (TRAIN, VAL))
    yield f"On {card.data}: {_counted(trained)}, from {_named(card.sources.get(TRAIN, {}))}."
    yield f"Epoch, threshold, calibration and cuts were chosen on {_counted(chosen)} more."
    yield ""
    yield "## Figures"
    yield ""
    yield FLATTER + (OF_ELSEWHERE if EXTERNAL in card.figures else OF_NOWHERE_ELSE)
    yield ""
    yield from _figures(card)
    yield ""
    if card.seeds:
        yield from _of_seeds(card)
        yield ""
    yield "## Known failures"
    yield ""
    yield from _failures(card)
    yield ""
    yield "## Not for"
    yield ""
    for one in OUT_OF_SCOPE:
        yield f"- {one}"


def _figures(card: Card) -> Iterator[str]:
    splits = list(card.figures)
    metrics = dict.fromkeys(name for split in splits for name in card.figures[split])
    heads = (
        f"{split} (n = {card.figures[split]['n']:.0f}, {_named(card.sources.get(split, {}))})"
        for split in splits
    )
    rows = (
        [metric, *(_figure(card.figures[split], metric) for split in splits)]
        for metric in metrics
        if metric != "n" and not metric.endswith(("_low", "_high"))
    )
    yield markdown.table(["", *heads], rows)


def _of_seeds(card: Card) -> Iterator[str]:
    """What other trainings of its kind score, of which it is one."""
    count = next(iter(card.seeds.values()))["seeds"]
    if count < 2:
        yield "It was trained once: what another seed would change is not known."
        return
    told = "; ".join(
        f"{split} {numbers['roc_auc_mean']:.3f} ± {numbers['roc_auc_sd']:.3f} "
        f"({numbers['roc_auc_lowest']:.3f} to {numbers['roc_auc_highest']:.3f})"
        for split, numbers in card.seeds.items()
        if "roc_auc_mean" in numbers
    )
    yield f"One of {count:.0f} trainings with other seeds, the one with the lowest loss on val."
    yield f"ROC AUC of all, mean ± standard deviation (lowest to highest): {told}."


def _failures(card: Card) -> Iterator[str]:
    figures = card.figures
    for split in figures:
        auc, on_test = (figures.get(name, {}).get("roc_auc") for name in (split, TEST))
        if split != VAL and auc is not None and on_test is not None and auc < on_test:
            unseen, seen = (_figure(figures[name], "roc_auc") for name in (split, TEST))
            named = _named(card.sources.get(split, {}))
            yield f"- Of sources it has not seen, {named}: ROC AUC {unseen} instead of {seen}."
    for broken in broken_promises(figures.get(TEST, {})):
        yield f"- {broken}."
    for one in (*card.parts, *card.changes):
        yield f"- {one}"
    yield ""
    yield (
        f"Listed are, at most {MOST} each and the worst first, parts of at least {FEWEST} pictures "
        "and changes of pictures whose intervals do not exclude a coin's 0.5. What is not listed "
        "was not tested, or not found."
    )


def _figure(numbers: Mapping[str, float], metric: str) -> str:
    if metric not in numbers:
        return "-"
    if f"{metric}_low" not in numbers:
        return f"{numbers[metric]:g}"
    return Figure.read(numbers, metric).text()


def _counted(pictures: Mapping[str, int]) -> str:
    return " and ".join(f"{pictures.get(label, 0)} {label}" for label in LABELS) + " pictures"


def _named(sources: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({n})" for name, n in sources.items()) or "an unnamed source"
