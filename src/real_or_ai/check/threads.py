"""Work spread over all cores by threads: for what spends its time in C, without Python's lock."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """That this process may use, where the system tells; else all there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(
    function: Callable[[list[Item]], list[Result]], items: Iterable[Item], together: int
) -> Generator[Result, None, None]:
    """What `function` makes of the items, `together` at a time; in order, as they come.

    Takes items only as fast as they are worked on, so that memory does not grow with their number.
    Closing it stops the work.
    """
    taken = iter(items)
    batch = list(islice(taken, together))
    if len(batch) < together:  # a handful needs no pool
        yield from function(batch)
        return
    from concurrent.futures import Future, ThreadPoolExecutor

    workers = cores()
    pool = ThreadPoolExecutor(workers)
    waiting: deque[Future[list[Result]]] = deque()
    try:
        while batch or waiting:
            if batch:
                waiting.append(pool.submit(function, batch))
                batch = list(islice(taken, together))
            if not batch or len(waiting) > 2 * workers:
                yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
