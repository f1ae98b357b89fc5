"""The audit in words: how much of any detector's score could be had without looking."""

from collections.abc import Mapping

import pandas as pd

from real_or_ai.stages.audit.nulls import Numbers

AS_FOUND, DELIVERED = "as_found", "delivered"
TITLES = {AS_FOUND: "as found", DELIVERED: "as delivered"}
NEARLY_ALL = 0.9  # ROC AUC of a null from which on it leaves a detector nothing to show


def verdict(
    numbers: Mapping[str, Mapping[str, Numbers]], facts: pd.DataFrame, class_from_source: Numbers
) -> str:
    """A paragraph on the nulls `facts`, `thumbnail` and, where there are several, `source`.

    numbers: by `as_found` and, unless decode.delivery is null, `delivered`, then by null.
    facts: as by `nulls.each_fact`, with a column `when`.
    """
    when = DELIVERED if DELIVERED in numbers else AS_FOUND
    given = numbers[when]
    sentences = [_facts(numbers[AS_FOUND]["facts"])]
    single = ranked(facts[facts["when"] == AS_FOUND])
    sentences.append(f"Single facts that separate them: {single}.")
    if when == DELIVERED:
        sentences.append(_after_delivery(given["facts"]))
    else:
        sentences.append("decode.delivery is null: detectors are given the pictures as found.")
    sentences.append(
        f"8x8 thumbnails of the pictures {TITLES[when]} score {auc(given['thumbnail'])}."
    )
    told = [given[name]["roc_auc"] for name in ("facts", "thumbnail") if _tells(given[name])]
    if told:
        sentences.append(f"Only above {max(told):.2f} does a detector show that it sees more.")
    else:
        sentences.append("Neither tells the classes apart.")
    sentences.append(_source(given.get("source"), class_from_source, TITLES[when]))
    return " ".join(sentences)


def ranked(facts: pd.DataFrame) -> str:
    """The facts that tell the classes apart, most telling first, with their ROC AUC."""
    telling = facts[facts["roc_auc_low"] > 0.5]
    named = zip(telling["fact"].str.replace("_", " "), telling["roc_auc"], strict=True)
    return ", ".join(f"{fact} {auc:.2f}" for fact, auc in named) or "none"


def auc(numbers: Numbers) -> str:
    """The ROC AUC of a null with its interval."""
    low, high = numbers["roc_auc_low"], numbers["roc_auc_high"]
    return f"ROC AUC {numbers['roc_auc']:.2f} [{low:.2f}, {high:.2f}]"


def _facts(numbers: Numbers) -> str:
    known = f"{auc(numbers)} (n = {numbers['n']} raw files)"
    if not _tells(numbers):
        return (
            f"File facts alone do not tell the classes apart, {known}: no part of a score on "
            f"these pictures as found is known to come from them."
        )
    if numbers["roc_auc"] < NEARLY_ALL:
        return (
            f"File facts alone separate the classes partly, {known}: that much of a score on "
            f"these pictures as found could be had without looking at them."
        )
    return (
        f"File facts alone separate the classes, {known}: no score on these pictures as found "
        f"says anything about their content."
    )


def _after_delivery(numbers: Numbers) -> str:
    known = f"After equal delivery they score {auc(numbers)}"
    if not _tells(numbers):
        return f"{known}: nothing that could be told from chance."
    if numbers["roc_auc"] < NEARLY_ALL:
        return f"{known}: the number of bytes still separates them partly."
    return f"{known}: delivery does not hide how they came."


def _source(numbers: Numbers | None, class_from_source: Numbers, how: str) -> str:
    if numbers is None:
        return "All train pictures have one source: what it gives away cannot be measured."
    guess = (
        f"Which of {numbers['sources']} sources a picture is from is guessed from the pixels {how} "
        f"in {numbers['accuracy']:.2f} [{numbers['accuracy_low']:.2f}, "
        f"{numbers['accuracy_high']:.2f}] of cases, where always naming the largest would be right "
        f"in {numbers['chance']:.2f}; "
    )
    if not _tells(class_from_source):
        return f"{guess}the source does not tell the class, {auc(class_from_source)}."
    return f"{guess}whoever knows the source knows of the class {auc(class_from_source)}."


def _tells(numbers: Numbers) -> bool:
    return numbers["roc_auc_low"] > 0.5
