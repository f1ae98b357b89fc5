"""Rows of a committed table, and a number of one with its interval."""

import csv
import io
from collections.abc import Mapping


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def cell(row: Mapping[str, str], metric: str) -> str:
    """Value [low, high], or `-` where there is none."""
    if not row[metric]:
        return "-"
    value, low, high = (float(row[f"{metric}{end}"]) for end in ("", "_low", "_high"))
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"
