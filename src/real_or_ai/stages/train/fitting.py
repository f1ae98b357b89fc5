"""Fits a network to pixels: one loop for every network, one screen."""

import math
import time
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from real_or_ai.conventions.arrays import Floats
from real_or_ai.conventions.progress import progress
from real_or_ai.conventions.sections import AugmentationParams, FitParams
from real_or_ai.pictures.redelivery import redelivered
from real_or_ai.stages.train.batches import Batches, Change
from real_or_ai.stages.train.checkpoint import Checkpoint, Interrupt
from real_or_ai.stages.train.history import Epoch, best
from real_or_ai.tensors.augmentation import augment
from real_or_ai.tensors.preprocessing import Preprocessing, to_unit

# Of a one-cycle schedule (Smith & Topin 2018, arXiv 1708.07120): the share of the training in which
# the learning rate rises, and the least share of it.
RISE, LEAST = 0.15, 0.01


def fit(
    network: nn.Module,
    batches: Batches,
    *,
    train: NDArray[np.intp],
    val: NDArray[np.intp],
    size: int,
    params: FitParams,
    augmentation: AugmentationParams,
    device: torch.device,
    seed: int,
    checkpoint: Checkpoint,
    chances: Floats | None = None,
) -> list[Epoch]:
    """Trains `network` with Adam and leaves it with the weights of the best validation loss.

    train and val: rows of `batches`; size: px of the network's input. chances: how likely each of
    train is to be drawn next; None: each once an epoch.
    Order and augmentation draw from `seed`; weights and dropout from torch's own generator, which
    the caller seeds. What `checkpoint` holds is not done again; in the end it holds all.
    Raises UserError if the first validation loss is not a finite number.
    """
    preprocess = Preprocessing(size)
    network = network.to(device).to(memory_format=layout(network, device))
    now = _Training(network, params, seed, device)
    checkpoint.restore(now)
    total, done = params.epochs * len(train), len(now.history) * len(train)
    with (
        progress(total, f"train, seed {seed}", " pictures", done) as shown,
        Interrupt() as interrupt,
    ):
        while not _over(now.history, params):
            begun = time.monotonic()
            sums = torch.zeros(2, 2, device=device)  # of train and val: summed loss, number right
            network.train()
            shuffled = torch.from_numpy(train)[_order(len(train), chances, now.order)]
            change = _change(augmentation.redelivered, now.order)
            seen = len(now.history) * len(train)
            for batch, targets in batches.of(shuffled, params.batch_size, change):
                now.set_rate(params, seen / total)
                seen += len(targets)
                images = preprocess(augment(to_unit(batch), augmentation, now.chance))
                loss = _loss(network, images, targets, sums[0])
                now.optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                now.optimizer.step()
                shown.update(len(targets))
            network.eval()
            with torch.inference_mode():
                for batch, targets in batches.of(torch.from_numpy(val), params.batch_size):
                    _loss(network, preprocess(to_unit(batch)), targets, sums[1])
            now.end_epoch(sums, len(train), len(val))
            val_loss = f"{now.history[-1].val_loss:.3f}"
            shown.set_postfix(epoch=len(now.history), val_loss=val_loss, refresh=False)
            if interrupt.asked:
                checkpoint.save(now)
                raise KeyboardInterrupt
            checkpoint.save_if_due(now)
            interrupt.epoch_ends_in(time.monotonic() - begun + checkpoint.cost(now))
    checkpoint.save(now)
    network.load_state_dict(now.best)
    return now.history


