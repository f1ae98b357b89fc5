"""The model card in words, as Markdown."""

from collections.abc import Iterator, Mapping

from real_or_ai.card import FEWEST, MOST, Card, OfSource, broken_promises, figure
from real_or_ai.conventions.labels import EXTERNAL, LABELS, TEST, TRAIN, VAL
from real_or_ai.drawing import markdown

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

OF_SOURCES = {  # metric -> its heading
    "roc_auc": "ROC AUC",
    "balanced_accuracy": "balanced accuracy",
    "real_decided": "real decided",
    "ai_decided": "AI decided",
    "error_of_decided": "wrong among the decided",
    "real_called_ai": "real called AI",
    "ai_called_real": "AI called real",
}


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
    if card.left_out:
        yield (
            f"Its epoch, if it has epochs, was chosen on {_counted(chosen)} more; threshold, "
            "calibration and cuts by sources that were left out of training in turn: "
            f"{', '.join(card.left_out)}."
        )
    else:
        yield f"Epoch, threshold, calibration and cuts were chosen on {_counted(chosen)} more."
    yield ""
    yield "## Figures"
    yield ""
    yield FLATTER + (OF_ELSEWHERE if EXTERNAL in card.figures else OF_NOWHERE_ELSE)
    yield ""
    yield from _figures(card)
    yield ""
    if card.by_source:
        yield from _by_source(card)
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
        [metric, *(figure(card.figures[split], metric) for split in splits)]
        for metric in metrics
        if metric != "n" and not metric.endswith(("_low", "_high"))
    )
    yield markdown.table(["", *heads], rows)


def _by_source(card: Card) -> Iterator[str]:
    """A row a source: somebody's pictures are of one, and of the worst as likely as of the best."""
    yield markdown.table(
        ["source", *OF_SOURCES.values()],
        (
            [
                f"{one.source} ({one.split}, n = {one.n})",
                *(figure(one.figures, metric) for metric in OF_SOURCES),
            ]
            for one in card.by_source
        ),
    )


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
            unseen, seen = (figure(figures[name], "roc_auc") for name in (split, TEST))
            named = _named(card.sources.get(split, {}))
            yield f"- Of sources it has not seen, {named}: ROC AUC {unseen} instead of {seen}."
    for split in (TEST, EXTERNAL):
        for broken in broken_promises(split, figures.get(split, {})):
            yield f"- {broken}."
    for part in card.by_source:
        for broken in broken_promises(part.source, _promised(card, part)):
            yield f"- {broken}."
    for one in (*card.parts, *card.changes):
        yield f"- {one}"
    yield ""
    yield (
        f"Listed are, at most {MOST} each and the worst first, parts of at least {FEWEST} pictures "
        "and changes of pictures whose intervals do not exclude a coin's 0.5. What is not listed "
        "was not tested, or not found."
    )


def _promised(card: Card, one: OfSource) -> dict[str, float]:
    """The figures of a source, with what was promised of the split that it stands in."""
    alpha = {name: value for name, value in card.figures[one.split].items() if name == "alpha"}
    return one.figures | alpha


def _counted(pictures: Mapping[str, int]) -> str:
    return " and ".join(f"{pictures.get(label, 0)} {label}" for label in LABELS) + " pictures"


def _named(sources: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({n})" for name, n in sources.items()) or "an unnamed source"
