"""Stage `compare`: all detectors side by side, and the report's tables beside ours."""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from real_or_ai.conventions import tables
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load, load_value
from real_or_ai.conventions.sections import EMBEDDED, REPORTS_OWN, Turns, named
from real_or_ai.registry import DETECTORS
from real_or_ai.stages.compare import (
    CompareParams,
    curves_of_all,
    model_cards,
    over_seeds,
    side_by_side,
    writeup,
)


def run(
    predictions: Path,
    seeds: Path,
    evaluated: Path,
    breakdown: Path,
    sources: Path,
    reliability: Path,
    robustness_json: Path,
    folds_json: Path,
    data_json: Path,
    comparison_json: Path,
    plots: Path,
    report_md: Path,
    cards: Path,
    *,
    params: CompareParams,
    raw: str,
    turns: Turns,
) -> None:
    """Writes the comparison, the curves of all models in one plot, the report's tables, and cards.

    Folders are of a file a model. raw: the raw folder's name. turns: `calibrate.turns`.
    """
    name = named(raw)
    scored = {model: tables.read(predictions / f"{model}.csv") for model in DETECTORS}
    numbers = {model: _read(evaluated / f"{model}.json") for model in DETECTORS}
    found = side_by_side.comparison(scored, over_seeds.read(seeds), numbers, seed=params.seed)
    write_json(comparison_json, found)
    before_and_after = {model: pd.read_csv(reliability / f"{model}.csv") for model in DETECTORS}
    curves_of_all.draw(plots, scored, before_and_after, name)
    data = _read(data_json)
    text = "\n".join(
        writeup.lines(
            name,
            data,
            numbers,
            found["differences"],
            spreads=found["seeds"],
            folds=_read(folds_json),
            chosen=found["chosen"]["model"],
            beside_report=raw in (EMBEDDED, *REPORTS_OWN),
        )
    )
    with replacing(report_md) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    robustness = _read(robustness_json)
    model_cards.write(
        cards, name, data, numbers, breakdown, robustness, found["seeds"],
        sources=sources, left_out=[source for turn in turns for source in turn],
    )  # fmt: skip


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    with told_in_one_sentence():
        run(
            *map(Path, sys.argv[1:]),
            params=load(CompareParams, "compare"),
            raw=load_value(str, "prepare.raw"),
            turns=load_value(Turns, "calibrate.turns"),
        )
