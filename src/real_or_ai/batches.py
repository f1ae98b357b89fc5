"""Rows of all pixels as batches on the device: in place where they fit, else fetched ahead."""

import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Batches:
    """All pixels uint8 [N, H, W, 3] and all labels [N].

    The pixels move to a GPU if they take less than half of its free memory. Else they stay where
    they are, such as in a memory-mapped file larger than memory, and a thread gathers each batch
    while the one before it is worked on.
    """

    def __init__(
        self, pixels: NDArray[np.uint8], labels: NDArray[np.int64], device: torch.device
    ) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*not writable.*")  # nothing writes here
            self._pixels = torch.from_numpy(pixels)
        self._labels = torch.from_numpy(labels).to(device)
        self._device = device
        self._in_place = device.type == "cuda" and pixels.nbytes < torch.cuda.mem_get_info()[0] / 2
        if self._in_place:
            self._pixels = self._pixels.to(device)

    def of(self, rows: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Pixels uint8 [n, H, W, 3] and labels [n] of `size` rows at a time, on the device.

        A last single row joins the batch before it, for batch norm.
        """
        sizes = _sizes(len(rows), size)
        # All rows at once: a copy to a GPU for each batch would make the host wait each time.
        labels = torch.split(self._labels[rows.to(self._device)], sizes)
        parts = torch.split(rows.to(self._pixels.device), sizes)
        gathered = map(self._gather, parts) if self._in_place else self._ahead(parts)
        return zip(gathered, labels, strict=True)

    def _ahead(self, parts: tuple[Tensor, ...]) -> Iterator[Tensor]:
        with ThreadPoolExecutor(1, "batches") as pool:
            coming = pool.submit(self._gather, parts[0])
            for part in parts[1:]:
                ready, coming = coming, pool.submit(self._gather, part)
                yield ready.result()
            yield coming.result()

    def _gather(self, rows: Tensor) -> Tensor:
        if self._in_place:
            return self._pixels.index_select(0, rows)
        # Pinned memory is what a GPU copies from while the host goes on.
        batch = torch.empty(
            (len(rows), *self._pixels.shape[1:]),
            dtype=torch.uint8,
            pin_memory=self._device.type == "cuda",
        )
        torch.index_select(self._pixels, 0, rows, out=batch)
        return batch.to(self._device, non_blocking=True)


def _sizes(count: int, size: int) -> list[int]:
    """What `count` rows are split into."""
    whole, rest = divmod(count, size)
    if rest == 1 and whole:
        return [size] * (whole - 1) + [size + 1]
    return [size] * whole + ([rest] if rest else [])
