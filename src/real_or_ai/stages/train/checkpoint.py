"""What a training needs to go on after it was killed or stopped, to the same bytes."""

import hashlib
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, BinaryIO, Protocol

import torch

from real_or_ai.conventions.errors import WriteError
from real_or_ai.conventions.outputs import replacing

SHARE = 0.02  # of the time since the last checkpoint that writing the next one may take
BYTES_PER_SECOND = 5e8  # of writing, until a first checkpoint has told
GRACE = 0.8  # seconds after Ctrl-C in which an epoch may still end and be kept


class Resumable(Protocol):
    """A training between two epochs."""

    nbytes: int  # about what its state takes

    def state_dict(self) -> dict[str, Any]:
        """Tensors, numbers, texts, and lists and dictionaries of them."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


class Checkpoint:
    """The file that holds a training's state between two epochs.

    key: what the training depends on, by name; a file with another key is stale.
    """

    def __init__(self, path: Path, key: Mapping[str, str]) -> None:
        self._path = path
        self._key = dict(key)
        self._seconds: float | None = None  # that the last write took
        self._last = time.monotonic()

    def restore(self, training: Resumable) -> None:
        """Puts `training` where the file says it was; a stale or torn file is told and ignored."""
        if not self._path.is_file():
            return
        try:
            stored = torch.load(self._path, map_location="cpu", weights_only=True)
            key, state = stored["key"], stored["state"]
        except Exception as error:  # many kinds for many kinds of damage
            print(f"{self._path}: ignored, as it is torn ({type(error).__name__})")
            return
        if other := [name for name in self._key if key.get(name) != self._key[name]]:
            print(f"{self._path}: ignored, as it is stale: of other {', '.join(other)}")
            return
        training.load_state_dict(state)
        print(f"{self._path}: goes on from there")

    def save_if_due(self, training: Resumable) -> None:
        """Saves unless that would take more than its share of the time since it was last done."""
        if time.monotonic() - self._last >= self.cost(training) / SHARE:
            self.save(training)

    def save(self, training: Resumable) -> None:
        """Replaces the file. Where there is no room for it, says so, and the training goes on."""
        begun = time.monotonic()
        try:
            with replacing(self._path) as temporary, temporary.open("wb") as file:
                _write({"key": self._key, "state": training.state_dict()}, file)
                file.flush()
                os.fsync(file.fileno())  # a rename may reach the disk before what it names
        except (WriteError, OSError) as error:
            print(f"{error}; the training goes on, but without this checkpoint")
        self._last = time.monotonic()
        self._seconds = self._last - begun

    def cost(self, training: Resumable) -> float:
        """Seconds that a write took, or is expected to."""
        return training.nbytes / BYTES_PER_SECOND if self._seconds is None else self._seconds

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)


def _write(state: Mapping[str, Any], file: BinaryIO) -> None:
    try:
        torch.save(state, file)
    except RuntimeError as error:  # torch's own words for what the disk has said before
        raise error.__context__ or error from None


class Interrupt:
    """Ctrl-C inside the `with` waits for the end of the epoch if that is near, else stops at once.

    A second one stops at once in any case.
    """

    def __init__(self) -> None:
        self.asked = False
        self._due = float("inf")

    def epoch_ends_in(self, seconds: float) -> None:
        """Said when an epoch begins: when it will have ended and been saved."""
        self._due = time.monotonic() + seconds

    def __enter__(self) -> "Interrupt":
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:  # only there may handlers be set
            self._before = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._main:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, _: int, __: FrameType | None) -> None:
        if self.asked or self._due - time.monotonic() > GRACE:
            raise KeyboardInterrupt
        self.asked = True


def loaded_code() -> str:
    """SHA-256 of every file of this package that has been imported, in the order of its name."""
    specs = (getattr(module, "__spec__", None) for module in list(sys.modules.values()))
    files = {
        spec.name: spec.origin
        for spec in specs  # of `python -m` too, whose module is called __main__
        if spec is not None and spec.name.startswith("real_or_ai.") and spec.origin
    }
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0")
        digest.update(Path(files[name]).read_bytes())
    return digest.hexdigest()
