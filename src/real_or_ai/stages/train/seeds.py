"""A training for each seed: what they all score, and which one is shipped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from real_or_ai.conventions.labels import HELD_OUT, TRAIN, VAL
from real_or_ai.conventions.outputs import replacing
from real_or_ai.conventions.sections import AugmentationParams, FitParams
from real_or_ai.stages.train.batches import Batches
from real_or_ai.stages.train.checkpoint import Checkpoint
from real_or_ai.stages.train.fitting import fit, forward
from real_or_ai.stages.train.history import Epoch, best, summed_up
from real_or_ai.stages.train.network import find
from real_or_ai.tensors.preprocessing import Preprocessing, to_unit


@dataclass(frozen=True)
class Trained:
    """One training that has ended, with the weights of its best epoch."""

    seed: int
    network: nn.Module
    epochs: Sequence[Epoch]
    logits: NDArray[np.float64]  # of every held-out picture, not calibrated


def trainings(
    name: str,
    batches: Batches,
    splits: "pd.Series[str]",
    *,
    params: FitParams,
    augmentation: AugmentationParams,
    device: torch.device,
    checkpoints: Path,
    key: Mapping[str, str],
) -> Iterator[Trained]:
    """Network `name` trained with each seed of `params` in turn, from the same rows of `batches`.

    splits: of each row. checkpoints: a folder, a file a seed; key: what all of them depend on, as
    `key_of` has it.
    """
    train, val = (np.flatnonzero(splits == part) for part in (TRAIN, VAL))
    held_out = np.flatnonzero(splits.isin(HELD_OUT))
    for seed in params.seeds:
        torch.manual_seed(seed)
        network, size = find(name).build(params)
        epochs = fit(
            network,
            batches,
            train=train,
            val=val,
            size=size,
            params=params,
            augmentation=augmentation,
            device=device,
            seed=seed,
            checkpoint=Checkpoint(checkpoints / f"seed_{seed}.pt", {**key, "seed": str(seed)}),
        )
        print(f"{name}, seed {seed}: {summed_up(epochs)}")
        logits = held_out_logits(
            network, batches, held_out, size=size, batch_size=params.batch_size
        )
        yield Trained(seed, network, epochs, logits)


def shipped(trainings: Iterator[Trained]) -> tuple[Trained, dict[int, NDArray[np.float64]]]:
    """The training with the lowest validation loss, the first of equals, and all logits by seed.

    Of the networks no more than two are held at once.
    """
    chosen, logits = None, {}
    for one in trainings:
        logits[one.seed] = one.logits
        if chosen is None or best(one.epochs).val_loss < best(chosen.epochs).val_loss:
            chosen = one
    assert chosen is not None  # params demand a seed
    print(f"seed {chosen.seed} of {len(logits)} has the lowest val loss and is kept")
    return chosen, logits


def held_out_logits(
    network: nn.Module, pixels: Batches, rows: NDArray[np.intp], *, size: int, batch_size: int
) -> NDArray[np.float64]:
    """Log odds of ai [n] of the rows as they are, by `network` in evaluation mode."""
    network.eval()
    preprocess = Preprocessing(size)
    parts = []
    with torch.inference_mode():
        for batch, _ in pixels.of(torch.from_numpy(rows), batch_size):
            outputs = forward(network, preprocess(to_unit(batch)))
            parts.append((outputs[:, 1] - outputs[:, 0]).double().cpu())
    return torch.cat(parts).numpy()


def write(path: Path, split: pd.DataFrame, logits: Mapping[int, NDArray[np.float64]]) -> None:
    """A row a held-out picture: picture, split, and a column `seed_<n>` of logits for each seed."""
    held_out = split[split["split"].isin(HELD_OUT)]
    table = held_out[["picture", "split"]].assign(
        **{f"seed_{seed}": values for seed, values in logits.items()}
    )
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.9g")
