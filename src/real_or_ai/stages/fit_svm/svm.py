"""The SVM by scikit-learn, by its parameters and the layers that its features are of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from real_or_ai.conventions.arrays import Floats, Labels
from real_or_ai.stages.fit_svm import OF_LAYERS, FitSvmParams


@dataclass(frozen=True)
class Asked:
    """Which SVM: by params.yaml, on features of layers of these widths."""

    params: FitSvmParams
    widths: tuple[int, ...]

    def pipeline(self) -> Pipeline:
        """On what `before` makes of the features; the report's is RBF, on them as they are."""
        if self.params.kernel == OF_LAYERS:
            svc = LayersSvc(parts=self.parts, widths=self.widths)
        else:
            svc = SVC(kernel=self.params.kernel)
        return Pipeline([*self.before(), ("svc", svc)])

    def before(self) -> list[tuple[str, Any]]:
        """What features go through first, if asked: standardised and projected, layers apart."""
        if self.params.kernel != OF_LAYERS:
            return self._steps(sum(self.widths))
        layers = [
            (f"layer{number}", Pipeline(self._steps(width) or [("as_is", "passthrough")]), columns)
            for number, (width, columns) in enumerate(
                zip(self.widths, _slices(self.widths), strict=True)
            )
        ]
        return [("layers", ColumnTransformer(layers))]

    @property
    def parts(self) -> tuple[slice, ...]:
        """Where each kernel's features stand in what `before` makes: one of all, or one a layer."""
        if self.params.kernel != OF_LAYERS:
            return (slice(None),)
        return _slices([self._kept(width) or width for width in self.widths])

    def gammas(self, gamma: float) -> tuple[float, ...]:
        """Of each part: gamma itself, or of a layer's that over the number of its features."""
        if self.params.kernel != OF_LAYERS:
            return (gamma,)
        return tuple(gamma / width for width in self.widths)

    def _steps(self, width: int) -> list[tuple[str, Any]]:
        steps: list[tuple[str, Any]] = []
        if self.params.scale:
            steps.append(("standardscaler", StandardScaler()))
        if kept := self._kept(width):
            # By all of the covariance: the same each time, which the randomised solver is not.
            steps.append(("pca", PCA(kept, svd_solver="covariance_eigh")))
        return steps

    def _kept(self, width: int) -> int | None:
        return None if self.params.components is None else min(self.params.components, width)


class LayersSvc(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """An SVM whose kernel is the mean of an RBF kernel for each layer of the network.

    Uniform weights are hard to beat (Gönen & Alpaydın, JMLR 12, 2011). parts: the
    columns of each; its gamma is `gamma` over its width, as scikit-learn's `auto` has it.
    """

    def __init__(
        self,
        C: float = 1.0,  # noqa: N803 - scikit-learn's name
        gamma: float = 1.0,
        parts: Sequence[slice] = (),
        widths: Sequence[int] = (),
    ) -> None:
        self.C, self.gamma, self.parts, self.widths = C, gamma, parts, widths

    def fit(self, x: Floats, y: Labels) -> Self:
        svc = SVC(C=self.C, kernel="precomputed").fit(self._kernel(x, x), y)
        self.support_vectors_ = x[svc.support_]
        self.dual_coef_, self.intercept_ = svc.dual_coef_, svc.intercept_
        self.classes_ = svc.classes_
        return self

    def decision_function(self, x: Floats) -> Floats:
        kernel = self._kernel(x, self.support_vectors_)
        return np.asarray(kernel @ self.dual_coef_[0] + self.intercept_, np.float64)

    def predict(self, x: Floats) -> Labels:
        said: Labels = self.classes_[(self.decision_function(x) > 0).astype(int)]
        return said

    def _kernel(self, x: Floats, vectors: Floats) -> Floats:
        kernels = [
            np.exp(
                -self.gamma / width
                * euclidean_distances(_double(x[:, part]), _double(vectors[:, part]), squared=True)
            )
            for part, width in zip(self.parts, self.widths, strict=True)
        ]  # fmt: skip
        return np.asarray(np.mean(kernels, axis=0), np.float64)


def _slices(widths: Sequence[int]) -> tuple[slice, ...]:
    ends = np.cumsum(widths).tolist()
    return tuple(slice(end - width, end) for end, width in zip(ends, widths, strict=True))


def _double(values: NDArray[np.floating]) -> Floats:
    return values.astype(np.float64, copy=False)
