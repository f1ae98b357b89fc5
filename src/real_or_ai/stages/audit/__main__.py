"""Stage `audit`: what the train pictures' classes can be told by without looking at them.

It opens the prepared pictures once more, to compare them as found with what decode made of them.
"""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Floats
from real_or_ai.conventions.errors import AuditError
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import ORIGINAL, TRAIN
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load
from real_or_ai.pictures import decoding
from real_or_ai.pictures.delivery import DecodeParams, Delivery, as_jpeg
from real_or_ai.pictures.parallel import in_order
from real_or_ai.stages.audit import AuditParams, charts, cues, nulls, words
from real_or_ai.stages.audit.nulls import Numbers

NULLS = {"facts": "file facts", "thumbnail": "8x8 thumbnails", "source": "guess of the source"}

Measured = dict[str, dict[str, Numbers]]  # when -> null -> its numbers


@dataclass(frozen=True)
class Seen:
    """What classifiers are given: facts of cases that have them, and of each picture the rest."""

    facts: pd.DataFrame
    facts_of: nulls.Cases
    thumbnails: Floats
    residuals: Floats
    pictures: nulls.Cases


@dataclass(frozen=True)
class AsFound:
    """One picture as found, and how many bytes its delivery takes."""

    thumbnail: Floats
    residuals: Floats
    jpeg_bytes: int


def run(
    prepared: Path,
    pixels_npy: Path,
    split_csv: Path,
    metrics_json: Path,
    plots: Path,
    *,
    params: AuditParams,
    decode: DecodeParams,
) -> None:
    """Writes the nulls, their plots and tables, and a verdict in words.

    File facts count once for each raw file, which tiles of one grid share; all else counts for
    each picture. Raises SplitError if train has too few groups, and AuditError, with all outs
    written, if a null is above its limit.
    """
    train = _train(prepared, split_csv)
    seen = _seen(prepared, np.load(pixels_npy, mmap_mode="r"), train, params, decode.delivery)
    found = seen[words.AS_FOUND]
    numbers = {when: _nulls(one) for when, one in seen.items()}
    from_source = nulls.class_from_source(found.pictures)
    facts = pd.concat(
        nulls.each_fact(one.facts, one.facts_of).assign(when=when) for when, one in seen.items()
    )
    verdict = words.verdict(numbers, facts, from_source)
    print(f"audit: {verdict}")
    write_json(metrics_json, numbers | ({"class_from_source": from_source} if from_source else {}))
    with replacing(plots) as temporary:
        temporary.mkdir()
        (temporary / "verdict.txt").write_text(f"{verdict}\n", encoding="utf-8")
        _write_nulls(temporary, numbers)
        _write_facts(temporary, facts, found)
    _demand_below(params, numbers, facts)


def _train(prepared: Path, split_csv: Path) -> pd.DataFrame:
    """The manifest of the train pictures with their groups; its index: their rows of pixels."""
    split = tables.read(split_csv)
    chosen = (split["split"] == TRAIN) & (split["view"] == ORIGINAL)
    pictures = tables.read(prepared / "manifest.csv")
    return pictures.assign(group=split["group"])[chosen]


def _seen(
    prepared: Path,
    pixels: NDArray[np.uint8],
    train: pd.DataFrame,
    params: AuditParams,
    delivery: Delivery | None,
) -> dict[str, Seen]:
    """By `as_found` and, unless there is no delivery, `delivered`."""
    look = partial(_look, prepared=prepared, delivery=delivery)
    looks = list(in_order(look, list(train["picture"]), "audit", threads=True))
    pictures = nulls.cases(train, params.folds, params.seed)
    raws = train.drop_duplicates("raw")
    seen = {
        words.AS_FOUND: Seen(
            cues.facts_as_found(raws),
            nulls.cases(raws, params.folds, params.seed),
            np.stack([one.thumbnail for one in looks]),
            np.stack([one.residuals for one in looks]),
            pictures,
        )
    }
    if delivery is not None:
        jpeg_bytes = np.array([one.jpeg_bytes for one in looks])
        delivered = [_look_at(Image.fromarray(pixels[row])) for row in train.index]
        seen[words.DELIVERED] = Seen(
            cues.facts_as_delivered(jpeg_bytes, delivery),
            pictures,
            np.stack([thumbnail for thumbnail, _ in delivered]),
            np.stack([residuals for _, residuals in delivered]),
            pictures,
        )
    return seen


def _look(name: str, *, prepared: Path, delivery: Delivery | None) -> AsFound:
    data = (prepared / name).read_bytes()
    # prepare has checked this picture's size against its own limit.
    image = decoding.decode(data, max_pixels=sys.maxsize).image
    jpeg_bytes = 0 if delivery is None else len(as_jpeg(image, delivery))
    return AsFound(*_look_at(image), jpeg_bytes)


def _look_at(image: Image.Image) -> tuple[Floats, Floats]:
    return cues.thumbnail(image), cues.residuals(image)


def _nulls(seen: Seen) -> dict[str, Numbers]:
    """The guess of the source is left out where there is one source only."""
    numbers = {
        "facts": nulls.facts_null(seen.facts, seen.facts_of),
        "thumbnail": nulls.thumbnail_null(seen.thumbnails, seen.pictures),
    }
    look = np.hstack([seen.thumbnails, seen.residuals])
    guess = nulls.source_null(look, seen.pictures)
    return numbers | ({"source": guess} if guess else {})


def _write_nulls(folder: Path, numbers: Measured) -> None:
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


def _write_facts(folder: Path, facts: pd.DataFrame, found: Seen) -> None:
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


def _demand_below(params: AuditParams, numbers: Measured, facts: pd.DataFrame) -> None:
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


if __name__ == "__main__":
    with told_in_one_sentence():
        run(
            *map(Path, sys.argv[1:]),
            params=load(AuditParams, "audit"),
            decode=load(DecodeParams, "decode"),
        )
