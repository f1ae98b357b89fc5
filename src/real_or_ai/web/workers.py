"""A few processes that read pictures, each killed and replaced when it takes too long or dies."""

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Sequence
from typing import Self

from real_or_ai.check.threads import cores
from real_or_ai.conventions.errors import PictureError
from real_or_ai.web import protocol
from real_or_ai.web.limits import SECONDS

log = logging.getLogger(__name__)

Data = bytes | bytearray

AGAIN = 1.0  # seconds until a worker that did not start is started anew


class BusyError(Exception):
    """No worker became free in time."""


class WorkerFailedError(Exception):
    """A worker met a bug of ours; the text is its traceback."""


class Workers:
    """Processes that answer one question at a time each; `async with` starts and ends them.

    command: what starts one.
    """

    def __init__(self, command: Sequence[str], count: int) -> None:
        self._command = command
        self._count = count
        self._idle: asyncio.Queue[asyncio.subprocess.Process] = asyncio.Queue()
        self._all: set[asyncio.subprocess.Process] = set()
        self._starting: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        for process in await asyncio.gather(*(self._started() for _ in range(self._count))):
            self._idle.put_nowait(process)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._starting:
            task.cancel()
        for process in list(self._all):
            await self._ended(process)

    async def ask(self, kind: bytes, data: Data, deadline: float) -> tuple[bytes, bytes]:
        """The kind and data of a worker's answer, VERDICT or PNG.

        deadline: by the loop's clock. Raises BusyError if no worker is free before it, PictureError
        if the picture is refused, took too long or ended its worker, and WorkerFailedError.
        """
        try:
            async with asyncio.timeout_at(deadline):
                process = await self._alive()
        except TimeoutError:
            raise BusyError from None
        try:
            async with asyncio.timeout_at(deadline):
                answered, answer = await _exchange(process, kind, data)
        except TimeoutError:
            self._replace(process)
            raise PictureError(
                "too slow", f"more than {SECONDS:g} s; the command line has no such limit"
            ) from None
        except (ConnectionError, asyncio.IncompleteReadError):
            log.warning("a worker died of a picture of %d bytes", len(data))
            self._replace(process)
            raise PictureError("damaged", "the process that decoded it died of it") from None
        except BaseException:  # cancelled: what the worker would say belongs to nobody
            self._replace(process)
            raise
        self._idle.put_nowait(process)
        if answered == protocol.REFUSED:
            raise PictureError(**json.loads(answer))
        if answered == protocol.FAILED:
            raise WorkerFailedError(answer.decode())
        return answered, answer

    async def _alive(self) -> asyncio.subprocess.Process:
        """The next that is idle; one that somebody else has ended meanwhile is replaced."""
        while (process := await self._idle.get()).returncode is not None:
            self._replace(process)
        return process

    def _replace(self, process: asyncio.subprocess.Process) -> None:
        """Kills it now, and starts another behind the scenes."""
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        task = asyncio.create_task(self._replaced(process))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _replaced(self, process: asyncio.subprocess.Process) -> None:
        await self._ended(process)
        while True:
            try:
                self._idle.put_nowait(await self._started())
                return
            except (OSError, asyncio.IncompleteReadError) as error:
                log.error("a worker did not start: %s", error)
                await asyncio.sleep(AGAIN)

    async def _started(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # the server ends them, not the terminal's Ctrl-C
        )
        self._all.add(process)
        try:
            await _read(process)
        except BaseException:
            await self._ended(process)
            raise
        return process

    async def _ended(self, process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        self._all.discard(process)


async def _exchange(
    process: asyncio.subprocess.Process, kind: bytes, data: Data
) -> tuple[bytes, bytes]:
    assert process.stdin is not None
    process.stdin.write(protocol.header(kind, data))
    process.stdin.write(data)
    await process.stdin.drain()
    return await _read(process)


async def _read(process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    assert process.stdout is not None
    kind, length = protocol.HEADER.unpack(await process.stdout.readexactly(protocol.HEADER.size))
    return kind, await process.stdout.readexactly(length)


def command(detector: os.PathLike[str], *, toy: bool) -> list[str]:
    """What starts a worker of this detector."""
    # -P: modules come from where they are installed, never from the folder it is started in.
    words = [sys.executable, "-P", "-m", "real_or_ai.web.worker", os.fspath(detector)]
    return [*words, "--toy"] if toy else words


def count(most: int) -> int:
    """A worker for each core, at most `most`."""
    return min(cores(), most)
