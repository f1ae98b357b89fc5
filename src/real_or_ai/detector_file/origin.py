"""What a new detector says of where it comes from: its pictures, their delivery, its parameters."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Pixels
from real_or_ai.conventions.params import Params
from real_or_ai.conventions.sections import DecodeParams
from real_or_ai.detector_file.description import Description
from real_or_ai.detector_file.session import BATCH


def describe(
    model: str,
    pixels: Pixels,
    split_csv: Path,
    split: pd.DataFrame,
    *,
    input_size: int,
    min_side: int,
    decode: DecodeParams,
    params: Mapping[str, Params | Mapping[str, Params]],
) -> Description:
    """The description of a detector that is not calibrated yet.

    pixels [N, size, size, 3] and split: what it was trained with. min_side: px that `prepare`
    demanded of each picture. params: sections by name.
    """
    return Description(
        model=model,
        drawn=tables.count_drawn(split) > 0,
        size=decode.size,
        min_side=min_side,
        input_size=input_size,
        delivery=decode.delivery,
        params={name: _dumped(one) for name, one in params.items()},
        data=data_digest(pixels, split_csv),
    )


def data_digest(pixels: Pixels, split_csv: Path) -> str:
    """SHA-256 over the pixels and the split table that a detector was trained with."""
    digest = hashlib.sha256(split_csv.read_bytes())
    digest.update(json.dumps(pixels.shape).encode())
    for start in range(0, len(pixels), BATCH):
        digest.update(pixels[start : start + BATCH].tobytes())
    return digest.hexdigest()


def _dumped(section: Params | Mapping[str, Params]) -> object:
    if isinstance(section, Params):
        return section.model_dump(mode="json")
    return {name: one.model_dump(mode="json") for name, one in section.items()}
