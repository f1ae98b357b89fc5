"""The tables that a person writes about raw files: overrides and groups."""

import csv
import io
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.handwritten import composed, read_text
from real_or_ai.conventions.tables import RejectedRow
from real_or_ai.pictures import offered
from real_or_ai.stages.prepare.raw_folder import RawFile

ACTIONS = {"keep": (), "exclude": (), "crop": ("x0", "y0", "x1", "y1"), "grid": ("rows", "columns")}
HEADS = ("raw", "action")
MISSING = f"make it, with `{','.join(HEADS)}` as its first line, or correct prepare.overrides"
OF_ANOTHER = (
    "correct or delete the line, or, where the table is of another raw folder, name this one's own "
    "in prepare.overrides"
)


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
    for line, (raw, text) in _read(path, HEADS, raws, OF_ANOTHER):
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
    for line, (raw, group) in _read(path, ("raw", "group"), raws, "correct or delete the line"):
        if not group:
            raise UserError(f"{path}:{line}: names no group; give one or delete the line")
        groups.setdefault(raw, set()).add(composed(group))
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
    path: Path, columns: tuple[str, str], raws: Set[str], way_out: str
) -> list[tuple[int, tuple[str, str]]]:
    """Line number and the two values of each row; the first names a raw file.

    way_out: what to do where there is no such file.
    """
    try:
        text = read_text(path, bytes_kept=True)
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {MISSING}") from None
    form = ",".join(columns)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if tuple(name.strip() for name in next(reader, ())) != columns:
            raise UserError(f"{path}: its first line must be `{form}`")
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise UserError(
            f"{path}:{reader.line_num}: is no table `{form}` ({error}); close the quotes, and "
            'write one within a name as ""'
        ) from error
    named = _Names(raws, way_out)
    found = []
    for line, row in rows:
        if len(row) != len(columns):
            raise UserError(f"{path}:{line}: has {len(row)} columns, expected {form}")
        found.append((line, (named.raw(row[0], f"{path}:{line}"), row[1])))
    return found


class _Names:
    """The raw files by their names, however a name's accents are written."""

    def __init__(self, raws: Set[str], way_out: str) -> None:
        self._raws = raws
        self._way_out = way_out
        self._composed: dict[str, list[str]] = {}
        for raw in raws:
            self._composed.setdefault(composed(raw), []).append(raw)

    def raw(self, name: str, where: str) -> str:
        """The raw file that a row means. Raises UserError if there is none, or more than one."""
        if name in self._raws:
            return name
        found = self._composed.get(composed(name), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise UserError(
                f"{where}: {name!r} may be any of {len(found)} files whose names look the same; "
                "rename all but one"
            )
        if offered.below_kept_aside(name):
            raise UserError(f"{where}: {name!r} is left out in any case; delete the line")
        raise UserError(f"{where}: there is no raw file {name!r}; {self._way_out}")
