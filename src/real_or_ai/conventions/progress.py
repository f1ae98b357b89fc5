"""How far something is: a bar on a terminal, elsewhere, as under DVC, a line now and then."""

import io
import sys
from typing import Never

from tqdm import tqdm

SECONDS = 10  # between lines
_LINE = "{desc}: {n_fmt} of {total_fmt}{unit}, {elapsed} so far, {remaining} to go{postfix}"


def progress(total: int, what: str, unit: str, done: int = 0) -> "tqdm[Never]":
    """A bar on standard error. Elsewhere than on a terminal each `refresh` is a line of its own."""
    if sys.stderr is not None and sys.stderr.isatty():
        return tqdm(total=total, initial=done, desc=what, unit=unit)
    return tqdm(
        total=total,
        initial=done,
        desc=what,
        unit=unit,
        file=_Lines(),
        bar_format=_LINE,
        mininterval=SECONDS,
        maxinterval=SECONDS,
        delay=SECONDS,
        leave=False,
    )


class _Lines(io.StringIO):
    """Writes to standard error what would have been drawn over, a line each."""

    def write(self, text: str) -> int:
        if (line := text.strip()) and sys.stderr is not None:
            print(line, file=sys.stderr, flush=True)
        return len(text)
