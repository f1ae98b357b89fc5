"""A fitted SVM as a network: exported and run like every other model."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import Tensor, nn

from real_or_ai.stages.fit_svm.svm import LayersSvc


def network(svm: Pipeline) -> nn.Module:
    """Features [N, D] -> the decision values [N] of a fitted pipeline of two classes."""
    svc, first = svm.named_steps["svc"], svm[:-1]
    if isinstance(svc, LayersSvc):
        (layers,) = first
        blocks = [
            _Block(columns, steps, svc.support_vectors_[:, part], svc.gamma / width)
            for (_, steps, columns), part, width in zip(
                layers.transformers_, svc.parts, svc.widths, strict=True
            )
        ]
        return RbfSvm(blocks, svc)
    if svc.kernel == "linear":
        return LinearSvm(first, svc)
    return RbfSvm([_Block(slice(None), first, svc.support_vectors_, svc.gamma)], svc)


class Before(nn.Module):
    """Features [N, D] -> float64 [N, K]: as the fitted steps standardise and project them.

    Float64, because |x - s|^2 by expansion loses the small differences in float32.
    """

    mean: Tensor | None
    scale: Tensor | None
    components: Tensor | None
    middle: Tensor | None

    def __init__(self, steps: Iterable[Any]) -> None:
        super().__init__()
        by_kind = {type(step): step for step in steps}
        scaler, pca = by_kind.get(StandardScaler), by_kind.get(PCA)
        self.register_buffer("mean", None if scaler is None else _constant(scaler.mean_))
        self.register_buffer("scale", None if scaler is None else _constant(scaler.scale_))
        self.register_buffer("components", None if pca is None else _constant(pca.components_.T))
        self.register_buffer("middle", None if pca is None else _constant(pca.mean_))

    def forward(self, features: Tensor) -> Tensor:
        x = features.double()
        if self.mean is not None and self.scale is not None:
            x = (x - self.mean) / self.scale
        if self.components is not None and self.middle is not None:
            x = (x - self.middle) @ self.components
        return x


class _Block(nn.Module):
    """Features [N, D] -> RBF kernel float64 [N, S] of some of them to S support vectors."""

    vectors: Tensor

    def __init__(self, columns: slice, steps: Iterable[Any], vectors: Any, gamma: float) -> None:
        super().__init__()
        self.columns, self.gamma = columns, float(gamma)
        self.before = Before(steps)
        self.register_buffer("vectors", _constant(vectors))

    def forward(self, features: Tensor) -> Tensor:
        x = self.before(features[:, self.columns])
        products = x @ self.vectors.T
        squares = (x * x).sum(1, keepdim=True) + (self.vectors * self.vectors).sum(1)
        return torch.exp(-self.gamma * (squares - 2 * products).clamp(min=0))


class RbfSvm(nn.Module):
    """Features [N, D] -> decision values [N]: sum_i a_i k(x, s_i) + b, k the mean of the blocks."""

    weights: Tensor
    intercept: Tensor

    def __init__(self, blocks: Iterable[_Block], svc: Any) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.register_buffer("weights", _constant(svc.dual_coef_[0]))
        self.register_buffer("intercept", _constant(svc.intercept_))

    def forward(self, features: Tensor) -> Tensor:
        first, *others = (block(features) for block in self.blocks)
        kernel = sum(others, first) / len(self.blocks)
        decision: Tensor = kernel @ self.weights + self.intercept
        return decision.float()


class LinearSvm(nn.Module):
    """Features [N, D] -> decision values [N]: w x + b."""

    weights: Tensor
    intercept: Tensor

    def __init__(self, steps: Iterable[Any], svc: SVC) -> None:
        super().__init__()
        self.before = Before(steps)
        self.register_buffer("weights", _constant(svc.coef_[0]))
        self.register_buffer("intercept", _constant(svc.intercept_))

    def forward(self, features: Tensor) -> Tensor:
        decision: Tensor = self.before(features) @ self.weights + self.intercept
        return decision.float()


def _constant(values: NDArray[np.floating]) -> Tensor:
    return torch.from_numpy(np.array(values, dtype=np.float64))
