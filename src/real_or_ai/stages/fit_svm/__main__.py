"""Stage `fit_svm`: an SVM on the features, chosen by a grid over folds of train."""

import sys
from pathlib import Path

import numpy as np
from torch import nn

from real_or_ai.conventions import tables
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import TRAIN, VAL
from real_or_ai.conventions.outputs import write_json
from real_or_ai.conventions.params import load, load_value
from real_or_ai.conventions.sections import DecodeParams, FeaturesParams, Protocol
from real_or_ai.detector_file.origin import describe
from real_or_ai.networks.frozen import Frozen
from real_or_ai.stages.fit_svm import FitSvmParams, grid_search
from real_or_ai.stages.fit_svm import cross_validation as cv
from real_or_ai.stages.fit_svm.svm import network, pipeline
from real_or_ai.statistics import folds
from real_or_ai.tensors.export import export


def run(
    features_npz: Path,
    pixels_npy: Path,
    split_csv: Path,
    detector: Path,
    metrics_json: Path,
    plots: Path,
    *,
    params: FitSvmParams,
    features_params: FeaturesParams,
    decode: DecodeParams,
    min_side: int,
    protocol: Protocol,
) -> None:
    """Fits on train and writes the detector file, the folds' metrics, the grid and its heat map.

    protocol: `grouped` folds keep groups whole; those of `paper` cut them, as the report's did.
    """
    split = tables.read(split_csv)
    train, val = (np.flatnonzero(split["split"] == part) for part in (TRAIN, VAL))
    features = np.load(features_npz)["features"]
    x, y = features[train], tables.label_indices(split)[train]
    units = cv.units(split.iloc[train], protocol)
    parts = folds.grouped(y, units, params.folds, params.seed, asked_by="fit_svm.folds")
    accuracy = grid_search.accuracies(x, y, parts, params)
    best = grid_search.best(accuracy, params)
    print(f"svm: best {best.chosen}, fold accuracy {best.accuracy:.3f}")
    svm = pipeline(params).set_params(**best.of_pipeline)
    measured = cv.measured(x, y, parts, lambda _: svm)
    nested = cv.nested(x, y, units, parts, params)
    write_json(metrics_json, cv.summary(best.chosen, measured, nested))
    kind = "grouped" if protocol == "grouped" else "ungrouped"
    cv.plot(plots, accuracy, measured, params, f"{params.folds} {kind} folds of train")

    pixels = np.load(pixels_npy, mmap_mode="c")
    description = describe(
        "svm",
        pixels,
        split_csv,
        split,
        input_size=features_params.size,
        min_side=min_side,
        decode=decode,
        params={"features": features_params.without_path(), "fit_svm": params},
    )
    fitted = svm.fit(x, y)
    checked = val[:: 1 + len(val) // 16]
    export(
        nn.Sequential(Frozen(features_params), network(fitted)),
        detector,
        description,
        examples=pixels[checked],
        expected=fitted.decision_function(features[checked]),
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
        )
