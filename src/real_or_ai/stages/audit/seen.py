"""What classifiers that do not look at the content are given, as found and as delivered."""

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
from real_or_ai.conventions.labels import ORIGINAL, TRAIN
from real_or_ai.conventions.sections import Delivery
from real_or_ai.pictures import decoding
from real_or_ai.pictures.delivery import as_jpeg
from real_or_ai.pictures.parallel import in_order
from real_or_ai.stages.audit import AuditParams, cues, nulls, words


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


def train(prepared: Path, split_csv: Path) -> pd.DataFrame:
    """The manifest of the train pictures with their groups; its index: their rows of pixels."""
    split = tables.read(split_csv)
    chosen = (split["split"] == TRAIN) & (split["view"] == ORIGINAL)
    pictures = tables.read(prepared / "manifest.csv")
    return pictures.assign(group=split["group"])[chosen]


def seen(
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
