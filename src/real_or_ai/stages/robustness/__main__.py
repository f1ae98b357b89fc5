"""Stage `robustness`: how every detector bears what happens to pictures on their way.

One stage for all detectors: opening and perturbing a picture takes the time, and is done once.
"""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Bools, Floats, Labels
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import AI, EXTERNAL, TEST
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load
from real_or_ai.detector_file.session import Session, score_of
from real_or_ai.drawing import curves
from real_or_ai.pictures import decoding
from real_or_ai.pictures.delivery import deliver
from real_or_ai.pictures.parallel import in_order
from real_or_ai.stages.compare import course_report
from real_or_ai.stages.robustness import RobustnessParams, bands
from real_or_ai.stages.robustness.perturbations import (
    CORNERS,
    PERTURBATIONS,
    UNCHANGED,
    occluded,
    perturbed,
)
from real_or_ai.statistics import intervals, metrics

VARIANTS = (*PERTURBATIONS, *CORNERS)
SINGLE = "of one strength"  # the panel of what has no family


def run(
    models: Path,
    prepared: Path,
    split_csv: Path,
    metrics_json: Path,
    plots: Path,
    *,
    params: RobustnessParams,
) -> None:
    """Writes what every detector keeps of its AUC and calls under each perturbation, and plots it.

    models: a folder with <model>.onnx. A split with one class alone is left out.
    """
    detectors = {name: Session(models / f"{name}.onnx") for name in course_report.TITLES}
    split = tables.read(split_csv)
    numbers: dict[str, dict[str, dict[str, dict[str, float]]]] = {name: {} for name in detectors}
    for held_out in (TEST, EXTERNAL):
        rows = subset(split[split["split"] == held_out], params.pictures)
        if rows["label"].nunique() < 2:
            print(f"{held_out}: does not hold both classes, so it has no ROC AUC to lose: left out")
            continue
        logits = all_logits(list(rows["picture"]), prepared, detectors, params.seed)
        for (name, detector), of_model in zip(detectors.items(), logits, strict=True):
            threshold = detector.description.threshold
            numbers[name][held_out] = measured(rows, of_model, threshold, params.seed)
    write_json(metrics_json, numbers)
    table = _table(numbers)
    with replacing(plots) as temporary:
        temporary.mkdir()
        table.to_csv(temporary / "robustness.csv", index=False, lineterminator="\n")
        _plot(temporary, table)


def _plot(folder: Path, table: pd.DataFrame) -> None:
    title = "ROC AUC of pictures changed before delivery"
    _heat_map(folder / "heat_map.png", title, table, "roc_auc", list(PERTURBATIONS))
    title = "Share of calls that change when a corner is hidden"
    _heat_map(folder / "corners.png", title, table, "share_other_call", list(CORNERS))
    title = "ROC AUC as a change grows, with 95 % intervals"
    bands.bands(folder / "strength.png", title, _lines(table))


def subset(rows: pd.DataFrame, pictures: int | None) -> pd.DataFrame:
    """At most `pictures` rows, evenly spaced in the order of class and name."""
    if pictures is None or len(rows) <= pictures:
        return rows
    ordered = rows.sort_values(["label", "picture"])
    return ordered.iloc[np.linspace(0, len(rows) - 1, pictures).round().astype(int)]


def all_logits(
    pictures: list[str], prepared: Path, detectors: Mapping[str, Session], seed: int
) -> NDArray[np.float64]:
    """Logits [detectors, pictures, VARIANTS] of prepared pictures."""
    one = partial(_logits, prepared=prepared, detectors=detectors, seed=seed)
    # Threads: Pillow and onnxruntime work outside the interpreter's lock. Each scores what it
    # has perturbed, so that no more pictures than threads are ever held.
    found = np.stack(list(in_order(one, pictures, "robustness", threads=True)))
    return found.transpose(1, 0, 2)


def _logits(
    picture: str, *, prepared: Path, detectors: Mapping[str, Session], seed: int
) -> NDArray[np.float64]:
    """Logits [detectors, VARIANTS] of one picture."""
    # prepare has checked this picture's size against its own limit.
    image = decoding.decode((prepared / picture).read_bytes(), max_pixels=sys.maxsize).image
    described = {name: detector.description for name, detector in detectors.items()}
    ways = {(about.delivery, about.size) for about in described.values()}
    delivered: dict[object, dict[str, NDArray[np.uint8]]] = {way: {} for way in ways}
    for variant, changed in perturbed(image, picture, seed):
        for way in ways:
            delivered[way][variant] = deliver(changed, *way)
    batches = {
        way: np.stack([*squares.values(), *occluded(squares[UNCHANGED]).values()])
        for way, squares in delivered.items()
    }
    return np.stack(
        [
            detector.logits(batches[described[name].delivery, described[name].size])
            for name, detector in detectors.items()
        ]
    )


