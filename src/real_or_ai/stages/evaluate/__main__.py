"""Stage `evaluate`: what one detector file scores on val, test and external pictures."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import DetectorError
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import AI, HELD_OUT, TEST
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load
from real_or_ai.detector_file.session import Session, score_of
from real_or_ai.drawing import contact_sheet
from real_or_ai.stages.evaluate import EvaluateParams
from real_or_ai.statistics import intervals, metrics

COLUMNS = 10
SIZES = (0, 256, 512, 1024, np.inf)  # px
SIZE_NAMES = ("below 256", "256 to 511", "512 to 1023", "1024 and more")


def run(
    detector_onnx: Path,
    pixels_npy: Path,
    split_csv: Path,
    manifest_csv: Path,
    metrics_json: Path,
    plots: Path,
    predictions_csv: Path,
    *,
    params: EvaluateParams,
) -> None:
    """Writes the detector's metrics, curves, confusion, galleries and predictions by split.

    Everything comes from the detector file, as it is shipped.
    """
    detector = Session(detector_onnx)
    pixels = np.load(pixels_npy, mmap_mode="r")
    if pixels.shape[1] != detector.description.size:
        raise DetectorError(
            f"{detector_onnx}: made for pixels of {detector.description.size} px, but {pixels_npy} "
            f"has {pixels.shape[1]}; run dvc repro"
        )
    split = tables.read(split_csv)
    numbers: dict[str, dict[str, float]] = {}
    predictions, reliability = list[pd.DataFrame](), list[pd.DataFrame]()
    with replacing(plots) as temporary:
        temporary.mkdir()
        for name in HELD_OUT:
            rows = split[split["split"] == name]
            if rows.empty:
                continue
            logits = detector.logits(pixels, rows.index.to_numpy())
            scores = score_of(logits)
            scored = rows.assign(
                score=scores, called=detector.calls(scores), verdict=detector.verdicts(scores)
            )
            predictions.append(scored)
            raw = detector.raw_logits(logits)
            numbers[name] = _numbers(scored, logits, raw, params.seed)
            if name == TEST and detector.description.unsure:  # val chose, and external may differ
                numbers[name]["alpha"] = detector.description.unsure.alpha
            reliability += _reliability(name, scored, score_of(raw))
            _plot(temporary, name, scored, pixels, params.gallery)
        everything = pd.concat(predictions)
        breakdown(everything, tables.read(manifest_csv)).to_csv(
            temporary / "breakdown.csv", index=False
        )
        pd.concat(reliability).to_csv(temporary / "reliability.csv", index=False)
    write_json(metrics_json, numbers)
    tables.write(predictions_csv, tables.PREDICTIONS, tables.rows(everything))


def _numbers(
    scored: pd.DataFrame,
    logits: NDArray[np.float64],
    raw: NDArray[np.float64],
    seed: int,
) -> dict[str, float]:
    """Every metric of one split with its interval, at the threshold and as the report's 0.5."""
    labels, groups = tables.label_indices(scored), scored["group"].to_numpy()
    scores, called = scored["score"].to_numpy(), tables.called_ai(scored)
    numbers = intervals.beside(
        metrics.summary(labels, logits, scores, called),
        intervals.intervals(labels, logits, scores, called, groups, seed),
    )
    right = (raw >= 0) == (labels == AI)
    numbers |= intervals.share("accuracy_at_half", right, groups)
    numbers["groups"] = len(np.unique(groups))
    return numbers | intervals.decided(labels, list(scored["verdict"]), groups)


def _plot(
    folder: Path, name: str, scored: pd.DataFrame, pixels: NDArray[np.uint8], limit: int
) -> None:
    confusion = scored[["label", "called"]].set_axis(["actual", "predicted"], axis=1)
    confusion.to_csv(folder / f"confusion_{name}.csv", index=False)
    _gallery(folder / f"gallery_{name}.jpg", name, scored, pixels, limit)
    labels, scores = tables.label_indices(scored), scored["score"].to_numpy()
    if len(np.unique(labels)) < 2:
        print(f"{name}: holds {scored['label'].iloc[0]} pictures only: no ROC, no precision-recall")
        return
    metrics.roc(labels, scores).to_csv(folder / f"roc_{name}.csv", index=False)
    metrics.precision_recall(labels, scores).to_csv(
        folder / f"precision_recall_{name}.csv", index=False
    )


def _reliability(
    split: str, scored: pd.DataFrame, before: NDArray[np.float64]
) -> Iterator[pd.DataFrame]:
    """before: the scores [N] without calibration."""
    labels = tables.label_indices(scored)
    for when, scores in (("before", before), ("after", scored["score"].to_numpy())):
        yield intervals.reliability(labels, scores).assign(split=split, when=when)


def _gallery(
    path: Path, name: str, scored: pd.DataFrame, pixels: NDArray[np.uint8], limit: int
) -> None:
    """Real pictures, then ai; of more than `limit`, evenly spaced ones are shown."""
    ordered = scored.sort_values(["label", "picture"], ascending=[False, True])
    shown = ordered.iloc[np.linspace(0, len(ordered) - 1, min(limit, len(ordered))).astype(int)]
    wrong = shown["label"] != shown["called"]
    cells = [
        contact_sheet.Cell(pixels[index], f"true {label}\nsaid {called} {score:.2f}", mistaken)
        for index, label, called, score, mistaken in zip(
            shown.index, shown["label"], shown["called"], shown["score"], wrong, strict=True
        )
    ]
    title = f"{name}: {wrong.sum()} of the {len(shown)} pictures shown are called wrongly (red)"
    contact_sheet.save(path, title, cells, COLUMNS)


def breakdown(scored: pd.DataFrame, pictures: pd.DataFrame) -> pd.DataFrame:
    """Share called rightly, its interval and n, by split and class, and by each thing in turn.

    pictures: the manifest. The things: source, generator, raw format, short side in px.
    """
    facts = pictures.set_index("picture").loc[scored["picture"]].reset_index(drop=True)
    short = facts[["width", "height"]].min(axis=1)
    by = {
        "source": facts["source"],
        "generator": facts["generator"],
        "format": facts["raw_format"],
        "short side": pd.cut(short, SIZES, right=False, labels=SIZE_NAMES).astype(str),
    }
    rows = []
    table = scored.reset_index(drop=True)
    table["right"] = table["label"] == table["called"]
    for thing, values in by.items():
        for (split, value, label), part in table.groupby(["split", values, "label"], sort=True):
            if value == "":  # real pictures have no generator
                continue
            right, groups = part["right"].to_numpy(), part["group"].to_numpy()
            share = intervals.share("called_rightly", right, groups)
            named = {"split": split, "by": thing, "value": value, "label": label}
            rows.append({**named, "n": len(part), **share})
    return pd.DataFrame(rows)


if __name__ == "__main__":
    with told_in_one_sentence():
        run(*map(Path, sys.argv[1:]), params=load(EvaluateParams, "evaluate"))
