"""Stage `train`: fits one network and writes it as a detector file, with its curves."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from dvclive.live import Live
from torch import nn

from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import ParamsError
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import TRAIN, VAL
from real_or_ai.conventions.outputs import replacing
from real_or_ai.conventions.params import load
from real_or_ai.detector_file.description import Description
from real_or_ai.detector_file.session import data_digest
from real_or_ai.networks import AugmentationParams, CnnParams, FitParams, LeNet5Params
from real_or_ai.networks.cnn import Cnn
from real_or_ai.networks.lenet5 import LeNet5
from real_or_ai.pictures.delivery import DecodeParams
from real_or_ai.stages.train.checkpoint import Checkpoint, loaded_code
from real_or_ai.stages.train.fitting import Epoch, best_epoch, fit
from real_or_ai.tensors.device import find_device
from real_or_ai.tensors.export import export


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
    checkpoint: Path,
    *,
    params: FitParams,
    augmentation: AugmentationParams,
    decode: DecodeParams,
) -> None:
    """Trains network `name` on train, stops and keeps weights by val, writes its detector file.

    Into `curves` go DVCLive's metrics.json and plots, a point an epoch. `checkpoint` is a file
    that is there while this runs and after it was stopped, for the next run to go on from.
    """
    pixels = np.load(pixels_npy, mmap_mode="r")
    split = tables.read(split_csv)
    train, val = (np.flatnonzero(split["split"] == part) for part in (TRAIN, VAL))
    device = find_device()
    torch.manual_seed(params.seed)
    network, input_size = NETWORKS[name][1](params)
    description = Description(
        model=name,
        drawn=tables.count_drawn(split) > 0,
        size=decode.size,
        input_size=input_size,
        delivery=decode.delivery,
        params={
            "train": {"augmentation": augmentation.model_dump(mode="json")}
            | {name: params.model_dump(mode="json")}
        },
        data=data_digest(pixels, split_csv),
    )
    kept = Checkpoint(checkpoint, _key(description, device))
    history = fit(
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
    best = best_epoch(history)
    print(f"{name}: best of {len(history)} epochs is {best.number}, val loss {best.val_loss:.4f}")
    _write_curves(curves, history, best)
    export(network, detector, description, examples=pixels[val[:: 1 + len(val) // 16]])
    kept.remove()


def _key(description: Description, device: torch.device) -> dict[str, str]:
    """What the trained bytes depend on: as told where a checkpoint is of another."""
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()}"
    return {
        "parameters": description.model_copy(update={"data": ""}).model_dump_json(),
        "data": description.data,
        "code": loaded_code(),
        "machine": f"{device.type} {name}, torch {torch.__version__}",
    }


def _write_curves(folder: Path, history: list[Epoch], best: Epoch) -> None:
    """From the whole history at the end, so that nothing is lost of what a stopped run had done."""
    with (
        replacing(folder) as temporary,
        Live(str(temporary), dvcyaml=None, save_dvc_exp=False) as live,
    ):
        for epoch in history:
            _log(live, epoch)
        live.summary["best"] = {
            "epoch": best.number,
            "loss": best.val_loss,
            "accuracy": best.val_accuracy,
        }


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
