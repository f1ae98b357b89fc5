"""Stage `sheets`: sample pictures of each class and source, and what each augmentation does."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from real_or_ai.conventions import tables
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import TRAIN
from real_or_ai.conventions.outputs import replacing
from real_or_ai.conventions.params import load
from real_or_ai.conventions.sections import AugmentationParams
from real_or_ai.drawing import contact_sheet
from real_or_ai.tensors.augmentation import OPERATIONS, apply, one_hot
from real_or_ai.tensors.preprocessing import to_unit

COLUMNS = 8
SEED = 0  # of the augmentations shown; nothing is learned from them


def run(pixels_npy: Path, split_csv: Path, plots: Path, augmentation: AugmentationParams) -> None:
    """Writes samples.jpg and augmentations.jpg into `plots`."""
    pixels = np.load(pixels_npy, mmap_mode="r")
    split = tables.read(split_csv)
    with replacing(plots) as temporary:
        temporary.mkdir()
        _samples(temporary / "samples.jpg", pixels, split)
        _augmentations(temporary / "augmentations.jpg", pixels, split, augmentation)


def _samples(path: Path, pixels: NDArray[np.uint8], split: pd.DataFrame) -> None:
    """A row a source and class: eight pictures, evenly spaced in the table."""
    cells: list[contact_sheet.Cell] = []
    for (source, label), rows in split.groupby(["source", "label"], sort=True):
        places = np.linspace(0, len(rows) - 1, COLUMNS).astype(int)
        cells += [
            contact_sheet.Cell(pixels[row], f"{source}\n{label}") for row in rows.index[places]
        ]
    contact_sheet.save(path, "Prepared and delivered pictures, by source and class", cells, COLUMNS)


def _augmentations(
    path: Path, pixels: NDArray[np.uint8], split: pd.DataFrame, params: AugmentationParams
) -> None:
    """A row an operation, on the same pictures."""
    train = split.index[split["split"] == TRAIN]
    rows = train[np.linspace(0, len(train) - 1, COLUMNS).astype(int)]
    images = to_unit(torch.from_numpy(pixels[rows]))
    cells = []
    for index, name in enumerate(OPERATIONS):
        chance = torch.Generator().manual_seed(SEED)
        operations = one_hot(torch.full((len(images),), index))
        changed = apply(images, operations, params, chance)
        shown = (changed.permute(0, 2, 3, 1) * 255).round().to(torch.uint8).numpy()
        used = "" if name in params.operations else "\n(not used)"
        cells += [contact_sheet.Cell(image, name + used) for image in shown]
    contact_sheet.save(path, "Each augmentation on the same training pictures", cells, COLUMNS)


if __name__ == "__main__":
    with told_in_one_sentence():
        pixels_npy, split_csv, plots = map(Path, sys.argv[1:])
        run(pixels_npy, split_csv, plots, load(AugmentationParams, "train.augmentation"))
