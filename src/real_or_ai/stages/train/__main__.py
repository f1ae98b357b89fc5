"""Stage `train`: fits one network and writes it as a detector file, with its curves."""

import sys
from pathlib import Path

import numpy as np
import torch

from real_or_ai.conventions import tables
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import TRAIN, VAL
from real_or_ai.conventions.params import load, load_value
from real_or_ai.conventions.sections import AugmentationParams, DecodeParams, FitParams
from real_or_ai.detector_file.origin import describe
from real_or_ai.stages.train import history
from real_or_ai.stages.train.checkpoint import Checkpoint, key_of
from real_or_ai.stages.train.fitting import fit
from real_or_ai.stages.train.network import find
from real_or_ai.tensors.device import find_device
from real_or_ai.tensors.export import export


def run(
    name: str,
    pixels_npy: Path,
    split_csv: Path,
    detector: Path,
    live: Path,
    loss_csv: Path,
    accuracy_csv: Path,
    checkpoint: Path,
    *,
    params: FitParams,
    augmentation: AugmentationParams,
    decode: DecodeParams,
    min_side: int,
) -> None:
    """Trains network `name` on train, stops and keeps weights by val, writes its detector file.

    Into `live` go DVCLive's metrics.json and plots, into the tables train and val side by side, a
    row an epoch. `checkpoint` is a file that is there while this runs and after it was stopped,
    for the next run to go on from.
    """
    pixels = np.load(pixels_npy, mmap_mode="r")
    split = tables.read(split_csv)
    train, val = (np.flatnonzero(split["split"] == part) for part in (TRAIN, VAL))
    device = find_device()
    torch.manual_seed(params.seed)
    network, input_size = find(name).build(params)
    description = describe(
        name,
        pixels,
        split_csv,
        split,
        input_size=input_size,
        min_side=min_side,
        decode=decode,
        params={"train": {"augmentation": augmentation, name: params}},
    )
    kept = Checkpoint(checkpoint, key_of(description, device))
    epochs = fit(
        network,
        pixels,
        tables.label_indices(split),
        train=train,
        val=val,
        size=input_size,
        params=params,
        augmentation=augmentation,
        device=device,
        checkpoint=kept,
    )
    history.write(epochs, live, loss_csv, accuracy_csv)
    print(f"{name}: {history.summed_up(epochs)}")
    export(network, detector, description, examples=pixels[val[:: 1 + len(val) // 16]])
    kept.remove()


if __name__ == "__main__":
    with told_in_one_sentence():
        name, *paths = sys.argv[1:]
        run(
            name,
            *map(Path, paths),
            params=load(find(name).Hyperparameters, f"train.{name}"),
            augmentation=load(AugmentationParams, "train.augmentation"),
            decode=load(DecodeParams, "decode"),
            min_side=load_value(int, "prepare.min_side"),
        )
