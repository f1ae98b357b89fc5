"""The SVM in each fold of train: what the folds keep whole, what it scores there, and the plots."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from real_or_ai.conventions.arrays import Floats, Groups, Labels
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.sections import Protocol
from real_or_ai.drawing import curves
from real_or_ai.stages.fit_svm import FitSvmParams, grid_search
from real_or_ai.stages.fit_svm.svm import Asked
from real_or_ai.statistics import folds, metrics
from real_or_ai.statistics.folds import Folds

INNER = 3  # folds at most, inside each fold, where the choice itself is measured
Inside = NDArray[np.intp]


@dataclass(frozen=True)
class Measured:
    """A row of `metrics.summary_of_calls` a fold, and each fold's ROC curve by its name."""

    of_fold: pd.DataFrame
    rocs: Mapping[str, pd.DataFrame]


def units(train: pd.DataFrame, protocol: Protocol) -> Groups:
    """What the folds keep whole, one name a row of split.csv: its group, or in `paper` nothing."""
    return train["group" if protocol == "grouped" else "picture"].to_numpy()


def chosen(
    x: NDArray[np.float32],
    y: Labels,
    units: Groups,
    kind: str,
    *,
    metrics_json: Path,
    plots: Path,
    asked: Asked,
) -> Pipeline:
    """The SVM of the best place of the grid, not fitted; what the folds measured is written.

    x: features [N, K] of train. kind: of folds, for the headings.
    """
    params = asked.params
    parts = folds.grouped(y, units, params.folds, params.seed, asked_by="fit_svm.folds")
    accuracy = grid_search.accuracies(x, y, parts, asked)
    best = grid_search.best(accuracy, params)
    print(f"svm: best {best.chosen}, fold accuracy {best.accuracy:.3f}")
    svm = asked.pipeline().set_params(**best.of_pipeline)
    found = measured(x, y, parts, lambda _: svm)
    anew = nested(x, y, units, parts, asked)
    write_json(metrics_json, summary(best.chosen, found, anew))
    plot(plots, accuracy, found, params, f"{params.folds} {kind} folds of train")
    return svm


def decisions(
    svm: Pipeline, x: NDArray[np.float32], y: Labels, asked: NDArray[np.float32]
) -> Floats:
    """What the SVM says [n] of features [n, K] when it has learnt from others; itself unchanged."""
    return np.asarray(clone(svm).fit(x, y).decision_function(asked), np.float64)


def measured(
    x: NDArray[np.float32], y: Labels, parts: Folds, model: Callable[[Inside], Pipeline]
) -> Measured:
    """In each fold the model for what is inside it; x: features [N, K]."""
    rows, rocs = [], {}
    for number, (inside, outside) in enumerate(parts, start=1):
        decision = decisions(model(inside), x[inside], y[inside], x[outside])
        rows.append({"fold": number} | metrics.summary_of_calls(y[outside], decision >= 0))
        rocs[f"fold {number}"] = metrics.roc(y[outside], decision)[["fpr", "tpr"]]
    return Measured(pd.DataFrame(rows), rocs)


def nested(
    x: NDArray[np.float32], y: Labels, units: Groups, parts: Folds, asked: Asked
) -> Measured | None:
    """What the choice of the grid's place scores: made anew in each fold, by what is inside it.

    The folds that chose a place flatter it (Varma & Simon, BMC Bioinformatics 7, 2006). None where
    the inside of a fold has too few groups to be divided again.
    """
    count = min(INNER, *(folds.most(y[inside], units[inside]) for inside, _ in parts))
    if count < 2:
        return None

    def choose(inside: Inside) -> Pipeline:
        own_x, own_y, seed = x[inside], y[inside], asked.params.seed
        own = folds.grouped(
            own_y, units[inside], count, seed, asked_by="fit_svm.folds, inside a fold,"
        )
        best = grid_search.best(grid_search.accuracies(own_x, own_y, own, asked), asked.params)
        return asked.pipeline().set_params(**best.of_pipeline)

    return measured(x, y, parts, choose)


def summary(
    best: Mapping[str, float], found: Measured, nested: Measured | None
) -> dict[str, object]:
    """The best parameters, and mean and deviation over the folds of each metric, chosen and not."""
    over = {"folds": found} | ({} if nested is None else {"nested": nested})
    return {"best": best} | {name: _over_folds(one.of_fold) for name, one in over.items()}


def _over_folds(of_fold: pd.DataFrame) -> dict[str, object]:
    measured = of_fold.drop(columns="fold")
    return {
        "count": len(measured),
        "mean": measured.mean().to_dict(),
        "deviation": measured.std(ddof=0).to_dict(),  # the report's, over folds
    }


def plot(
    plots: Path, accuracy: Floats, found: Measured, params: FitSvmParams, of_train: str
) -> None:
    """The folds' table and ROC curves, the grid and its heat map. accuracy: [C, kernels, folds]."""
    with replacing(plots) as temporary:
        temporary.mkdir()
        _write_grid(temporary, accuracy, params, of_train)
        found.of_fold.to_csv(temporary / "folds.csv", index=False)
        pd.concat([roc.assign(fold=name) for name, roc in found.rocs.items()]).to_csv(
            temporary / "roc.csv", index=False
        )
        curves.rocs(temporary / "roc.png", f"The SVM in each of {of_train}", found.rocs)


def _write_grid(folder: Path, accuracy: Floats, params: FitSvmParams, of_train: str) -> None:
    mean = accuracy.mean(axis=2)
    places = [{"C": penalty} | kernel for penalty in params.C for kernel in params.kernels]
    grid = pd.DataFrame(places)
    grid["accuracy"], grid["deviation"] = mean.ravel(), accuracy.std(axis=2).ravel()
    grid.to_csv(folder / "grid.csv", index=False)
    curves.heat_map(
        folder / "grid.png",
        f"Accuracy of the SVM, mean of {of_train}",
        mean,
        rows=("C", [f"{value:g}" for value in params.C]),
        columns=_named(params),
    )


def _named(params: FitSvmParams) -> tuple[str, list[str]]:
    """The name of the grid's columns, and that of each."""
    if params.kernel == "linear":
        return "kernel", ["linear"]
    return "gamma", [f"{value:.3g}" for value in params.gamma]
