"""The collection's sources as a table, from data/collection.csv."""

import json
from collections import defaultdict

from tools.benchmarked import Read
from tools.cells import rows as rows_of

from real_or_ai.drawing.markdown import table
from real_or_ai.statistics.figure import Figure

FEW = 4  # kinds that are named


def sources(read: Read, path: str) -> str:
    """A row a source, its counts, what it holds and its licence; then the sums and the bytes."""
    rows = rows_of(read(path))
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


def nulls(read: Read, path: str) -> str:
    """What can be told without looking, as found and delivered, by the audit's numbers."""
    found = json.loads(read(path))
    told = [
        ("class, from file facts: ROC AUC", "facts", "roc_auc"),
        ("class, from 8x8 thumbnails: ROC AUC", "thumbnail", "roc_auc"),
        ("source, from pixels: accuracy", "source", "accuracy"),
    ]
    lines = []
    for title, null, metric in told:
        own = [found[when][null] for when in ("as_found", "delivered")]
        lines.append([title, *(f"{Figure.read(one, metric).text(2)}, {one['n']}" for one in own)])
    source = found["delivered"]["source"]
    beside = f"{source['sources']} sources, of which the largest has {source['chance']:.2f}."
    if (by_source := found.get("class_from_source")) is not None:
        auc = Figure.read(by_source, "roc_auc").text(2)
        beside += f" Who knows the source alone tells the class with a ROC AUC of {auc}."
    return f"{table(('guessed', 'as found, n', 'delivered, n'), lines)}\n\n{beside}"


def _count(rows: list[dict[str, str]], label: str) -> str:
    return str(sum(row["label"] == label for row in rows) or "-")


def _size(rows: list[dict[str, str]]) -> str:
    return f"{sum(int(row['bytes']) for row in rows) / 1e6:.0f}"
