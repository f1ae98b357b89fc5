"""Stage `train`: fits one network, once a seed, and writes the one that val chose."""

import shutil
import sys
from pathlib import Path

import numpy as np

from real_or_ai.conventions import tables, turns
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import VAL
from real_or_ai.conventions.params import load, load_value
from real_or_ai.conventions.sections import AugmentationParams, DecodeParams, FitParams, Turns
from real_or_ai.detector_file.origin import describe
from real_or_ai.stages.train import history, seeds
from real_or_ai.stages.train.batches import Batches
from real_or_ai.stages.train.checkpoint import key_of
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
    seeds_csv: Path,
    turns_csv: Path,
    checkpoints: Path,
    *,
    params: FitParams,
    augmentation: AugmentationParams,
    decode: DecodeParams,
    min_side: int,
    sources_out: Turns,
) -> None:
    """Trains network `name` on train, once a seed; val stops each and chooses which one is shipped.

    Into `live` go DVCLive's metrics.json and plots of the chosen one, into the tables its train and
    val side by side, a row an epoch; into seeds_csv the logits of all, into turns_csv those of
    `sources_out`, which is `calibrate.turns`. `checkpoints` is a folder
    that is there until all is done, for a stopped run to go on from.
    """
    pixels = np.load(pixels_npy, mmap_mode="r")
    split = tables.read(split_csv)
    labels = tables.label_indices(split)
    device = find_device()
    batches = Batches(pixels, labels, device)
    description = describe(
        name, pixels, split_csv, split,
        input_size=find(name).build(params)[1], min_side=min_side, decode=decode,
        params={"train": {"augmentation": augmentation, name: params}},
    )  # fmt: skip
    recipe = seeds.Recipe(
        name, batches, split, params, augmentation, device, checkpoints,
        key=key_of(description, device),
    )  # fmt: skip
    chosen, logits = seeds.shipped(recipe.trainings())
    turns.write(turns_csv, split, sources_out, recipe.unseen)
    history.write(chosen.epochs, live, loss_csv, accuracy_csv, seed=chosen.seed)
    seeds.write(seeds_csv, split, logits)
    named = {"params": {**description.params, "seed": chosen.seed}}
    described = description.model_copy(update=named)
    val = np.flatnonzero(split["split"] == VAL)
    examples = pixels[val[:: 1 + len(val) // 16]]
    export(chosen.network, detector, described, examples=examples, half=params.half)
    shutil.rmtree(checkpoints, ignore_errors=True)


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
            sources_out=load_value(Turns, "calibrate.turns"),
        )
