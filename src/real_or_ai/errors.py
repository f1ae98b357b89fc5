"""Errors a person can cause, and the one place that turns them into a sentence and exit code 2.

UserError
├── ParamsError      params.yaml or an experiment file holds something that is not allowed
├── RawFolderError   the raw folder is missing, empty, one-sided or arranged in another way
├── PictureError     one file is not a picture that can be read
├── SplitError       the pictures in hand cannot be split as asked
├── AuditError       the classes can be told apart without looking, more than is allowed
├── DetectorError    a detector file is missing, foreign or damaged
├── WriteError
│   ├── NoRoomError      the disk holds no more
│   └── UnwritableError  a place where nothing can be written, whatever room there is
└── DownloadError    something that only the network has cannot be fetched

Every message says what was found, where, what was expected and what to do. Anything that is not a
UserError is a bug and keeps its traceback. Ctrl-C ends with one line and code 130.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Never


class UserError(Exception):
    """The base of all errors that a person can fix; its text is one sentence for that person."""


class ParamsError(UserError):
    """A parameter is unknown, missing, of the wrong type or out of range."""


class RawFolderError(UserError):
    """The raw folder cannot serve as a data set."""


class PictureError(UserError):
    """A file cannot be read as a picture; `reason` is a short word for tables."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)  # both, or it could not be pickled
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


class SplitError(UserError):
    """No split of the pictures has the sizes asked for, or a written split breaks its rules."""


class AuditError(UserError):
    """A null that sees no content scores more than its limit in params.yaml."""


class DetectorError(UserError):
    """A detector file cannot be used."""


class WriteError(UserError):
    """A file or folder could not be written; `reason` is the system's."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


class NoRoomError(WriteError):
    """The disk holds no more."""

    def __str__(self) -> str:
        return f"{self.path}: no room to write it ({self.reason}); free some space and run again"


class UnwritableError(WriteError):
    """Nothing can be written there, whatever room there is."""

    def __str__(self) -> str:
        return (
            f"{self.path}: cannot be written ({self.reason}); move away what is in its place, or "
            "make its folder one that you may write to, and run again"
        )


class DownloadError(UserError):
    """A download failed; the text names what to do without it."""


STOPPED = 130  # as shells say of what SIGINT ended
GRACE = 1.2  # seconds after Ctrl-C in which a process may clean up
_held = threading.RLock()  # while it is, nothing but the main thread ends the process


@contextmanager
def told_in_one_sentence() -> Iterator[None]:
    """Ends the process with code 2 and the sentence of a UserError, without a traceback.

    After Ctrl-C it ends within two seconds with a line and code 130, whatever it is computing, but
    for what is `ended_in_order`.
    """
    try:
        with _ended_soon_after_interrupt():
            yield
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from error
    except KeyboardInterrupt:
        _end()


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Within it Ctrl-C is a KeyboardInterrupt alone: cleaning up may take the time it takes."""
    with _held:
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Within it Ctrl-C is heard neither here nor by what is started: for what must be put back.

    In the main thread only, as Python sets signals there.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _ended_soon_after_interrupt() -> Iterator[None]:
    """Python raises KeyboardInterrupt only once C code returns: a step of training may take longer.

    So a thread watches for the signal, and ends what did not end by itself.
    """
    if threading.current_thread() is not threading.main_thread():  # signals are not told there
        yield
        return
    ours, pythons = socket.socketpair()
    pythons.setblocking(False)
    before = signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_end_after_interrupt, args=(ours,), daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        pythons.close()


def _end_after_interrupt(signals: socket.socket) -> None:
    with signals:
        while numbers := signals.recv(64):  # empty once the other end is closed
            if signal.SIGINT in numbers:
                time.sleep(GRACE)
                while not _held.acquire(blocking=False):
                    with _held:  # waits
                        pass
                    time.sleep(GRACE)
                _end()  # holding it: what must be ended in order does not begin any more


def end_quietly_on_interrupt() -> None:
    """After Ctrl-C that nothing catches, as while torch is imported, a line and no traceback."""

    def told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            _end()
        sys.__excepthook__(kind, error, trace)

    sys.excepthook = told


def _end() -> Never:
    """At once: taking torch and its threads down in order takes seconds, or aborts."""
    try:
        sys.stdout.flush()
        print("stopped", file=sys.stderr, flush=True)
    finally:
        os._exit(STOPPED)
