"""Many files by their addresses: a few at a time, each checked, gone on with after a stop."""

import csv
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import requests

from real_or_ai.conventions.errors import DownloadError, PictureError
from real_or_ai.conventions.outputs import replacing
from real_or_ai.conventions.progress import progress

AT_ONCE = 4
ATTEMPTS = 4
WAIT = 1.0  # seconds before the second attempt; twice that before the next
LONGEST_WAIT = 60.0  # seconds, if the server asks for more than those
TIMEOUT = (10, 60)  # seconds to connect, and between two pieces of an answer
MISSING_SHARE = 0.05  # of all files; more is an error
FEWEST = 3  # that are missing before it can be one
MISSING = "missing.csv"
RETRIED = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Wanted:
    """A file: where it is, where it goes below the folder, and what tells that it is the one.

    digest: SHA-256 in 64 hexadecimal digits, or the SHA-1 of Git's blob in 40.
    """

    url: str
    path: PurePosixPath
    size: int  # bytes
    digest: str

    def is_in(self, data: bytes) -> bool:
        """Whether these are its bytes."""
        if len(data) != self.size:
            return False
        if len(self.digest) == 64:
            return hashlib.sha256(data).hexdigest() == self.digest
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest() == self.digest


Reduce = Callable[[bytes], bytes]  # a file's bytes -> those that are kept; raises PictureError


class _MissingError(Exception):
    """It is not to be had; the message says why."""


def fetch(wanted: Sequence[Wanted], folder: Path, reduce: Reduce | None = None) -> int:
    """Puts the files into `folder`; those that are there already are not asked for again.

    reduce: makes what is kept of each, once it has been checked; without it, all is kept. What is
    gone, has changed or cannot be reduced stands in missing.csv with its reason. Returns how many;
    raises DownloadError if they are too many, what came so far being kept.
    """
    is_there = _is_original if reduce is None else _is_reduced
    todo = [one for one in wanted if not is_there(folder / one.path, one)]
    allowed = max(FEWEST, int(MISSING_SHARE * len(wanted)))
    missing: list[tuple[str, str, str]] = []
    with (
        requests.Session() as session,
        ThreadPoolExecutor(AT_ONCE) as pool,
        progress(len(wanted), "fetched", " files", done=len(wanted) - len(todo)) as bar,
    ):
        running = {pool.submit(_one, session, one, folder, reduce): one for one in todo}
        try:
            for one, reason in _ended(running):
                bar.update()
                if reason:
                    missing.append((str(one.path), one.url, reason))
                if len(missing) > allowed:
                    break
        finally:
            pool.shutdown(cancel_futures=True)
    _report(missing, folder)
    if len(missing) > allowed:
        raise DownloadError(
            f"{missing[0][1]}: {missing[0][2]}, and {len(missing) - 1} more of {len(wanted)} files "
            f"could not be had; {folder / MISSING} lists them; the rest is kept: try again later"
        )
    return len(missing)


def _ended(running: dict[Future[None], Wanted]) -> Iterator[tuple[Wanted, str]]:
    """Each file as it ends, with the reason if it is missing."""
    for future in as_completed(running):
        try:
            future.result()
        except _MissingError as missing:
            yield running[future], str(missing)
        else:
            yield running[future], ""


def _one(session: requests.Session, one: Wanted, folder: Path, reduce: Reduce | None) -> None:
    data = _asked(session, one)
    if reduce is not None:
        try:
            data = reduce(data)
        except PictureError as error:
            raise _MissingError(f"cannot be read as a picture ({error})") from error
    with replacing(folder / one.path) as temporary:
        temporary.write_bytes(data)


def _asked(session: requests.Session, one: Wanted) -> bytes:
    """Its bytes, after some attempts if need be. Raises _MissingError."""
    reason, demanded = "", 0.0
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(max(WAIT * 2 ** (attempt - 1), demanded))
        try:
            with session.get(one.url, timeout=TIMEOUT, stream=True) as answer:
                if answer.status_code in RETRIED:
                    reason = f"the server answers {answer.status_code}"
                    demanded = _demanded(answer)
                    continue
                if answer.status_code != 200:
                    raise _MissingError(f"the server answers {answer.status_code}")
                data = _bounded(answer, one.size)
        except requests.RequestException as error:
            reason = f"no whole answer ({type(error).__name__})"
            continue
        if one.is_in(data):
            return data
        raise _MissingError("has changed")
    raise _MissingError(reason)


def _demanded(answer: requests.Response) -> float:
    """The seconds that a server wants to be left alone, as it says when it is asked too often."""
    said = answer.headers.get("Retry-After", "")
    return min(float(said), LONGEST_WAIT) if said.isascii() and said.isdigit() else 0.0


def _bounded(answer: requests.Response, size: int) -> bytes:
    """The body, as far as one byte beyond the size: whatever a server sends, it fits in memory."""
    data = bytearray()
    for piece in answer.iter_content(1 << 16):
        data += piece
        if len(data) > size:
            break
    return bytes(data)


def _is_reduced(path: Path, _: Wanted) -> bool:
    """Its bytes differ by the codec's version; but they were put there whole."""
    return path.is_file() and path.stat().st_size > 0


def _is_original(path: Path, one: Wanted) -> bool:
    return path.is_file() and path.stat().st_size == one.size and one.is_in(path.read_bytes())


def _report(missing: Sequence[tuple[str, str, str]], folder: Path) -> None:
    if not missing:
        (folder / MISSING).unlink(missing_ok=True)
        return
    with replacing(folder / MISSING) as temporary, temporary.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("file", "address", "reason"))
        rows.writerows(sorted(missing))
