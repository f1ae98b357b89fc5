"""Stage `evaluate`: what one detector file scores on val, test and external pictures."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from real_or_ai import manifest, metrics, sheets
from real_or_ai.detector import Detector, score_of
from real_or_ai.errors import DetectorError, told_in_one_sentence
from real_or_ai.labels import HELD_OUT
from real_or_ai.outputs import replacing, write_json
from real_or_ai.params.base import load
from real_or_ai.params.evaluate import EvaluateParams

COLUMNS = 10


def run(
    detector_onnx: Path,
    pixels_npy: Path,
    split_csv: Path,
    metrics_json: Path,
    plots: Path,
    predictions_csv: Path,
    *,
    params: EvaluateParams,
) -> None:
    """Writes the detector's metrics, curves, confusion, galleries and predictions by split.

    Everything comes from the detector file, as it is shipped.
    """
    detector = Detector(detector_onnx)
    pixels = np.load(pixels_npy, mmap_mode="r")
    if pixels.shape[1] != detector.description.size:
        raise DetectorError(
            f"{detector_onnx}: made for pixels of {detector.description.size} px, but {pixels_npy} "
            f"has {pixels.shape[1]}; run dvc repro"
        )
    split = manifest.read(split_csv)
    numbers, predictions = {}, []
    with replacing(plots) as temporary:
        temporary.mkdir()
        for name in HELD_OUT:
            rows = split[split["split"] == name]
            if rows.empty:
                continue
            logits = detector.logits(pixels[rows.index])
            scores = score_of(logits)
            scored = rows.assign(score=scores, verdict=detector.verdicts(scores))
            predictions.append(scored)
            labels, called = manifest.label_indices(rows), manifest.called_ai(scored)
            numbers[name] = metrics.summary(labels, logits, scores, called)
            _plot(temporary, name, scored, pixels, labels, params.gallery)
        everything = pd.concat(predictions)
        _breakdown(everything).to_csv(temporary / "breakdown.csv", index=False)
    write_json(metrics_json, numbers)
    manifest.write(predictions_csv, manifest.PREDICTIONS, manifest.rows(everything))


def _plot(
    folder: Path,
    name: str,
    scored: pd.DataFrame,
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int64],
    limit: int,
) -> None:
    confusion = scored[["label", "verdict"]].set_axis(["actual", "predicted"], axis=1)
    confusion.to_csv(folder / f"confusion_{name}.csv", index=False)
    _gallery(folder / f"gallery_{name}.jpg", name, scored, pixels, limit)
    if len(np.unique(labels)) < 2:
        print(f"{name}: holds {scored['label'].iloc[0]} pictures only: no ROC, no precision-recall")
        return
    scores = scored["score"].to_numpy()
    metrics.roc(labels, scores).to_csv(folder / f"roc_{name}.csv", index=False)
    metrics.precision_recall(labels, scores).to_csv(
        folder / f"precision_recall_{name}.csv", index=False
    )


def _gallery(
    path: Path, name: str, scored: pd.DataFrame, pixels: NDArray[np.uint8], limit: int
) -> None:
    """Real pictures, then ai; of more than `limit`, evenly spaced ones are shown."""
    ordered = scored.sort_values(["label", "picture"], ascending=[False, True])
    shown = ordered.iloc[np.linspace(0, len(ordered) - 1, min(limit, len(ordered))).astype(int)]
    wrong = shown["label"] != shown["verdict"]
    cells = [
        sheets.Cell(pixels[index], f"true {label}\nsaid {verdict} {score:.2f}", mistaken)
        for index, label, verdict, score, mistaken in zip(
            shown.index, shown["label"], shown["verdict"], shown["score"], wrong, strict=True
        )
    ]
    title = f"{name}: {wrong.sum()} of the {len(shown)} pictures shown are called wrongly (red)"
    sheets.save(path, title, cells, COLUMNS)


def _breakdown(scored: pd.DataFrame) -> pd.DataFrame:
    """Share called rightly, and n, by split, source and class."""
    right = scored.assign(right=scored["label"] == scored["verdict"])
    by = right.groupby(["split", "source", "label"], sort=True)["right"]
    return by.agg(n="size", called_rightly="mean").reset_index()


if __name__ == "__main__":
    with told_in_one_sentence():
        run(*map(Path, sys.argv[1:]), params=load(EvaluateParams, "evaluate"))
