"""What `prepare` did to raw files that it did not leave whole, read from its tables."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Box
from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.labels import ORIGINAL
from real_or_ai.conventions.tables import PreparedRow, RejectedRow

KINDS = ("rejected", "split", "cropped")


@dataclass(frozen=True)
class Section:
    """What happened to raw files: one of KINDS, and the reason, empty if none is known."""

    kind: str
    reason: str


@dataclass(frozen=True)
class Part:
    """What is left of a raw file: the picture, its tile or "", its box in the upright raw one."""

    picture: str
    tile: str
    box: Box


@dataclass(frozen=True)
class Entry:
    """A raw file that was not left whole."""

    raw: str
    label: str  # empty outside the class folders, as is the source
    source: str
    section: Section
    detail: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Review:
    """The entries, section by section, and how many raw files of each label there are in all."""

    entries: tuple[Entry, ...]
    files: Mapping[str, int]


@dataclass(frozen=True)
class Tally:
    """How many raw files of each label something happened to, and where they are shown."""

    title: str
    files: Mapping[str, int]
    link: str = ""
    is_part: bool = False  # of the nearest one above that is not


def read(prepared: Path, raw: Path) -> Review:
    """The review of a prepared folder. Raises UserError if it was not made from `raw`."""
    try:
        kept = tables.read_rows(prepared / "manifest.csv", PreparedRow)
        rejected = tables.read_rows(prepared / "rejected.csv", RejectedRow)
    except FileNotFoundError as error:
        raise UserError(f"{error.filename}: not found; run make repro first") from None
    for name in [*(row.raw for row in kept), *(row.raw for row in rejected)]:
        if not os.path.lexists(raw / name):  # links that lead nowhere were rejected
            raise UserError(
                f"{raw}: holds no {name!r}, but {prepared} was made from it; run make repro first"
            )
    return judge(kept, rejected)


def judge(kept: Iterable[PreparedRow], rejected: Iterable[RejectedRow]) -> Review:
    """The review of the rows of manifest.csv and of rejected.csv."""
    rows_of: dict[str, list[PreparedRow]] = defaultdict(list)
    for row in kept:
        if row.view == ORIGINAL:
            rows_of[row.raw].append(row)
    files = Counter(rows[0].label for rows in rows_of.values())
    entries = [_cut(rows) for rows in rows_of.values() if any(row.crop_box for row in rows)]
    for one in rejected:
        files[one.label] += 1
        section = Section("rejected", one.reason)
        entries.append(Entry(one.raw, one.label, one.source, section, one.detail))
    entries.sort(key=lambda one: (KINDS.index(one.section.kind), one.section.reason, one.raw))
    return Review(tuple(entries), files)


def tally(review: Review, links: Mapping[Section, str]) -> list[Tally]:
    """The review in numbers: each kind and its reasons, what was left whole, all."""
    files_of: dict[Section, Counter[str]] = defaultdict(Counter)
    for entry in review.entries:
        files_of[entry.section][entry.label] += 1
    lines = []
    whole = Counter(review.files)
    for kind in KINDS:
        own = {section: files for section, files in files_of.items() if section.kind == kind}
        total = sum(own.values(), Counter[str]())
        whole -= total
        lines.append(Tally(kind, total, links.get(Section(kind, ""), "")))
        lines += [
            Tally(section.reason, files, links[section], is_part=True)
            for section, files in own.items()
            if section.reason
        ]
    return [*lines, Tally("left whole", whole), Tally("all raw files", review.files)]


def override_lines(entry: Entry, size: tuple[int, int]) -> tuple[str, ...]:
    """What a person may want to say of the file, as lines of the table of overrides.

    size: of the upright raw picture. None without a class, which nobody can overrule, or with a
    name that is not UTF-8, which no editor would keep.
    """
    if not entry.label or entry.raw != entry.raw.encode("utf-8", "ignore").decode("utf-8"):
        return ()
    boxes = [part.box for part in entry.parts] or [(0, 0, *size)]
    left, top, right, bottom = zip(*boxes, strict=True)
    crop = f"crop {min(left)} {min(top)} {max(right)} {max(bottom)}"
    quoted = entry.raw.replace('"', '""')
    return tuple(f'"{quoted}",{action}' for action in ("keep", "exclude", crop, "grid 2 2"))


def _cut(rows: Sequence[PreparedRow]) -> Entry:
    """The entry of a raw file that was cropped or split, from its rows of the manifest."""
    first = rows[0]
    whole = (0, 0, first.raw_width, first.raw_height)
    parts = tuple(Part(row.picture, row.tile, row.crop_box or whole) for row in rows)
    left = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (part.box for part in parts))
    removed = "; ".join(dict.fromkeys(row.removed for row in rows if row.removed))
    share = f"{1 - left / (first.raw_width * first.raw_height):.1%} cut away"
    if any(row.tile for row in rows):
        section = Section("split", "")
        dropped = f"{first.dropped_tiles} dropped" if first.dropped_tiles else ""
        detail = "; ".join(filter(None, (f"{len(rows)} tiles", dropped, removed, share)))
    else:
        section, detail = Section("cropped", removed), share
    return Entry(first.raw, first.label, first.source, section, detail, parts)
