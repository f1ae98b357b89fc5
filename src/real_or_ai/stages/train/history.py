"""What each epoch of a training came to, and how it is written for DVC to draw."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from dvclive.live import Live

from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.outputs import replacing


@dataclass(frozen=True)
class Epoch:
    """What one epoch came to; losses are mean cross entropies, accuracies shares in [0, 1]."""

    number: int  # from 1
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float


def best(epochs: Sequence[Epoch]) -> Epoch:
    """The first epoch with the lowest validation loss. Raises UserError if none is finite."""
    finite = [epoch for epoch in epochs if math.isfinite(epoch.val_loss)]
    if not finite:
        raise UserError(
            f"train: the validation loss is {epochs[-1].val_loss} after epoch "
            f"{epochs[-1].number}; lower the learning rate ({epochs[-1].learning_rate:g})"
        )
    return min(finite, key=lambda epoch: epoch.val_loss)


def summed_up(epochs: Sequence[Epoch]) -> str:
    """In words, which epoch was the best."""
    found = best(epochs)
    return f"best of {len(epochs)} epochs is {found.number}, val loss {found.val_loss:.4f}"


def write(
    epochs: Sequence[Epoch], live: Path, loss_csv: Path, accuracy_csv: Path, *, seed: int
) -> None:
    """DVCLive's folder, and of loss and of accuracy a table with train and val side by side.

    From the whole history at the end, so that nothing is lost of what a stopped run had done.
    """
    with (
        replacing(live) as temporary,
        Live(str(temporary), dvcyaml=None, save_dvc_exp=False) as logged,
    ):
        for epoch in epochs:
            _log(logged, epoch)
        found = best(epochs)
        logged.summary["best"] = {
            "seed": seed,
            "epoch": found.number,
            "loss": found.val_loss,
            "accuracy": found.val_accuracy,
        }
    table = pd.DataFrame(vars(epoch) for epoch in epochs)
    for what, path in (("loss", loss_csv), ("accuracy", accuracy_csv)):
        names = {"number": "epoch", f"train_{what}": "train", f"val_{what}": "val"}
        with replacing(path) as temporary:
            table[list(names)].rename(columns=names).to_csv(temporary, index=False)


def _log(live: Live, epoch: Epoch) -> None:
    live.step = epoch.number
    live.log_metric("train/loss", epoch.train_loss)
    live.log_metric("train/accuracy", epoch.train_accuracy)
    live.log_metric("val/loss", epoch.val_loss)
    live.log_metric("val/accuracy", epoch.val_accuracy)
    live.log_metric("learning_rate", epoch.learning_rate)
