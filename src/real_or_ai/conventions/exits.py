"""How a process ends: with one sentence for a person's mistake, and soon after Ctrl-C.

Exit code 2 for a UserError and for an output that takes no more, 130 after Ctrl-C, 141 once the
reader of a pipe has gone; what is none of these keeps its traceback.
"""

import codecs
import errno
import io
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Never

from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.outputs import NO_ROOM
from real_or_ai.conventions.printable import printable

STOPPED = 130  # as shells say of what SIGINT ended
UNREAD = 141  # and of what SIGPIPE ended, as `head` does with what it reads from
GRACE = 1.2  # seconds after Ctrl-C in which a process may clean up
_held = threading.RLock()  # while it is, nothing but the main thread ends the process


@contextmanager
def told_in_one_sentence() -> Iterator[None]:
    """Ends the process with code 2 and the sentence of a UserError, without a traceback.

    After Ctrl-C it ends within two seconds with a line and code 130, whatever it is computing, but
    for what is `ended_in_order`. What its output's encoding lacks is written escaped.
    """
    _write_anything()
    try:
        with _ended_soon_after_interrupt():
            yield
            _flush()
    except UserError as error:
        _told(f"error: {error}")
        raise SystemExit(2) from error
    except KeyboardInterrupt:
        _end()
    except (OSError, SystemExit) as error:
        _end_unwritten(error)
        raise


def _write_anything() -> None:
    """A path may hold characters that a terminal's encoding lacks, and bytes that are no text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPED)


def _escaped(error: UnicodeError) -> tuple[str | bytes, int]:
    """Bytes of a file's name as they were, all else as Python would write it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    if "16" in error.encoding or "32" in error.encoding:  # a byte more would shift all others
        return found.encode("ascii", "backslashreplace").decode(), error.end
    return b"".join(map(_written, found)), error.end


def _written(one: str) -> bytes:
    if "\udc80" <= one <= "\udcff":  # stands for a byte that is no text
        return one.encode("utf-8", "surrogateescape")
    return one.encode("ascii", "backslashreplace")


_ESCAPED = "real_or_ai.escaped"
codecs.register_error(_ESCAPED, _escaped)


def _flush() -> None:
    if sys.stdout is not None:  # closed by who started us
        sys.stdout.flush()


def _told(sentence: str) -> None:
    """To people, if they can be told: standard error may be closed or full as well."""
    with suppress(OSError, ValueError):
        if sys.stderr is not None:
            print(printable(sentence), file=sys.stderr, flush=True)


def _end_unwritten(error: OSError | SystemExit) -> None:
    """Ends the process if it is its own output that failed; else does nothing.

    Typer makes an exit of a pipe that broke. That of a file that could not be written is a
    WriteError: what has neither that nor a name is of standard output, as is what fails once more.
    """
    cause = error if isinstance(error, OSError) else error.__context__
    if not isinstance(cause, OSError) or not _is_of_output(cause):
        try:
            _flush()
            return
        except OSError as again:
            cause = again
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or it fails at the end again
    if isinstance(cause, BrokenPipeError):
        raise SystemExit(UNREAD) from error
    _told(
        f"error: standard output: cannot be written ({cause.strerror}); free some space, or send "
        "it elsewhere"
    )
    raise SystemExit(2) from error


def _is_of_output(error: OSError) -> bool:
    if isinstance(error, BrokenPipeError):
        return True
    return error.filename is None and error.errno in (*NO_ROOM, errno.EIO)


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
