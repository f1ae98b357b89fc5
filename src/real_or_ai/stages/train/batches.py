"""Rows of all pixels as batches on the device: in place where they fit, else fetched ahead."""

import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Change = Callable[[NDArray[np.uint8], int], NDArray[np.uint8]]

AHEAD = 2  # batches that are gathered, each by a thread, while one is worked on


class Batches:
    """All pixels uint8 [N, H, W, 3] and all labels [N].

    The pixels move to a GPU if they take less than half of its free memory. Else they stay where
    they are, such as in a memory-mapped file larger than memory, and threads fetch them ahead.
    """

    def __init__(
        self, pixels: NDArray[np.uint8], labels: NDArray[np.int64], device: torch.device
    ) -> None:
        self._device = device
        self._labels = torch.from_numpy(labels).to(device)
        self._pixels = pixels
        self._in_place: Tensor | None = None
        if device.type == "cuda" and pixels.nbytes < torch.cuda.mem_get_info()[0] / 2:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", ".*not writable.*")  # nothing writes here
                self._in_place = torch.from_numpy(pixels).to(device)

    def of(
        self, rows: Tensor, size: int, change: Change | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Pixels uint8 [n, H, W, 3] and labels [n] of `size` rows at a time, on the device.

        A last single row joins the batch before it, for batch norm. change: of each picture
        [H, W, 3], by threads, with its place in `rows`.
        """
        sizes = _sizes(len(rows), size)
        # All rows at once: a copy to a GPU for each batch would make the host wait each time.
        placed = rows.to(self._device)
        labels = torch.split(self._labels[placed], sizes)
        if self._in_place is None or change is not None:
            return zip(self._ahead(torch.split(rows, sizes), change), labels, strict=True)
        pixels = (self._in_place.index_select(0, part) for part in torch.split(placed, sizes))
        return zip(pixels, labels, strict=True)

    def _ahead(self, parts: Sequence[Tensor], change: Change | None) -> Iterator[Tensor]:
        with ThreadPoolExecutor(AHEAD, "batches") as pool:
            coming = deque[Future[Tensor]]()
            begin = 0
            for part in parts:
                coming.append(pool.submit(self._gather, part, begin, change))
                begin += len(part)
                if len(coming) > AHEAD:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()

    def _gather(self, rows: Tensor, begin: int, change: Change | None) -> Tensor:
        # Pinned memory is what a GPU copies from while the host goes on.
        batch = torch.empty(
            (len(rows), *self._pixels.shape[1:]),
            dtype=torch.uint8,
            pin_memory=self._device.type == "cuda",
        )
        # By NumPy: torch would start threads of its own beside those that compute.
        pixels = batch.numpy()
        np.take(self._pixels, rows.numpy(), axis=0, out=pixels, mode="clip")
        if change is not None:
            for place, picture in enumerate(pixels):
                picture[:] = change(picture, begin + place)
        return batch.to(self._device, non_blocking=True)


def _sizes(count: int, size: int) -> list[int]:
    """What `count` rows are split into."""
    whole, rest = divmod(count, size)
    if rest == 1 and whole:
        return [size] * (whole - 1) + [size + 1]
    return [size] * whole + ([rest] if rest else [])
