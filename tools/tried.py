"""What docs/LOG.md says of benchmarks/candidates.json, as Markdown."""

import json
from collections.abc import Callable, Mapping
from statistics import fmean
from typing import Any

from real_or_ai.drawing.markdown import table

Read = Callable[[str], str]  # path below the repository -> its text


def candidates(read: Read, _: str) -> str:
    """A row a candidate, as they were measured."""
    whole = json.loads(read("benchmarks/candidates.json"))
    measured = whole["candidates"]
    sources = [row["source"] for row in next(iter(measured.values()))["external"]]
    lines = [_line(name, found) for name, found in measured.items()]
    headings = ("candidate", "left out: mean", "folds 1 to 5", *sources, "external: mean", "commit")
    sizes = ", ".join(f"{row['n']} of fold {number}" for number, row in _folds(measured))
    return (
        f"{table(headings, lines)}\n\n"
        f"ROC AUC [95 %]; {sizes}. Balanced accuracies at val's threshold, and what each candidate "
        "changes of params.yaml, are in [candidates.json](../benchmarks/candidates.json). Measured "
        f"on {', '.join(sorted({found['date'] for found in measured.values()}))} on "
        f"{whole['machine']}."
    )


def _folds(measured: Mapping[str, Any]) -> list[tuple[int, Any]]:
    return list(enumerate(next(iter(measured.values()))["left_out"], start=1))


def _line(name: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    left_out = [row["roc_auc"][0] for row in found["left_out"]]
    external = [row["roc_auc"] for row in found["external"]]
    return (
        f"`{name}`",
        f"{fmean(left_out):.3f}",
        " ".join(f"{auc:.2f}" for auc in left_out),
        *("{:.2f} [{:.2f}, {:.2f}]".format(*auc) for auc in external),
        f"{fmean(auc for auc, *_ in external):.3f}",
        found["commit"][:7],
    )
