"""A training for each seed, and each turn: what they all score, and which one is shipped."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from real_or_ai.conventions.arrays import Bools, Floats
from real_or_ai.conventions.labels import HELD_OUT, TRAIN, VAL
from real_or_ai.conventions.outputs import replacing
from real_or_ai.conventions.sections import AugmentationParams, FitParams
from real_or_ai.conventions.turns import Rows
from real_or_ai.stages.train import balance
from real_or_ai.stages.train.batches import Batches
from real_or_ai.stages.train.checkpoint import Checkpoint
from real_or_ai.stages.train.fitting import fit, forward
from real_or_ai.stages.train.history import Epoch, best, summed_up
from real_or_ai.stages.train.network import find
from real_or_ai.tensors.preprocessing import Preprocessing, to_unit

ASKED = "asked"  # beside TRAIN and VAL: the rows whose logits are wanted


@dataclass(frozen=True)
class Trained:
    """One training that has ended, with the weights of its best epoch."""

    seed: int
    network: nn.Module
    epochs: Sequence[Epoch]
    logits: NDArray[np.float64]  # of every picture that it was asked about, not calibrated


@dataclass(frozen=True)
class Recipe:
    """How a network is trained, whatever it learns from."""

    name: str
    batches: Batches
    split: pd.DataFrame  # split.csv, a row each of the batches
    params: FitParams
    augmentation: AugmentationParams
    device: torch.device
    checkpoints: Path  # a folder
    key: Mapping[str, str]  # what every training depends on, as `key_of` has it

    def trained(self, parts: Mapping[str, Rows], seed: int, **more: str) -> Trained:
        """One training: on the rows TRAIN of `parts`, stopped by VAL, asked about ASKED.

        more: what this training depends on beside its seed; its checkpoint's name ends with it.
        """
        torch.manual_seed(seed)
        network, size = find(self.name).build(self.params)
        file = "_".join([f"seed_{seed}", *more.values()]) + ".pt"
        epochs = fit(
            network,
            self.batches,
            train=parts[TRAIN],
            val=parts[VAL],
            size=size,
            params=self.params,
            augmentation=self.augmentation,
            device=self.device,
            seed=seed,
            checkpoint=Checkpoint(self.checkpoints / file, {**self.key, "seed": str(seed), **more}),
            chances=None
            if self.params.balance == "pictures"
            else balance.chances(self.split.iloc[parts[TRAIN]]),
        )
        print(f"{self.name}, seed {seed}: {summed_up(epochs)}")
        logits = held_out_logits(
            network, self.batches, parts[ASKED], size=size, batch_size=self.params.batch_size
        )
        return Trained(seed, network, epochs, logits)

    def trainings(self) -> Iterator[Trained]:
        """The network trained with each seed in turn, and asked about HELD_OUT."""
        splits = self.split["split"]
        parts = {name: np.flatnonzero(splits == name) for name in (TRAIN, VAL)}
        parts[ASKED] = np.flatnonzero(splits.isin(HELD_OUT))
        for seed in self.params.seeds:
            yield self.trained(parts, seed)

    def unseen(self, allowed: Bools, rows: Rows) -> Floats:
        """As `turns.write` asks: the logits of rows by a network that learnt from others alone.

        A training of its own, with the first seed.
        """
        splits = self.split["split"]
        parts = {name: np.flatnonzero(allowed & (splits == name)) for name in (TRAIN, VAL)}
        digest = hashlib.sha256(allowed.tobytes()).hexdigest()[:16]
        return self.trained({**parts, ASKED: rows}, self.params.seeds[0], turn=digest).logits


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
