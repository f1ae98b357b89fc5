"""Stage `evaluate`: what one detector file scores on val, test and external pictures."""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import DetectorError
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import HELD_OUT, VAL
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load
from real_or_ai.detector_file.session import Session, score_of
from real_or_ai.stages.evaluate import EvaluateParams, by_source, plots, scores
from real_or_ai.stages.evaluate.breakdown import breakdown


class Outs(NamedTuple):
    """Where everything goes; the last four are folders of a file a split."""

    headlines_json: Path
    metrics_json: Path
    predictions_csv: Path
    breakdown_csv: Path
    sources_csv: Path
    reliability_csv: Path
    roc: Path
    precision_recall: Path
    confusion: Path
    gallery: Path


def run(
    detector_onnx: Path,
    pixels_npy: Path,
    split_csv: Path,
    manifest_csv: Path,
    *,
    outs: Outs,
    params: EvaluateParams,
) -> None:
    """Writes the detector's numbers, curves, confusion, galleries and predictions by split.

    Everything comes from the detector file, as it is shipped.
    """
    detector, pixels = Session(detector_onnx), np.load(pixels_npy, mmap_mode="r")
    if pixels.shape[1] != detector.description.size:
        raise DetectorError(
            f"{detector_onnx}: made for pixels of {detector.description.size} px, but {pixels_npy} "
            f"has {pixels.shape[1]}; run dvc repro"
        )
    split = tables.read(split_csv)
    by_split = {name: split[split["split"] == name] for name in HELD_OUT}
    numbers: dict[str, dict[str, float]] = {}
    predictions, reliability = list[pd.DataFrame](), list[pd.DataFrame]()
    sources = list[by_source.Row]()
    with plots.replacing_all(plots.Folders(*outs[6:])) as folders:
        for name, rows in by_split.items():
            if rows.empty:
                continue
            logits = detector.logits(pixels, rows.index.to_numpy())
            scored = scores.scored(detector, rows, logits)
            predictions.append(scored)
            numbers[name] = scores.numbers(detector, name, scored, logits, seed=params.seed)
            if name != VAL:  # which was chosen on
                sources += by_source.rows(detector, name, scored, logits, seed=params.seed)
            before = score_of(detector.raw_logits(logits))
            reliability += scores.reliability(name, scored, before)
            threshold = detector.description.threshold
            plots.write(name, scored, pixels, folders, most=params.gallery, threshold=threshold)
    everything = pd.concat(predictions)
    with replacing(outs.breakdown_csv) as temporary:
        breakdown(everything, tables.read(manifest_csv)).to_csv(temporary, index=False)
    by_source.write(outs.sources_csv, sources)
    with replacing(outs.reliability_csv) as temporary:
        pd.concat(reliability).to_csv(temporary, index=False)
    write_json(outs.metrics_json, numbers)
    # Below the model's name, for DVC calls its columns after the keys.
    model = detector.description.model
    write_json(outs.headlines_json, {model: scores.headlines(numbers)})
    tables.save(outs.predictions_csv, tables.PredictionRow, everything)


if __name__ == "__main__":
    with told_in_one_sentence():
        paths = list(map(Path, sys.argv[1:]))
        run(*paths[:4], outs=Outs(*paths[4:]), params=load(EvaluateParams, "evaluate"))
