"""The headline numbers of the run in the workspace as a few lines, beside those of one before."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.labels import SPLITS
from real_or_ai.conventions.params import load_value
from real_or_ai.conventions.sections import named
from real_or_ai.registry import TITLES
from real_or_ai.statistics.figure import Figure

COMPARISON = Path("metrics/comparison.json")
MEASURES = {"roc_auc": "ROC AUC", "accuracy": "accuracy"}
BRACKETS = "[ ] 95 % interval over pictures; accuracy at the threshold that val chose"


def summary() -> list[str]:
    """The run in the workspace, whose pictures it is of, and where the rest stands."""
    return [
        named(load_value(str, "prepare.raw")),
        *lines(read()),
        BRACKETS,
        "in words and in full: metrics/report.md; all plots as one page: dvc plots show",
    ]


def found() -> dict[str, Any] | None:
    """As `read`; None if there is no run."""
    return read() if COMPARISON.is_file() else None


def read() -> dict[str, Any]:
    """split -> model -> numbers, as the stage `compare` wrote them into the workspace.

    Raises UserError if there is no run.
    """
    try:
        comparison: dict[str, Any] = json.loads(COMPARISON.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{COMPARISON}: no run is here; make repro makes one") from None
    return {split: models for split, models in comparison.items() if split in SPLITS}


def whose() -> str:
    """Whether the run is one of this workspace or the committed one: numbers differ by machine."""
    if Path("predictions").is_dir():  # which Git does not keep
        return "before: the run in this workspace"
    return (
        "before: the committed run, of another machine perhaps; make repro first to have your own"
    )


def lines(now: dict[str, Any], before: dict[str, Any] | None = None) -> list[str]:
    """A line a model and split; with `before`, what it was there goes before what it is."""
    head = ["on", "n", "model"]
    for title in MEASURES.values():
        head += [title] if before is None else [f"{title} before", "now"]
    rows = [head]
    for split, models in now.items():
        for model, numbers in models.items():
            runs = [numbers] if before is None else [before.get(split, {}).get(model), numbers]
            cells = [_cell(run, measure) for measure in MEASURES for run in runs]
            rows.append([split, str(numbers["n"]), TITLES.get(model, model), *cells])
    return _aligned(rows)


def _cell(numbers: dict[str, float] | None, measure: str) -> str:
    return Figure.read(numbers, measure).text() if numbers and measure in numbers else "-"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
