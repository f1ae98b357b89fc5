"""What preparation leaves must serve as a data set: enough of the files, and both classes."""

from collections import Counter
from pathlib import Path

from real_or_ai.conventions.errors import RawFolderError
from real_or_ai.conventions.labels import LABELS
from real_or_ai.conventions.tables import PreparedRow, RejectedRow


def demand_enough(raw: Path, files: int, rejected: list[RejectedRow], allowed: float) -> None:
    if len(rejected) <= allowed * files:
        return
    raise RawFolderError(
        f"{raw}: {len(rejected)} of {files} raw files are rejected, more than "
        f"prepare.max_rejected_share allows ({allowed:g}); commonest reasons: "
        f"{_reasons(rejected)}; mend the files or raise the limit"
    )


def demand_both_classes(raw: Path, kept: list[PreparedRow], rejected: list[RejectedRow]) -> None:
    for label in LABELS:
        if not any(one.label == label for one in kept):
            raise RawFolderError(
                f"{raw}: no {label} picture is left after preparation; reasons: "
                f"{_reasons(rejected)}; see what they have in common, or add pictures"
            )


def _reasons(rejected: list[RejectedRow]) -> str:
    """The five commonest reasons and how often each was given."""
    common = Counter(one.reason for one in rejected).most_common(5)
    return ", ".join(f"{reason} ({count})" for reason, count in common)
