"""The model card: what a detector was trained on, every figure, where it fails, what it is not for.

After Mitchell et al. 2019 (arXiv 1810.03993). Made of committed numbers alone; it travels in the
detector file's metadata, so that whoever uses the file can read it without this repository.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from real_or_ai.conventions.errors import DetectorError
from real_or_ai.conventions.labels import LABELS, TEST, TRAIN, VAL
from real_or_ai.conventions.params import Params
from real_or_ai.detector_file.description import Description

METADATA_KEY = "real-or-ai card"

CHANCE = 0.5  # of a call and of a ROC AUC
FEWEST = 5  # pictures of a part that is worth a line
MOST = 8  # lines of a list, the worst first

OUT_OF_SCOPE = (
    "Deciding about a person, a claim or a payment: a detector is one hint among several.",
    "Pictures of which only a part is generated or edited, collages, screenshots of pictures.",
    "Drawings, renderings and scans, unless such pictures stand among those it was tested on.",
    "Generators and cameras newer than its pictures: expect less than the external figures say.",
)
TOY = (
    "It was trained on drawn scenes: on any photograph its score means nothing. It shows that the "
    "pipeline works, no more."
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


class Change(Params):
    """Something that happens to pictures, after which the classes may be ranked by chance."""

    split: str
    name: str
    n: int
    roc_auc: float
    low: float
    high: float


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

    def tested(self) -> tuple[str, ...]:
        """A line for each set it was tested on: whose pictures, how many, and the ROC AUC."""
        return tuple(
            f"{split} ({', '.join(self.sources.get(split, {})) or 'unnamed source'}; "
            f"n = {numbers['n']:.0f}): ROC AUC {_figure(numbers, 'roc_auc')}"
            for split, numbers in self.figures.items()
            if split != VAL and "roc_auc" in numbers
        )


def build(
    title: str,
    data: str,
    counts: Mapping[str, Any],
    figures: Mapping[str, Mapping[str, float]],
    *,
    breakdown: Sequence[Mapping[str, Any]],
    robustness: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> Card:
    """The card of one model.

    data: what its pictures are called. counts: metrics/data.json. figures: metrics/<model>.json.
    breakdown: rows of plots/<model>/breakdown.csv. robustness: split -> change that lowers the
    ROC AUC -> numbers.
    """
    split = counts["split"]
    return Card(
        title=title,
        data=data,
        drawn=counts["drawn"] > 0,
        pictures={name: {label: part[label] for label in LABELS} for name, part in split.items()},
        sources={
            name: {source: one["n"] for source, one in part["by_source"].items()}
            for name, part in split.items()
        },
        figures={name: dict(numbers) for name, numbers in figures.items()},
        parts=_weak_parts(breakdown),
        changes=_harmful_changes(robustness),
    )


def _weak_parts(breakdown: Sequence[Mapping[str, Any]]) -> tuple[Part, ...]:
    parts = (
        Part(
            **{name: str(row[name]) for name in ("split", "by", "value", "label")},
            n=int(row["n"]),
            share=float(row["called_rightly"]),
            low=float(row["called_rightly_low"]),
            high=float(row["called_rightly_high"]),
        )
        for row in breakdown
    )
    weak = [one for one in parts if one.split != VAL and one.n >= FEWEST and one.low <= CHANCE]
    return tuple(sorted(weak, key=lambda one: one.share)[:MOST])


def _harmful_changes(
    robustness: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> tuple[Change, ...]:
    changes = (
        Change(
            split=split,
            name=name,
            n=int(numbers["n"]),
            roc_auc=numbers["roc_auc"],
            low=numbers["roc_auc_low"],
            high=numbers["roc_auc_high"],
        )
        for split, by_name in robustness.items()
        for name, numbers in by_name.items()
    )
    harmful = [one for one in changes if one.low <= CHANCE]
    return tuple(sorted(harmful, key=lambda one: one.roc_auc)[:MOST])


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
    yield "Value [95 % interval]. `val` was chosen on, so its figures flatter; `external` is of"
    yield "sources that were never trained on, and says most about pictures from elsewhere."
    yield ""
    yield from _figures(card)
    yield ""
    yield "## Known failures"
    yield ""
    yield from _failures(card)
    yield ""
    yield "## Not for"
    yield ""
    for one in OUT_OF_SCOPE:
        yield f"- {one}"


def file_lines(description: Description) -> Iterator[str]:
    """What the detector file itself is, as Markdown."""
    about, delivery = description, description.delivery
    delivered = "squashed to"
    if delivery is not None:
        delivered = f"centre square, {delivery.short_side} px, JPEG {delivery.jpeg_quality}, then"
    yield "## The file"
    yield ""
    yield f"- Model {about.model}. Pictures as delivered to it: {delivered} {about.size} px."
    if about.calibration is None:
        yield "- Its scores are not calibrated: no probabilities."
    else:
        yield f"- Its scores are probabilities, calibrated on {about.calibration.n} pictures."
    if about.unsure is None:
        yield "- Nothing was promised, so every verdict is unsure."
    else:
        low, high = about.unsure.cuts
        yield (
            f"- Unsure between scores of {low:.3f} and {high:.3f}: at most "
            f"{about.unsure.alpha:.0%} of the real pictures are called AI, and of AI ones real, "
            "if they come from where its own came from; from elsewhere nothing is promised."
        )
    yield f"- Data: SHA-256 {about.data or 'unknown'}."
    yield f"- Trained with: {json.dumps(about.params)}"


def _figures(card: Card) -> Iterator[str]:
    splits = list(card.figures)
    metrics = dict.fromkeys(name for split in splits for name in card.figures[split])
    heads = (
        f"{split} (n = {card.figures[split]['n']:.0f}, {_named(card.sources.get(split, {}))})"
        for split in splits
    )
    yield f"| | {' | '.join(heads)} |"
    yield "|---" * (1 + len(splits)) + "|"
    for metric in metrics:
        if metric == "n" or metric.endswith(("_low", "_high")):
            continue
        cells = (_figure(card.figures[split], metric) for split in splits)
        yield f"| {metric} | {' | '.join(cells)} |"


def _failures(card: Card) -> Iterator[str]:
    figures = card.figures
    for split in figures:
        auc, on_test = (figures.get(name, {}).get("roc_auc") for name in (split, TEST))
        if split != VAL and auc is not None and on_test is not None and auc < on_test:
            unseen, seen = (_figure(figures[name], "roc_auc") for name in (split, TEST))
            named = _named(card.sources.get(split, {}))
            yield f"- Of sources it has not seen, {named}: ROC AUC {unseen} instead of {seen}."
    for part in card.parts:
        yield (
            f"- {part.split}, {part.by} {part.value}, {part.label}: called rightly "
            f"{part.share:.2f} [{part.low:.2f}, {part.high:.2f}] (n = {part.n})."
        )
    for change in card.changes:
        yield (
            f"- {change.split}, after {change.name}: ROC AUC {change.roc_auc:.2f} "
            f"[{change.low:.2f}, {change.high:.2f}] (n = {change.n})."
        )
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
    low, high = numbers[f"{metric}_low"], numbers[f"{metric}_high"]
    return f"{numbers[metric]:.3f} [{low:.2f}, {high:.2f}]"


def _counted(pictures: Mapping[str, int]) -> str:
    return " and ".join(f"{pictures.get(label, 0)} {label}" for label in LABELS) + " pictures"


def _named(sources: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({n})" for name, n in sources.items()) or "an unnamed source"
