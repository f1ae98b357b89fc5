"""The tables that a person writes about raw files: overrides and groups."""

import csv
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.tables import RejectedRow
from real_or_ai.stages.prepare.raw_folder import RawFile

ACTIONS = {"keep": (), "exclude": (), "crop": ("x0", "y0", "x1", "y1"), "grid": ("rows", "columns")}


@dataclass(frozen=True)
class Override:
    """What a person says of a raw file: an action of ACTIONS and its numbers."""

    action: str
    numbers: tuple[int, ...] = ()


def read_overrides(path: Path, raws: Set[str]) -> dict[str, Override]:
    """Raw file -> what a person says of it, from a table `raw,action`.

    `keep`: whole, whatever is detected; `exclude`; `crop x0 y0 x1 y1`: this box of the upright
    picture; `grid rows columns`: tiles of one size. raws: the files there are.
    Raises UserError for unknown files, unknown actions and a file that is named twice.
    """
    overrides: dict[str, Override] = {}
    for line, (raw, text) in _read(path, ("raw", "action"), raws):
        if raw in overrides:
            raise UserError(f"{path}:{line}: names {raw!r} again; keep one of the lines")
        action, *words = text.split() or [""]
        if action not in ACTIONS:
            raise UserError(f"{path}:{line}: action is {text!r}; known are {', '.join(ACTIONS)}")
        names = ACTIONS[action]
        if len(words) != len(names) or not all(word.isdecimal() for word in words):
            form = " ".join([action, *names])
            raise UserError(
                f"{path}:{line}: action is {text!r}; expected `{form}` in whole numbers"
            )
        numbers = tuple(map(int, words))
        if action == "crop" and not (numbers[0] < numbers[2] and numbers[1] < numbers[3]):
            raise UserError(f"{path}:{line}: {text!r} is no box; x0 < x1 and y0 < y1 are needed")
        if action == "grid" and min(numbers) < 1:
            raise UserError(
                f"{path}:{line}: {text!r} has no tiles; 1 row and 1 column at the least"
            )
        overrides[raw] = Override(action, numbers)
    return overrides


def read_groups(path: Path, raws: Set[str]) -> dict[str, set[str]]:
    """Raw file -> the groups it belongs to, from a table `raw,group`; empty without the table.

    raws: the files there are. Raises UserError for unknown files and empty groups.
    """
    groups: dict[str, set[str]] = {}
    if not path.is_file():
        return groups
    for line, (raw, group) in _read(path, ("raw", "group"), raws):
        if not group:
            raise UserError(f"{path}:{line}: names no group; give one or delete the line")
        groups.setdefault(raw, set()).add(group)
    return groups


def excluded(
    files: Iterable[RawFile], overrides: Mapping[str, Override]
) -> dict[RawFile, RejectedRow]:
    """The files that need no look: outside the class folders, or excluded by a person."""
    found = {}
    for file in files:
        if not file.label:
            found[file] = file.rejected("outside the class folders")
        elif file.raw in overrides and overrides[file.raw].action == "exclude":
            found[file] = file.rejected("excluded by a person")
    return found


def _read(
    path: Path, columns: tuple[str, str], raws: Set[str]
) -> list[tuple[int, tuple[str, str]]]:
    """Line number and the two values of each row; the first names a raw file."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file)
            if tuple(next(reader, ())) != columns:
                raise UserError(f"{path}: its first line must be `{','.join(columns)}`")
            rows = []
            for row in reader:
                if not row:
                    continue
                if len(row) != len(columns):
                    raise UserError(
                        f"{path}:{reader.line_num}: has {len(row)} columns, expected "
                        f"{','.join(columns)}"
                    )
                if row[0] not in raws:
                    raise UserError(
                        f"{path}:{reader.line_num}: there is no raw file {row[0]!r}; correct or "
                        "delete the line"
                    )
                rows.append((reader.line_num, (row[0], row[1])))
            return rows
    except FileNotFoundError:
        raise UserError(f"{path}: not found; restore it or correct prepare.overrides") from None
