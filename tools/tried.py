"""What docs/LOG.md says of benchmarks/candidates.json, as Markdown."""

import json
from collections.abc import Mapping
from statistics import fmean
from typing import Any

from tools.benchmarked import Read

from real_or_ai.drawing.markdown import table
from real_or_ai.statistics.figure import Figure


def candidates(read: Read, _: str) -> str:
    """A row a candidate, as they were measured."""
    measured = json.loads(read("benchmarks/candidates.json"))["candidates"]
    first = next(iter(measured.values()))
    sources = [row["source"] for row in first["external"]]
    lines = [_line(name, found) for name, found in measured.items()]
    own = ("its own sources (val)", "left out: mean", "folds 1 to 5")
    headings = ("candidate", *own, *sources, "external: mean", "commit")
    left_out = enumerate(first["left_out"], start=1)
    sizes = ", ".join(f"{row['n']} of fold {number}" for number, row in left_out)
    return (
        f"{table(headings, lines)}\n\n"
        f"ROC AUC [95 %]; {sizes}. Balanced accuracies at val's threshold, and what each candidate "
        "changes of params.yaml, are in [candidates.json](../benchmarks/candidates.json). Measured "
        f"on {_all(measured, 'date')} on {_all(measured, 'machine')}."
    )


def _all(measured: Mapping[str, Mapping[str, Any]], what: str) -> str:
    return "; ".join(sorted({found[what] for found in measured.values()}))


def _line(name: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    left_out = [row["roc_auc"][0] for row in found["left_out"]]
    external = [row["roc_auc"] for row in found["external"]]
    return (
        f"`{name}`",
        Figure(*found["val"]["roc_auc"]).text(2),
        f"{fmean(left_out):.3f}",
        " ".join(f"{auc:.2f}" for auc in left_out),
        *(Figure(*auc).text(2) for auc in external),
        f"{fmean(auc for auc, *_ in external):.3f}",
        found["commit"][:7],
    )
