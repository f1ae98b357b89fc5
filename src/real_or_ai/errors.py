"""Errors a person can cause, and the one place that turns them into a sentence and exit code 2.

UserError
├── ParamsError      params.yaml or an experiment file holds something that is not allowed
├── RawFolderError   the raw folder is missing, empty, one-sided or arranged in another way
├── PictureError     one file is not a picture that can be read
├── SplitError       the pictures in hand cannot be split as asked
├── AuditError       the classes can be told apart without looking, more than is allowed
├── DetectorError    a detector file is missing, foreign or damaged
└── DownloadError    something that only the network has cannot be fetched

Every message says what was found, where, what was expected and what to do. Anything that is not a
UserError is a bug and keeps its traceback.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """The base of all errors that a person can fix; its text is one sentence for that person."""


class ParamsError(UserError):
    """A parameter is unknown, missing, of the wrong type or out of range."""


class RawFolderError(UserError):
    """The raw folder cannot serve as a data set."""


class PictureError(UserError):
    """A file cannot be read as a picture; `reason` is a short word for tables."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class SplitError(UserError):
    """No split of the pictures has the sizes asked for, or a written split breaks its rules."""


class AuditError(UserError):
    """A null that sees no content scores more than its limit in params.yaml."""


class DetectorError(UserError):
    """A detector file cannot be used."""


class DownloadError(UserError):
    """A download failed; the text names what to do without it."""


@contextmanager
def told_in_one_sentence() -> Iterator[None]:
    """Ends the process with code 2 and the sentence of a UserError, without a traceback."""
    try:
        yield
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from error
