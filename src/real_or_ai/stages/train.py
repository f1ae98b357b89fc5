"""Stage `train`: fits one network and writes it as a detector file, with its curves."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from dvclive.live import Live
from torch import nn

from real_or_ai import manifest
from real_or_ai.description import Description
from real_or_ai.device import find_device
from real_or_ai.errors import ParamsError, told_in_one_sentence
from real_or_ai.export import export
from real_or_ai.labels import TRAIN, VAL
from real_or_ai.models.cnn import Cnn
from real_or_ai.models.lenet5 import LeNet5
from real_or_ai.outputs import replacing
from real_or_ai.params.base import load
from real_or_ai.params.decode import DecodeParams
from real_or_ai.params.train import AugmentationParams, CnnParams, FitParams, LeNet5Params
from real_or_ai.session import data_digest
from real_or_ai.training import Epoch, best_epoch, fit


def lenet5(_: LeNet5Params) -> tuple[nn.Module, int]:
    """The network, and the side of its input in px."""
    return LeNet5(), LeNet5.size


def cnn(params: CnnParams) -> tuple[nn.Module, int]:
    """The network, and the side of its input in px."""
    return Cnn(params.size, params.head, params.dropout), params.size


Builder = Callable[..., tuple[nn.Module, int]]
NETWORKS: dict[str, tuple[type[FitParams], Builder]] = {
    "lenet5": (LeNet5Params, lenet5),
    "cnn": (CnnParams, cnn),
}


def run(
    name: str,
    pixels_npy: Path,
    split_csv: Path,
    detector: Path,
    curves: Path,
    *,
    params: FitParams,
    augmentation: AugmentationParams,
    decode: DecodeParams,
) -> None:
    """Trains network `name` on train, stops and keeps weights by val, writes its detector file.

    Into `curves` go DVCLive's metrics.json and plots, a point an epoch.
    """
    pixels = np.load(pixels_npy, mmap_mode="c")  # copy on write: torch wants a writable array
    split = manifest.read(split_csv)
    train, val = (np.flatnonzero(split["split"] == part) for part in (TRAIN, VAL))
    device = find_device()
    torch.manual_seed(params.seed)
    network, input_size = NETWORKS[name][1](params)
    with (
        replacing(curves) as temporary,
        Live(str(temporary), dvcyaml=None, save_dvc_exp=False) as live,
    ):
        history = fit(
            network,
            pixels,
            manifest.label_indices(split),
            train=train,
            val=val,
            size=input_size,
            params=params,
            augmentation=augmentation,
            device=device,
            on_epoch=lambda epoch: _log(live, epoch),
        )
        best = best_epoch(history)
        live.summary["best"] = {
            "epoch": best.number,
            "loss": best.val_loss,
            "accuracy": best.val_accuracy,
        }
    print(f"{name}: best of {len(history)} epochs is {best.number}, val loss {best.val_loss:.4f}")
    description = Description(
        model=name,
        drawn=manifest.count_drawn(split) > 0,
        size=decode.size,
        input_size=input_size,
        delivery=decode.delivery,
        params={
            "train": {"augmentation": augmentation.model_dump(mode="json")}
            | {name: params.model_dump(mode="json")}
        },
        data=data_digest(pixels, split_csv),
    )
    export(network, detector, description, examples=pixels[val[:: 1 + len(val) // 16]])


def _log(live: Live, epoch: Epoch) -> None:
    live.step = epoch.number
    live.log_metric("train/loss", epoch.train_loss)
    live.log_metric("train/accuracy", epoch.train_accuracy)
    live.log_metric("val/loss", epoch.val_loss)
    live.log_metric("val/accuracy", epoch.val_accuracy)
    live.log_metric("learning_rate", epoch.learning_rate)


if __name__ == "__main__":
    with told_in_one_sentence():
        name, *paths = sys.argv[1:]
        if name not in NETWORKS:
            raise ParamsError(f"dvc.yaml: no network {name}; there are {', '.join(NETWORKS)}")
        run(
            name,
            *map(Path, paths),
            params=load(NETWORKS[name][0], f"train.{name}"),
            augmentation=load(AugmentationParams, "train.augmentation"),
            decode=load(DecodeParams, "decode"),
        )
