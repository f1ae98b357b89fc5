"""Stage `fit_svm`: an RBF SVM on the features, chosen by a grid over folds of train."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import nn

from real_or_ai.conventions import tables
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import TRAIN, VAL
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load
from real_or_ai.detector_file.description import Description
from real_or_ai.detector_file.session import data_digest
from real_or_ai.drawing import curves
from real_or_ai.networks import FeaturesParams
from real_or_ai.networks.resnet18 import ResNet18Features
from real_or_ai.pictures.delivery import DecodeParams
from real_or_ai.stages.fit_svm import FitSvmParams, grid_search
from real_or_ai.stages.fit_svm.rbf_svm import RbfSvm
from real_or_ai.stages.prepare import PrepareParams, Protocol
from real_or_ai.statistics import folds, metrics
from real_or_ai.statistics.folds import Folds
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
    protocol: Protocol,
) -> None:
    """Fits on train and writes the detector file, the folds' metrics, the grid and its heat map.

    protocol: `grouped` folds keep groups whole; those of `paper` cut them, as the report's did.
    """
    split = tables.read(split_csv)
    train, val = (np.flatnonzero(split["split"] == part) for part in (TRAIN, VAL))
    labels = tables.label_indices(split)
    features = np.load(features_npz)["features"]
    x, y = features[train], labels[train]
    units = fold_units(split.iloc[train], protocol)
    parts = folds.grouped(y, units, params.folds, params.seed, asked_by="fit_svm.folds")

    accuracy = grid_search.accuracies(x, y, parts, params)
    row, column = grid_search.best(accuracy)
    best = {"C": params.C[row], "gamma": params.gamma[column]}
    chosen = {f"svc__{name}": value for name, value in best.items()}
    print(f"svm: best {best}, fold accuracy {accuracy[row, column].mean():.3f}")
    of_fold, rocs = _folds(x, y, parts, pipeline(params.scale).set_params(**chosen))
    write_json(metrics_json, _summary(best, of_fold))
    with replacing(plots) as temporary:
        temporary.mkdir()
        kind = "grouped" if protocol == "grouped" else "ungrouped"
        of_train = f"{params.folds} {kind} folds of train"
        _write_grid(temporary, accuracy, params, of_train)
        of_fold.to_csv(temporary / "folds.csv", index=False)
        pd.concat([roc.assign(fold=name) for name, roc in rocs.items()]).to_csv(
            temporary / "roc.csv", index=False
        )
        curves.rocs(temporary / "roc.png", f"The SVM in each of {of_train}", rocs)

    pixels = np.load(pixels_npy, mmap_mode="c")
    description = Description(
        model="svm",
        drawn=tables.count_drawn(split) > 0,
        size=decode.size,
        input_size=features_params.size,
        delivery=decode.delivery,
        params={
            "features": features_params.model_dump(mode="json"),
            "fit_svm": params.model_dump(mode="json"),
        },
        data=data_digest(pixels, split_csv),
    )
    fitted = pipeline(params.scale).set_params(**chosen).fit(x, y)
    checked = val[:: 1 + len(val) // 16]
    backbone = ResNet18Features(features_params.weights, features_params.seed)
    export(
        nn.Sequential(backbone, RbfSvm(fitted)),
        detector,
        description,
        examples=pixels[checked],
        expected=fitted.decision_function(features[checked]),
    )


def pipeline(scale: bool) -> Pipeline:
    """An RBF SVM, on standardised features if asked; the report used none."""
    return Pipeline([("standardscaler", StandardScaler())] * scale + [("svc", SVC(kernel="rbf"))])


def fold_units(train: pd.DataFrame, protocol: Protocol) -> NDArray[np.str_]:
    """What the folds keep whole, one name a row of split.csv: its group, or in `paper` nothing."""
    return train["group" if protocol == "grouped" else "picture"].to_numpy()


def _folds(
    x: NDArray[np.float32], y: NDArray[np.int64], parts: Folds, model: Pipeline
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Metrics of each fold, named as by `metrics.prf`, and its ROC curve by the fold's name."""
    rows, rocs = [], {}
    for number, (inside, outside) in enumerate(parts, start=1):
        decision = model.fit(x[inside], y[inside]).decision_function(x[outside])
        called = (decision >= 0).astype(np.int64)
        accuracy = float((called == y[outside]).mean())
        rows.append({"fold": number, "accuracy": accuracy} | metrics.prf(y[outside], called))
        rocs[f"fold {number}"] = metrics.roc(y[outside], decision)[["fpr", "tpr"]]
    return pd.DataFrame(rows), rocs


def _summary(best: dict[str, float], of_fold: pd.DataFrame) -> dict[str, object]:
    """The best parameters, and mean and deviation over the folds of each metric."""
    measured = of_fold.drop(columns="fold")
    return {
        "best": best,
        "folds": {
            "count": len(of_fold),
            "mean": measured.mean().to_dict(),
            "deviation": measured.std(ddof=0).to_dict(),  # the report's, over folds
        },
    }


def _write_grid(
    folder: Path, accuracy: NDArray[np.float64], params: FitSvmParams, of_train: str
) -> None:
    """accuracy: [C, gamma, folds]."""
    mean = accuracy.mean(axis=2)
    grid = pd.DataFrame(
        {
            "C": np.repeat(params.C, len(params.gamma)),
            "gamma": np.tile(params.gamma, len(params.C)),
            "accuracy": mean.ravel(),
            "deviation": accuracy.std(axis=2).ravel(),
        }
    )
    grid.to_csv(folder / "grid.csv", index=False)
    curves.heat_map(
        folder / "grid.png",
        f"Accuracy of the SVM, mean of {of_train}",
        mean,
        rows=("C", [f"{value:g}" for value in params.C]),
        columns=("gamma", [f"{value:.3g}" for value in params.gamma]),
    )


if __name__ == "__main__":
    with told_in_one_sentence():
        run(
            *map(Path, sys.argv[1:]),
            params=load(FitSvmParams, "fit_svm"),
            features_params=load(FeaturesParams, "features"),
            decode=load(DecodeParams, "decode"),
            protocol=load(PrepareParams, "prepare").protocol,
        )
