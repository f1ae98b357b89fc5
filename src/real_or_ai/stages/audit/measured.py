"""The nulls of what was seen: their numbers, their tables and plots, and their limits."""

from pathlib import Path

import numpy as np
import pandas as pd

from real_or_ai.conventions.errors import AuditError
from real_or_ai.stages.audit import AuditParams, charts, nulls, words
from real_or_ai.stages.audit.nulls import Numbers
from real_or_ai.stages.audit.seen import Seen

NULLS = {"facts": "file facts", "thumbnail": "8x8 thumbnails", "source": "guess of the source"}

Measured = dict[str, dict[str, Numbers]]  # when -> null -> its numbers


def of(seen: Seen) -> dict[str, Numbers]:
    """The guess of the source is left out where there is one source only."""
    numbers = {
        "facts": nulls.facts_null(seen.facts, seen.facts_of),
        "thumbnail": nulls.thumbnail_null(seen.thumbnails, seen.pictures),
    }
    look = np.hstack([seen.thumbnails, seen.residuals])
    guess = nulls.source_null(look, seen.pictures)
    return numbers | ({"source": guess} if guess else {})


def write_nulls(folder: Path, numbers: Measured) -> None:
    rows = []
    for when, ones in numbers.items():
        for name, null in ones.items():
            metric = "accuracy" if name == "source" else "roc_auc"
            kinds = {"": "value", "_low": "value_low", "_high": "value_high"}
            values = {to: null[f"{metric}{kind}"] for kind, to in kinds.items()}
            row = {"null": name, "when": when, "n": null["n"], "metric": metric}
            rows.append(row | values | {"chance": null.get("chance", 0.5)})
    table = pd.DataFrame(rows)
    table.to_csv(folder / "nulls.csv", index=False)
    charts.bars(
        folder / "nulls.png",
        "What can be scored without looking at the content",
        table.assign(name=table["null"].map(NULLS)),
        ("name", "value"),
        "ROC AUC (of the guess: accuracy), with 95 % interval; dotted: chance",
    )


def write_facts(folder: Path, facts: pd.DataFrame, found: Seen) -> None:
    facts.to_csv(folder / "facts.csv", index=False)
    charts.bars(
        folder / "facts.png",
        "How well each fact of a file tells the classes apart by itself",
        facts.assign(chance=0.5),
        ("fact", "roc_auc"),
        "ROC AUC, with 95 % interval; dotted: chance",
    )
    charts.by_class(
        folder / "facts_by_class.png",
        f"The {len(found.facts)} raw files of the train pictures: each fact, by class",
        found.facts.rename(columns={"jpeg_quality": "jpeg_quality (0: none)"}),
        found.facts_of.labels,
    )


def demand_below(params: AuditParams, numbers: Measured, facts: pd.DataFrame) -> None:
    """Raises AuditError if detectors are given pictures whose class is told by too little."""
    when = list(numbers)[-1]
    limits = {"facts": params.max_facts_auc, "thumbnail": params.max_thumbnail_auc}
    for name, limit in limits.items():
        null = numbers[when][name]
        if limit is not None and null["roc_auc"] > limit:
            telling = words.ranked(facts[facts["when"] == words.AS_FOUND])
            raise AuditError(
                f"{NULLS[name]} of the train pictures {words.TITLES[when]} score "
                f"{words.auc(null)}, more than audit.max_{name}_auc allows ({limit:g}); single "
                f"facts that tell as found: {telling}; gather both classes alike, deliver them "
                f"alike (decode.delivery) or raise the limit"
            )
