"""Stage `fit_svm`: an SVM on the features, chosen by a grid over folds of train."""

import sys
from pathlib import Path

import numpy as np
from torch import nn

from real_or_ai.conventions import tables, turns
from real_or_ai.conventions.arrays import Bools, Floats
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import TRAIN, VAL
from real_or_ai.conventions.params import load, load_value
from real_or_ai.conventions.sections import DecodeParams, FeaturesParams, Protocol, Turns
from real_or_ai.detector_file.origin import describe
from real_or_ai.networks.frozen import Frozen
from real_or_ai.stages.fit_svm import FitSvmParams
from real_or_ai.stages.fit_svm import cross_validation as cv
from real_or_ai.stages.fit_svm.svm import Asked
from real_or_ai.stages.fit_svm.svm_network import network
from real_or_ai.tensors.export import export


def run(
    features_npz: Path,
    pixels_npy: Path,
    split_csv: Path,
    detector: Path,
    metrics_json: Path,
    plots: Path,
    turns_csv: Path,
    *,
    params: FitSvmParams,
    features_params: FeaturesParams,
    decode: DecodeParams,
    min_side: int,
    protocol: Protocol,
    sources_out: Turns,
) -> None:
    """Fits on train and writes the detector file, the folds' metrics, the grid and its heat map.

    protocol: `grouped` folds keep groups whole; those of `paper` cut them, as the report's did.
    sources_out: `calibrate.turns`; what the SVM says in each, with the same C and gamma.
    """
    split = tables.read(split_csv)
    train, val = (np.flatnonzero(split["split"] == part) for part in (TRAIN, VAL))
    stored = np.load(features_npz)
    features, labels = stored["features"], tables.label_indices(split)
    asked = Asked(params, tuple(stored["widths"].tolist()))
    x, y = features[train], labels[train]
    kind = "grouped" if protocol == "grouped" else "ungrouped"
    units = cv.units(split.iloc[train], protocol)
    svm = cv.chosen(x, y, units, kind, metrics_json=metrics_json, plots=plots, asked=asked)

    def said(allowed: Bools, rows: turns.Rows) -> Floats:
        own = train[allowed[train]]
        return cv.decisions(svm, features[own], labels[own], features[rows])

    turns.write(turns_csv, split, sources_out, said)
    pixels = np.load(pixels_npy, mmap_mode="c")
    description = describe(
        "svm", pixels, split_csv, split,
        input_size=features_params.size, min_side=min_side, decode=decode,
        params={"features": features_params.without_path(), "fit_svm": params},
    )  # fmt: skip
    fitted = svm.fit(x, y)
    checked = val[:: 1 + len(val) // 16]
    export(
        nn.Sequential(Frozen(features_params), network(fitted)),
        detector,
        description,
        examples=pixels[checked],
        expected=fitted.decision_function(features[checked]),
        half=params.half,
    )


if __name__ == "__main__":
    with told_in_one_sentence():
        run(
            *map(Path, sys.argv[1:]),
            params=load(FitSvmParams, "fit_svm"),
            features_params=load(FeaturesParams, "features"),
            decode=load(DecodeParams, "decode"),
            min_side=load_value(int, "prepare.min_side"),
            protocol=load_value(Protocol, "prepare.protocol"),
            sources_out=load_value(Turns, "calibrate.turns"),
        )
