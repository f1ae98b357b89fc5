"""Outs are whole or absent: everything is written beside its place and renamed into it."""

import errno
import glob
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from real_or_ai.errors import NoRoomError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, for a file or a folder, that becomes `path` at the end.

    After an exception nothing is left of it and an older `path` is untouched. Raises NoRoomError
    if there is no room for it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.writing"):
        _remove(left)  # of a run that was killed
    # By process, because workers of a killed run may still be writing into that one's.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.writing")
    try:
        yield temporary
        if temporary.is_dir():  # os.replace does not replace a folder that has files in it
            _remove(path)
        os.replace(temporary, path)
    except NoRoomError as error:  # of something within
        raise NoRoomError(path, error.reason) from error
    except OSError as error:
        if error.errno in NO_ROOM:
            raise NoRoomError(path, error.strerror or str(error)) from error
        raise
    finally:
        _remove(temporary)


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """`value` as indented JSON; NaN, on which no two readers agree, is an error."""
    with replacing(path) as temporary:
        text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
