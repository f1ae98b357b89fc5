"""Errors a person can cause; `exits` turns them into a sentence and exit code 2.

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
UserError is a bug and keeps its traceback.
"""

from pathlib import Path


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
