"""How often each class was cropped, split and rejected, to be compared with the other."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from real_or_ai.conventions.labels import LABELS
from real_or_ai.conventions.printable import printable
from real_or_ai.conventions.tables import PreparedRow, RejectedRow
from real_or_ai.pictures import offered
from real_or_ai.stages.prepare.raw_folder import RawFile


def counts(
    files: list[RawFile], kept: list[PreparedRow], rejected: list[RejectedRow]
) -> dict[str, Mapping[str, object]]:
    """Of each class. kept: the originals, without the report's copies."""
    return {label: _of_class(label, files, kept, rejected) for label in LABELS}


def told(raw: Path, counts: Mapping[str, Mapping[str, object]], left_out: Counter[str]) -> str:
    """The counts in words, a line a class, and one on what is no picture there."""
    lines = [
        f"{raw}: {own['raw_files']} raw files of {label}, {own['rejected']} rejected, "
        f"{own['split']} split into tiles; {own['pictures']} pictures, {own['cropped']} cropped"
        for label, own in counts.items()
    ]
    if left_out:
        lines.append(f"{raw}: {offered.told(left_out)}")
    return "\n".join(map(printable, lines))


def _of_class(
    label: str, files: list[RawFile], kept: list[PreparedRow], rejected: list[RejectedRow]
) -> dict[str, object]:
    rows = [row for row in kept if row.label == label]
    cropped = [row for row in rows if row.removed]
    return {
        "raw_files": sum(file.label == label for file in files),
        "rejected": sum(row.label == label for row in rejected),
        "split": len({row.raw for row in rows if row.tile}),
        "pictures": len(rows),
        "cropped": len(cropped),
        "cropped_share": round(len(cropped) / len(rows), 4),
    }
