"""A grid of SVMs over folds, as scikit-learn's GridSearchCV scores it, in less time.

Distances are computed once a fold and kernels once a fold and gamma, where GridSearchCV computes
them anew for every C. benchmarks/stages.json has the times of both.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.svm import SVC

from real_or_ai.conventions.arrays import Floats
from real_or_ai.conventions.errors import ParamsError
from real_or_ai.stages.fit_svm import FitSvmParams
from real_or_ai.stages.fit_svm.svm import Asked
from real_or_ai.statistics.folds import Folds


def accuracies(x: NDArray[np.float32], y: NDArray[np.int64], parts: Folds, asked: Asked) -> Floats:
    """Accuracy [C, kernels, folds] outside each fold of an SVM fitted inside it.

    x: features [N, K], which what is inside the fold alone standardises
    and projects. Folds run side by side; each holds two matrices of float64 [inside, inside], and
    one more a layer. Raises ParamsError if a fold has too few pictures for `fit_svm.components`.
    """
    params = asked.params
    fewest = min(len(inside) for inside, _ in parts)
    if params.components is not None and params.components > fewest:
        raise ParamsError(
            f"fit_svm.components is {params.components}, but a fold of train has {fewest} "
            "pictures; lower it"
        )

    def of_fold(inside: NDArray[np.intp], outside: NDArray[np.intp]) -> Floats:
        known, unknown = x[inside], x[outside]
        for _, step in asked.before():
            known, unknown = step.fit_transform(known), step.transform(unknown)
        # Float64, because |x - y|^2 by expansion loses the small differences in float32.
        kernels = _kernels(known.astype(np.float64), unknown.astype(np.float64), asked)
        found = np.empty((len(params.C), len(params.kernels)))
        for column, (kernel, across) in enumerate(kernels):
            for row, penalty in enumerate(params.C):
                svm = SVC(kernel="precomputed", C=penalty).fit(kernel, y[inside])
                found[row, column] = (svm.predict(across) == y[outside]).mean()
        return found

    # Threads: libsvm works without the interpreter's lock, and processes would load torch anew.
    one_by_one = Parallel(n_jobs=-1, prefer="threads")(delayed(of_fold)(*part) for part in parts)
    return np.stack(one_by_one, axis=2)


@dataclass(frozen=True)
class Best:
    """The chosen place of the grid, and the mean accuracy over the folds there."""

    chosen: dict[str, float]  # C, and gamma where there is one
    accuracy: float

    @property
    def of_pipeline(self) -> dict[str, float]:
        """As `set_params` of `svm.pipeline` takes it."""
        return {f"svc__{name}": value for name, value in self.chosen.items()}


def best(accuracy: Floats, params: FitSvmParams) -> Best:
    """The place of the highest mean over the folds; of equal ones the first.

    accuracy: [C, kernels, folds].
    """
    mean = accuracy.mean(axis=2)
    row, column = np.unravel_index(mean.argmax(), mean.shape)
    chosen = {"C": params.C[int(row)]} | params.kernels[int(column)]
    return Best(chosen, float(mean[row, column]))


def _kernels(known: Floats, unknown: Floats, asked: Asked) -> Iterator[tuple[Floats, Floats]]:
    """Of each column of the grid the kernel among the known, which the next writes over, and of
    the unknown to them."""
    if asked.params.kernel == "linear":
        yield known @ known.T, unknown @ known.T
        return
    columns = asked.parts
    among = [euclidean_distances(known[:, part], squared=True) for part in columns]
    across = [
        euclidean_distances(unknown[:, part], known[:, part], squared=True) for part in columns
    ]
    one, kernel = np.empty_like(among[0]), np.empty_like(among[0])
    for gamma in asked.params.gamma:
        of_parts = asked.gammas(gamma)
        kernel[:] = 0
        for of_part, squares in zip(of_parts, among, strict=True):
            kernel += np.exp(np.multiply(squares, -of_part, out=one), out=one)
        kernel /= len(columns)
        further = [np.exp(-of * squares) for of, squares in zip(of_parts, across, strict=True)]
        yield kernel, np.mean(further, axis=0)
