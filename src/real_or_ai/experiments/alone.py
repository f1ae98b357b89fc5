"""One run at a time: each writes its parameters into the same params.yaml."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from real_or_ai.conventions.errors import UserError

TMP = Path(".dvc", "tmp")
RUNNING = TMP / "rwlock"  # DVC's own: path -> who reads and who writes it


@contextmanager
def alone() -> Iterator[None]:
    """Raises UserError while DVC or another of our experiments runs here.

    The system opens the lock again however the process ends.
    """
    demand_idle()
    TMP.mkdir(parents=True, exist_ok=True)  # not there in a fresh clone
    with (TMP / "experiment.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"{Path.cwd()}: another experiment is running here; wait for its end, or run this "
                "one in a clone"
            ) from None
        yield


def demand_idle() -> None:
    """Raises UserError while DVC runs a stage here: a second run would change its parameters."""
    for pid, command in sorted(_runs()):
        if pid != os.getpid() and _is_alive(pid):
            raise UserError(
                f"{Path.cwd()}: `{command}` is running here (process {pid}); wait for its end, or "
                "run this in a clone"
            )


def _runs() -> set[tuple[int, str]]:
    """Processes that DVC says are running stages, perhaps of the past, and their commands."""
    try:
        locks = json.loads(RUNNING.read_text(encoding="utf-8"))
        readers = [one for several in locks.get("read", {}).values() for one in several]
        holders = [*readers, *locks.get("write", {}).values()]
        return {(int(one["pid"]), str(one["cmd"])) for one in holders}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # DVC's form may change
        return set()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
