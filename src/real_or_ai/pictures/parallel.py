"""One way to do the same to many things with all cores, in order, with a progress bar."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from joblib import Parallel, cpu_count, delayed

from real_or_ai.conventions.progress import progress

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    function: Callable[[Item], Result], items: Sequence[Item], what: str, *, threads: bool = False
) -> Iterator[Result]:
    """`function` of each item, in the items' order, whatever finishes first.

    threads: share the process, for functions that spend their time in C without the lock.
    """
    # Starting processes costs about a second: not worth it for a handful.
    jobs = cpu_count() if threads or len(items) >= 32 else 1
    pool = Parallel(
        n_jobs=jobs, prefer="threads" if threads else "processes", return_as="generator"
    )
    with progress(len(items), what, " pictures") as shown:
        for result in pool(delayed(function)(item) for item in items):
            yield result
            shown.update()
