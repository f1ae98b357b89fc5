"""The collection's sources as a table, from data/collection.csv."""

import csv
import io
from collections import defaultdict

from tools.benchmarked import Read

from real_or_ai.drawing.markdown import table

FEW = 4  # kinds that are named


def sources(read: Read, path: str) -> str:
    """A row a source, its counts, what it holds and its licence; then the sums and the bytes."""
    rows = list(csv.DictReader(io.StringIO(read(path))))
    own: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        own[row["source"]].append(row)
    lines = []
    for source in sorted(own):
        there = own[source]
        (repository,) = {row["repository"] for row in there}
        (licence,) = {row["licence"] for row in there}
        kinds = list(
            dict.fromkeys(row["kind"] for row in sorted(there, key=lambda row: row["label"]))
        )
        named = ", ".join(kinds[:FEW]) + (f", {len(kinds) - FEW} more" if kinds[FEW:] else "")
        link = f"[{source}](https://github.com/{repository})"
        lines.append(
            [link, _count(there, "ai"), _count(there, "real"), named, licence, _size(there)]
        )
    lines.append(["all", _count(rows, "ai"), _count(rows, "real"), "", "", _size(rows)])
    made = table(("source", "AI", "real", "kinds", "licence", "MB"), lines)
    total = sum(int(row["bytes"]) for row in rows)
    return f"{made}\n\n{total:,} bytes are fetched."


def _count(rows: list[dict[str, str]], label: str) -> str:
    return str(sum(row["label"] == label for row in rows) or "-")


def _size(rows: list[dict[str, str]]) -> str:
    return f"{sum(int(row['bytes']) for row in rows) / 1e6:.0f}"