def measured(
    rows: pd.DataFrame, logits: NDArray[np.float64], threshold: float, seed: int
) -> dict[str, dict[str, float]]:
    """Variant -> metrics of one detector; of a hidden corner also what it changed.

    rows: label and group of each picture; logits [pictures, VARIANTS].
    """
    labels, groups = tables.label_indices(rows), rows["group"].to_numpy()
    scores = score_of(logits)
    called = scores >= threshold
    before = VARIANTS.index(UNCHANGED)
    found = {}
    for index, variant in enumerate(VARIANTS):
        numbers = metrics.summary(labels, logits[:, index], scores[:, index], called[:, index])
        right = called[:, index] == (labels == AI)
        found[variant] = intervals.beside(
            {name: numbers[name] for name in ("n", "roc_auc", "balanced_accuracy")},
            {
                "roc_auc": intervals.auc_interval(labels, scores[:, index], groups),
                "balanced_accuracy": intervals.balanced_interval(labels, right, groups),
            },
        )
        if variant in CORNERS:
            pairs = (scores[:, index], scores[:, before]), (called[:, index], called[:, before])
            found[variant] |= _moved(labels, *pairs, groups, seed)
    return found


def _moved(
    labels: Labels,
    scores: tuple[Floats, Floats],
    called: tuple[Bools, Bools],
    groups: NDArray[np.str_],
    seed: int,
) -> dict[str, float]:
    """What a change did to pictures, each (after, before): to calls, scores and the ROC AUC."""
    other_call = called[0] != called[1]
    distance = np.abs(scores[0] - scores[1])
    auc, *interval = intervals.auc_difference(labels, *scores, groups, seed)
    return intervals.beside(
        {
            "share_other_call": float(other_call.mean()),
            "score_change": float(distance.mean()),
            "roc_auc_change": auc,
        },
        {
            "share_other_call": intervals.wilson(other_call, groups),
            "score_change": intervals.mean_interval(distance, groups, seed),
            "roc_auc_change": (interval[0], interval[1]),
        },
    )


def _table(numbers: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]]) -> pd.DataFrame:
    """A row per model, split and variant."""
    return pd.DataFrame(
        [
            {"model": model, "split": split, "variant": variant, **found}
            for model, splits in numbers.items()
            for split, variants in splits.items()
            for variant, found in variants.items()
        ]
    )


def _heat_map(
    path: Path, title: str, table: pd.DataFrame, metric: str, variants: list[str]
) -> None:
    values = table.pivot(index="variant", columns=["split", "model"], values=metric)
    titles = {name: title.replace(" + ", "\n+ ") for name, title in course_report.TITLES.items()}
    columns = [(split, model) for split in table["split"].unique() for model in titles]
    n = table.groupby("split")["n"].first()
    curves.heat_map(
        path,
        title,
        values.reindex(index=variants, columns=columns).to_numpy(),
        rows=("", variants),
        columns=("", [f"{titles[model]}\n{split}\nn = {n[split]}" for split, model in columns]),
    )


def _lines(table: pd.DataFrame) -> pd.DataFrame:
    """The perturbations' rows as `bands` takes them: each family begins unchanged."""
    parts = []
    families = dict.fromkeys(one.family for one in PERTURBATIONS.values() if one.family)
    for family in families:
        names = [UNCHANGED, *(name for name, one in PERTURBATIONS.items() if one.family == family)]
        parts += [
            table[table["variant"] == name].assign(panel=family, tick=name.split()[-1])
            for name in names
        ]
    alone = [name for name, one in PERTURBATIONS.items() if one.family is None]
    parts += [table[table["variant"] == name].assign(panel=SINGLE, tick=name) for name in alone]
    lines = pd.concat(parts).rename(columns={"roc_auc": "value"})
    return lines.assign(
        split="ROC AUC, " + lines["split"] + " (n = " + lines["n"].astype(str) + ")",
        model=lines["model"].map(course_report.TITLES),
        low=lines["roc_auc_low"],
        high=lines["roc_auc_high"],
        joined=lines["panel"] != SINGLE,
    )


if __name__ == "__main__":
    with told_in_one_sentence():
        run(*map(Path, sys.argv[1:]), params=load(RobustnessParams, "robustness"))
