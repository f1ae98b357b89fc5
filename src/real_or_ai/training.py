"""Fits a network to pixels: one loop for every network, one screen."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from real_or_ai.augmentation import augment
from real_or_ai.errors import UserError
from real_or_ai.models.preprocessing import Preprocessing, to_unit
from real_or_ai.params.train import AugmentationParams, FitParams


@dataclass(frozen=True)
class Epoch:
    """What one epoch came to; losses are mean cross entropies, accuracies shares in [0, 1]."""

    number: int  # from 1
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float


def fit(
    network: nn.Module,
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int64],
    *,
    train: NDArray[np.intp],
    val: NDArray[np.intp],
    size: int,
    params: FitParams,
    augmentation: AugmentationParams,
    device: torch.device,
    on_epoch: Callable[[Epoch], None],
) -> list[Epoch]:
    """Trains `network` with Adam and leaves it with the weights of the best validation loss.

    pixels: uint8 [N, H, W, 3], may be memory-mapped; labels: [N] in {0, 1}; train and val: rows;
    size: px of the network's input.
    Order and augmentation draw from `params.seed`; weights and dropout from torch's own generator,
    which the caller seeds.
    Raises UserError if the first validation loss is not a finite number.
    """
    chance = torch.Generator(device).manual_seed(params.seed)
    order = torch.Generator().manual_seed(params.seed)
    data = _Data(_place(pixels, device), torch.from_numpy(labels).to(device), device)
    preprocess = Preprocessing(size)
    network = network.to(device).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=params.learning_rate)
    best_weights, history = network.state_dict(), list[Epoch]()
    progress = tqdm(total=params.epochs * len(train), desc="train", unit=" pictures", disable=None)
    for number in range(1, params.epochs + 1):
        network.train()
        shuffled = torch.from_numpy(train)[torch.randperm(len(train), generator=order)]
        totals = torch.zeros(2, device=device)
        for rows in _batches(shuffled, params.batch_size):
            images, targets = data.load(rows)
            images = preprocess(augment(images, augmentation, chance))
            loss, sums = _loss_and_sums(network, images, targets)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            totals += sums
            progress.update(len(rows))
        train_loss, train_accuracy = (totals / len(train)).tolist()
        val_loss, val_accuracy = _validate(network, preprocess, data, val, params.batch_size)
        rate = float(optimizer.param_groups[0]["lr"])
        history.append(Epoch(number, train_loss, train_accuracy, val_loss, val_accuracy, rate))
        on_epoch(history[-1])
        progress.set_postfix(epoch=number, val_loss=f"{val_loss:.3f}")
        waited = number - best_epoch(history).number
        if waited == 0:
            best_weights = copy.deepcopy(network.state_dict())
        elif params.patience is not None and waited >= params.patience:
            break
    progress.close()
    network.load_state_dict(best_weights)
    return history


def best_epoch(history: list[Epoch]) -> Epoch:
    """The first epoch with the lowest validation loss. Raises UserError if none is finite."""
    finite = [epoch for epoch in history if math.isfinite(epoch.val_loss)]
    if not finite:
        raise UserError(
            f"train: the validation loss is {history[-1].val_loss} after epoch "
            f"{history[-1].number}; lower the learning rate ({history[-1].learning_rate:g})"
        )
    return min(finite, key=lambda epoch: epoch.val_loss)


@dataclass(frozen=True)
class _Data:
    """All pixels, where they fit best, and all labels, on the device."""

    pixels: Tensor
    labels: Tensor
    device: torch.device

    def load(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Images float32 [n, 3, H, W] in [0, 1] and labels [n] of these rows, on the device."""
        images = self.pixels[rows.to(self.pixels.device)].to(self.device, non_blocking=True)
        return to_unit(images), self.labels[rows.to(self.device)]


def _place(pixels: NDArray[np.uint8], device: torch.device) -> Tensor:
    """The pixels on a GPU if they take less than half of its free memory, else where they are."""
    tensor = torch.from_numpy(pixels)
    if device.type == "cuda" and tensor.nbytes < torch.cuda.mem_get_info()[0] / 2:
        return tensor.to(device)
    return tensor


def _batches(rows: Tensor, size: int) -> list[Tensor]:
    """Batches of `size` rows; a last single row joins the batch before it, for batch norm."""
    batches = list(torch.split(rows, size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def _loss_and_sums(network: nn.Module, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross entropy, and [summed loss, number right] for the epoch's means."""
    images = images.contiguous(memory_format=torch.channels_last)
    kind = images.device.type
    with torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda"):
        logits = network(images)
    loss = F.cross_entropy(logits.float(), targets)
    right = (logits.argmax(1) == targets).sum()
    return loss, torch.stack([loss.detach() * len(targets), right])


@torch.inference_mode()
def _validate(
    network: nn.Module, preprocess: Preprocessing, data: _Data, rows: NDArray[np.intp], size: int
) -> tuple[float, float]:
    network.eval()
    totals = torch.zeros(2, device=data.device)
    for batch in torch.split(torch.from_numpy(rows), size):
        images, targets = data.load(batch)
        totals += _loss_and_sums(network, preprocess(images), targets)[1]
    loss, accuracy = (totals / len(rows)).tolist()
    return loss, accuracy
