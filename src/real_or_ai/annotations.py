"""The tables that a person writes about raw files: overrides and groups."""

import csv
from collections.abc import Set
from pathlib import Path

from real_or_ai.errors import UserError


def read_overrides(path: Path, raws: Set[str]) -> frozenset[str]:
    """The raw files that a person excluded, from a table `raw,action`.

    raws: the files there are. Raises UserError for unknown files and actions.
    """
    excluded = set()
    for line, (raw, action) in _read(path, ("raw", "action"), raws):
        if action != "exclude":
            raise UserError(f"{path}:{line}: action is {action!r}; `exclude` is known")
        excluded.add(raw)
    return frozenset(excluded)


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
