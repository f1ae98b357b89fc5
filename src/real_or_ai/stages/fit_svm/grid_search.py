"""A grid of RBF SVMs over folds, as scikit-learn's GridSearchCV scores it, in less time.

Distances are computed once a fold and kernels once a fold and gamma, where GridSearchCV computes
them anew for every C. benchmarks/stages.json has the times of both.
"""

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from real_or_ai.conventions.arrays import Floats
from real_or_ai.stages.fit_svm import FitSvmParams
from real_or_ai.statistics.folds import Folds


def accuracies(
    x: NDArray[np.float32], y: NDArray[np.int64], parts: Folds, params: FitSvmParams
) -> Floats:
    """Accuracy [C, gamma, folds] outside each fold of an SVM fitted inside it.

    x: features [N, K], standardised if asked by what is inside the fold alone. Folds run side by
    side; each holds two matrices of float64 [inside, inside].
    """

    def of_fold(inside: NDArray[np.intp], outside: NDArray[np.intp]) -> Floats:
        known, unknown = x[inside], x[outside]
        if params.scale:
            scaler = StandardScaler().fit(known)
            known, unknown = scaler.transform(known), scaler.transform(unknown)
        # Float64, because |x - y|^2 by expansion loses the small differences in float32.
        known, unknown = known.astype(np.float64), unknown.astype(np.float64)
        among = euclidean_distances(known, squared=True)
        across = euclidean_distances(unknown, known, squared=True)
        return _by_distances(among, across, y[inside], y[outside], params)

    # Threads: libsvm works without the interpreter's lock, and processes would load torch anew.
    one_by_one = Parallel(n_jobs=-1, prefer="threads")(delayed(of_fold)(*part) for part in parts)
    return np.stack(one_by_one, axis=2)


def best(accuracy: Floats) -> tuple[int, int]:
    """Places in C and gamma of the highest mean over the folds; of equal ones the first."""
    mean = accuracy.mean(axis=2)
    row, column = np.unravel_index(mean.argmax(), mean.shape)
    return int(row), int(column)


def _by_distances(
    among: Floats,
    across: Floats,
    labels: NDArray[np.int64],
    expected: NDArray[np.int64],
    params: FitSvmParams,
) -> Floats:
    """Accuracy [C, gamma] by squared distances among the known, and of the unknown to them."""
    found = np.empty((len(params.C), len(params.gamma)))
    kernel = np.empty_like(among)
    for column, gamma in enumerate(params.gamma):
        np.exp(np.multiply(among, -gamma, out=kernel), out=kernel)
        kernel_across = np.exp(-gamma * across)
        for row, penalty in enumerate(params.C):
            svm = SVC(kernel="precomputed", C=penalty).fit(kernel, labels)
            found[row, column] = (svm.predict(kernel_across) == expected).mean()
    return found
