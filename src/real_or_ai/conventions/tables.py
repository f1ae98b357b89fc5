"""The tables that flow between stages: their columns, and reading and writing them as CSV."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from real_or_ai.conventions.labels import AI, LABELS, TRAIN, VAL
from real_or_ai.conventions.outputs import replacing

MANIFEST = (
    "picture",  # path below data/prepared
    "view",  # original | flip | rotate | crop | noise; prepare.protocol: paper makes the copies
    "label",  # real | ai
    "source",
    "generator",  # the folder below an ai folder, or empty
    "raw",  # path below the raw folder
    "tile",  # r0c1 in a split grid, or empty
    "crop_box",  # x0 y0 x1 y1 in the upright raw picture, or empty if whole
    "removed",  # kinds of credentials that were cut off, or empty
    "dropped_tiles",  # of the same raw file: blank, too small, or copies of others
    "ties",  # JSON list of files and groups; pictures that share one are one group
    "raw_format",
    "raw_width",
    "raw_height",
    "raw_bytes",
    "raw_jpeg_quality",  # 1 to 100, or empty
    "raw_jpeg_subsampling",  # of chroma, 4:2:0 and the like, or empty
    "raw_metadata",  # kinds that are there, as in `exif icc`, or empty
    "drawn",  # yes | empty: by the stage `sample`, so that what learns from it is a toy
    "sha256",  # of the prepared picture's file
    "phash",  # 256-bit perceptual hash, hexadecimal
    "width",
    "height",
)
REJECTED = ("raw", "label", "source", "reason", "detail")
SPLIT = ("picture", "label", "source", "group", "split", "view", "drawn")
PREDICTIONS = (
    "picture",
    "label",
    "source",
    "group",
    "split",
    "score",  # calibrated probability of ai
    "called",  # real | ai, by the detector's threshold
    "verdict",  # real | ai | unsure
)

YES = "yes"

_NUMBERS = {
    "raw_width": "int64",
    "raw_height": "int64",
    "raw_bytes": "int64",
    "dropped_tiles": "int64",
    "width": "int64",
    "height": "int64",
    "score": "float64",
}


def read(path: Path) -> pd.DataFrame:
    """The table, with text kept as text: a folder named `NA` or `007` stays what it is."""
    header = pd.read_csv(path, nrows=0).columns
    kinds = {column: _NUMBERS.get(column, "str") for column in header}
    return pd.read_csv(path, dtype=kinds, keep_default_na=False, encoding_errors="surrogateescape")


def write(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> None:
    """The rows as CSV with exactly these columns. Raises KeyError if a row lacks one."""
    names = list(columns)
    table = pd.DataFrame([[row[name] for name in names] for row in rows], columns=names)
    # Names of files may hold anything; a carriage return alone is not quoted unless all text is.
    returns = any(
        "\r" in value for row in table.itertuples() for value in row if type(value) is str
    )
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL
    with replacing(path) as temporary:
        table.to_csv(  # what is not UTF-8 is kept as the bytes it was
            temporary, index=False, lineterminator="\n", errors="surrogateescape", quoting=quoting
        )


def label_indices(table: pd.DataFrame) -> NDArray[np.int64]:
    """The labels [N] of a table as 0 (real) and 1 (ai)."""
    return (table["label"] == LABELS[AI]).to_numpy().astype(np.int64)


def rows(table: pd.DataFrame) -> list[dict[str, object]]:
    """A table as `write` takes it."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def count_drawn(split: pd.DataFrame) -> int:
    """How many pictures that are trained or chosen with were drawn by the stage `sample`."""
    used = split[split["split"].isin([TRAIN, VAL])]
    return int((used["drawn"] == YES).sum())


def called_ai(predictions: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each picture [N] is called ai."""
    return (predictions["called"] == LABELS[AI]).to_numpy(dtype=np.bool_)
