"""What detectors say of perturbed pictures, and what that leaves of their AUC and calls."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Bools, Floats, Labels
from real_or_ai.conventions.labels import AI, UNCHANGED
from real_or_ai.detector_file.session import Session, score_of
from real_or_ai.pictures import decoding
from real_or_ai.pictures.delivery import deliver
from real_or_ai.pictures.parallel import in_order
from real_or_ai.stages.robustness.perturbations import CORNERS, PERTURBATIONS, occluded, perturbed
from real_or_ai.statistics import intervals, metrics

VARIANTS = (*PERTURBATIONS, *CORNERS)


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
