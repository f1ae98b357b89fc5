"""Outs are whole or absent: everything is written beside its place and renamed into it."""

import errno
import glob
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from real_or_ai.conventions.errors import NoRoomError, UnwritableError, WriteError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENOTDIR)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, for a file or a folder, that becomes `path` at the end.

    After an exception nothing is left of it and an older `path` is untouched. Raises NoRoomError
    if there is no room for it, UnwritableError if it cannot be there at all.
    """
    _make_folder(path)
    # By process, because workers of a killed run may still be writing into that one's.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.writing")
    try:
        for left in path.parent.glob(f".{glob.escape(path.name)}.*.writing"):
            _remove(left)  # of a run that was killed
        yield temporary
        if temporary.is_dir():  # os.replace does not replace a folder that has files in it
            _remove(path)
        os.replace(temporary, path)
    except WriteError as error:
        if not _is_in(error.path, temporary):
            raise
        raise type(error)(path, error.reason) from error
    except OSError as error:
        if error.errno in NO_ROOM:
            raise NoRoomError(path, error.strerror or str(error)) from error
        if error.errno in UNWRITABLE and _is_in(error.filename, temporary, path):
            raise UnwritableError(path, error.strerror or str(error)) from error
        raise
    finally:
        _remove(temporary)


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """`value` as indented JSON; NaN, on which no two readers agree, is an error."""
    with replacing(path) as temporary:
        text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def _make_folder(path: Path) -> None:
    """The folder of `path`, whose error names what is in the way."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise NoRoomError(path, error.strerror or str(error)) from error
        raise UnwritableError(path, f"{error.filename}: {error.strerror}") from error


def _is_in(name: object, *places: Path) -> bool:
    """Whether what an error names is one of these or in one, and not something that is read."""
    named = Path(str(name))
    return any(place in (named, *named.parents) for place in places)


def _remove(path: Path) -> None:
    if os.path.isdir(path) and not os.path.islink(path):  # pathlib's raise PermissionError
        shutil.rmtree(path)
    elif os.path.lexists(path):  # a file system that is read-only complains even if it is not
        path.unlink(missing_ok=True)
