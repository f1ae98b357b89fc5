"""The tables that flow between stages: a class a row, and reading and writing them as CSV.

The columns of a table are the fields of its class. Who works on whole columns reads a DataFrame,
who works on one row after the other the rows themselves, typed.
"""

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd

from real_or_ai.conventions.arrays import Bools, Box, Labels
from real_or_ai.conventions.labels import AI, LABELS, TRAIN, VAL
from real_or_ai.conventions.outputs import replacing


@dataclass(frozen=True)
class PreparedRow:
    """A row of manifest.csv: one prepared picture."""

    picture: str  # path below data/prepared
    view: str  # original | flip | rotate | crop | noise; prepare.protocol: paper makes the copies
    label: str  # real | ai
    source: str
    generator: str  # the folder below an ai folder, or empty
    raw: str  # path below the raw folder
    tile: str  # r0c1 in a split grid, or empty
    crop_box: Box | None  # in the upright raw picture; None if whole
    removed: str  # kinds of credentials that were cut off, or empty
    dropped_tiles: int  # of the same raw file: blank, too small, or copies of others
    ties: tuple[str, ...]  # files and groups; pictures that share one are one group
    raw_format: str
    raw_width: int
    raw_height: int
    raw_bytes: int
    raw_jpeg_quality: int | None  # 1 to 100
    raw_jpeg_subsampling: str  # of chroma, 4:2:0 and the like, or empty
    raw_metadata: str  # kinds that are there, as in `exif icc`, or empty
    drawn: bool  # by the stage `sample`, so that what learns from it is a toy
    sha256: str  # of the prepared picture's file
    phash: str  # 256-bit perceptual hash, hexadecimal
    width: int
    height: int


@dataclass(frozen=True)
class RejectedRow:
    """A row of rejected.csv: a raw file that is not used, and why."""

    raw: str
    label: str  # empty outside the class folders, as is the source
    source: str
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class SplitRow:
    """A row of split.csv, in the manifest's order."""

    picture: str
    label: str
    source: str
    group: str
    split: str
    view: str
    drawn: bool


@dataclass(frozen=True)
class PredictionRow:
    """A row of predictions/<model>.csv."""

    picture: str
    label: str
    source: str
    group: str
    split: str
    score: float  # calibrated probability of ai
    called: str  # real | ai, by the detector's threshold
    verdict: str  # real | ai | unsure


@dataclass(frozen=True)
class TurnRow:
    """A row of models/turns/<model>.csv: a picture of a source that was left out of training."""

    picture: str
    label: str
    source: str
    logit: float  # of ai, not calibrated, by what was trained without this source


Row = TypeVar("Row", PreparedRow, RejectedRow, SplitRow, PredictionRow, TurnRow)

YES = "yes"

# How a value of each type stands in a cell; what is not here stands as it is.
_TO_CELL: dict[Any, Callable[[Any], object]] = {
    bool: lambda value: YES if value else "",
    Box | None: lambda value: "" if value is None else " ".join(map(str, value)),
    int | None: lambda value: "" if value is None else value,
    tuple[str, ...]: lambda value: json.dumps(value, ensure_ascii=False),
}
_FROM_CELL: dict[Any, Callable[[str], object]] = {
    bool: lambda text: text == YES,
    Box | None: lambda text: tuple(map(int, text.split())) if text else None,
    int | None: lambda text: int(text) if text else None,
    tuple[str, ...]: lambda text: tuple(json.loads(text)),
    int: int,
    float: float,
}
_KINDS = (PreparedRow, RejectedRow, SplitRow, PredictionRow, TurnRow)
_NUMBERS = {
    field.name: {int: "int64", float: "float64"}[field.type]
    for kind in _KINDS
    for field in fields(kind)
    if field.type in (int, float)
}


def columns(kind: type[Row]) -> tuple[str, ...]:
    """The names of a table's columns, in order."""
    return tuple(field.name for field in fields(kind))


def read(path: Path) -> pd.DataFrame:
    """The table, with text kept as text: a folder named `NA` or `007` stays what it is."""
    header = pd.read_csv(path, nrows=0).columns
    kinds = {column: _NUMBERS.get(column, "str") for column in header}
    return pd.read_csv(path, dtype=kinds, keep_default_na=False, encoding_errors="surrogateescape")


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """The rows of a table."""
    table = read(path)
    made = [
        map(_FROM_CELL.get(field.type, _as_it_is), table[field.name].to_list())
        for field in fields(kind)
    ]
    return [kind(*cells) for cells in zip(*made, strict=True)]


def write(path: Path, kind: type[Row], rows: Iterable[Row]) -> None:
    """The rows as CSV."""
    to_cell: list[tuple[str, Callable[[Any], object]]] = [
        (field.name, _TO_CELL.get(field.type, _as_it_is)) for field in fields(kind)
    ]
    cells = [[in_cell(getattr(row, name)) for name, in_cell in to_cell] for row in rows]
    save(path, kind, pd.DataFrame(cells, columns=list(columns(kind))))


def save(path: Path, kind: type[Row], table: pd.DataFrame) -> None:
    """Those of a table's columns that are fields of `kind`, as CSV.

    Raises KeyError if one is not there.
    """
    chosen = table[list(columns(kind))]
    # Names of files may hold anything; a carriage return alone is not quoted unless all text is.
    returns = any(
        "\r" in value for row in chosen.itertuples() for value in row if type(value) is str
    )
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL
    with replacing(path) as temporary:
        chosen.to_csv(  # what is not UTF-8 is kept as the bytes it was
            temporary, index=False, lineterminator="\n", errors="surrogateescape", quoting=quoting
        )


def label_indices(table: pd.DataFrame) -> Labels:
    """The labels [N] of a table as 0 (real) and 1 (ai)."""
    return (table["label"] == LABELS[AI]).to_numpy().astype(np.int64)


def count_drawn(split: pd.DataFrame) -> int:
    """How many pictures that are trained or chosen with were drawn by the stage `sample`."""
    used = split[split["split"].isin([TRAIN, VAL])]
    return int((used["drawn"] == YES).sum())


def called_ai(predictions: pd.DataFrame) -> Bools:
    """Whether each picture [N] is called ai."""
    return (predictions["called"] == LABELS[AI]).to_numpy(dtype=np.bool_)


def _as_it_is(value: Any) -> Any:
    return value
