"""Outs are whole or absent: everything is written beside its place and renamed into it."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, for a file or a folder, that becomes `path` at the end.

    After an exception nothing is left of it and an older `path` is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.writing")
    _remove(temporary)
    try:
        yield temporary
        if temporary.is_dir():  # os.replace does not replace a folder that has files in it
            _remove(path)
        os.replace(temporary, path)
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