class _Training:
    """All that changes from epoch to epoch."""

    def __init__(
        self, network: nn.Module, params: FitParams, seed: int, device: torch.device
    ) -> None:
        self.network = network
        self.optimizer = torch.optim.Adam(network.parameters(), params.learning_rate, fused=True)
        self.order = torch.Generator().manual_seed(seed)
        self.chance = torch.Generator(device).manual_seed(seed)
        self.best = {name: value.clone() for name, value in network.state_dict().items()}
        self.history = list[Epoch]()
        self.nbytes = 4 * sum(value.nbytes for value in self.best.values())

    def set_rate(self, params: FitParams, done: float) -> None:
        """The learning rate after the share `done` in [0, 1) of all pictures of all epochs."""
        if params.schedule == "one_cycle":
            rising = done < RISE
            share = 1 - done / RISE if rising else (done - RISE) / (1 - RISE)
            rate = params.learning_rate * (1 + math.cos(math.pi * share)) / 2
            self.optimizer.param_groups[0]["lr"] = max(rate, params.learning_rate * LEAST)

    def end_epoch(self, sums: Tensor, train: int, val: int) -> None:
        """sums [2, 2]: of `train` and of `val` pictures, the losses and how many were right."""
        # The epoch's one wait for the device.
        (train_loss, train_right), (val_loss, val_right) = sums.tolist()
        self.history.append(
            Epoch(
                number=len(self.history) + 1,
                train_loss=train_loss / train,
                train_accuracy=train_right / train,
                val_loss=val_loss / val,
                val_accuracy=val_right / val,
                learning_rate=float(self.optimizer.param_groups[0]["lr"]),
            )
        )
        if best(self.history) is self.history[-1]:
            for name, value in self.network.state_dict().items():
                self.best[name].copy_(value)

    def state_dict(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "best": self.best,
            "optimizer": self.optimizer.state_dict(),
            "order": self.order.get_state(),
            "chance": self.chance.get_state(),
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "history": [astuple(epoch) for epoch in self.history],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.best = {
            name: value.to(self.best[name].device) for name, value in state["best"].items()
        }
        self.optimizer.load_state_dict(state["optimizer"])
        self.order.set_state(state["order"])
        self.chance.set_state(state["chance"])
        torch.set_rng_state(state["torch"])
        if state["cuda"]:
            torch.cuda.set_rng_state_all(state["cuda"])
        self.history = [Epoch(*values) for values in state["history"]]


def _change(share: float, order: torch.Generator) -> Change | None:
    """Redelivers that share of the pictures of an epoch, each by its place; None if none is."""
    if not share:
        return None
    seed = int(torch.randint(2**62, (), generator=order))

    def change(picture: NDArray[np.uint8], place: int) -> NDArray[np.uint8]:
        chance = np.random.default_rng([seed, place])
        return redelivered(picture, chance) if chance.random() < share else picture

    return change


def _order(count: int, chances: Floats | None, order: torch.Generator) -> Tensor:
    """Which of `count` rows an epoch takes, one after the other [count]."""
    if chances is None:
        return torch.randperm(count, generator=order)
    return torch.multinomial(torch.tensor(chances), count, replacement=True, generator=order)


def _over(history: list[Epoch], params: FitParams) -> bool:
    if len(history) == params.epochs:
        return True
    if not history or params.patience is None:
        return False
    return len(history) - best(history).number >= params.patience


def layout(network: nn.Module, device: torch.device) -> torch.memory_format:
    """Channels last for tensor cores, and for filters of single channels, as EfficientNet has them.

    On a CPU core these took 0.7 times as long with it, the report's networks 1.1 to 1.4 times.
    """
    filters = (one for one in network.modules() if isinstance(one, nn.Conv2d))
    if device.type == "cuda" or any(one.groups > 1 for one in filters):
        return torch.channels_last
    return torch.contiguous_format


def forward(network: nn.Module, images: Tensor) -> Tensor:
    """Logits float32 [n, 2]; on a GPU computed in bfloat16 where that is safe."""
    kind = images.device.type
    with torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda"):
        logits: Tensor = network(images.contiguous(memory_format=layout(network, images.device)))
    return logits.float()


def _loss(network: nn.Module, images: Tensor, targets: Tensor, sums: Tensor) -> Tensor:
    """Mean cross entropy. Adds the batch's summed loss and number right to `sums` [2]."""
    logits = forward(network, images)
    loss = F.cross_entropy(logits, targets)
    right = (logits.argmax(1) == targets).sum()
    sums += torch.stack([loss.detach() * len(targets), right])
    return loss
