"""An SVM by scikit-learn, and fitted as a network: exported and run like every other model."""

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import Tensor, nn

from real_or_ai.conventions.arrays import Floats
from real_or_ai.stages.fit_svm import FitSvmParams


def pipeline(params: FitSvmParams) -> Pipeline:
    """An SVM, on standardised features if asked; the report's is RBF and used none."""
    scaler = [("standardscaler", StandardScaler())] * params.scale
    return Pipeline([*scaler, ("svc", SVC(kernel=params.kernel))])


def network(svm: Pipeline) -> nn.Module:
    """Features [N, D] -> the decision values [N] of a fitted pipeline of two classes."""
    return LinearSvm(svm) if svm.named_steps["svc"].kernel == "linear" else RbfSvm(svm)


class RbfSvm(nn.Module):
    """Features [N, D] -> decision values [N]: sum_i a_i exp(-gamma |x - s_i|^2) + b, in float64.

    svm: a pipeline of an optional StandardScaler and an SVC with an RBF kernel and two classes.
    Float64, because |x - s|^2 by expansion loses the small differences in float32.
    """

    mean: Tensor
    scale: Tensor
    vectors: Tensor
    weights: Tensor
    intercept: Tensor

    def __init__(self, svm: Pipeline) -> None:
        super().__init__()
        svc = svm.named_steps["svc"]
        mean, scale = _standardised(svm)
        self.gamma = float(svc.gamma)
        self.register_buffer("mean", _constant(mean))
        self.register_buffer("scale", _constant(scale))
        self.register_buffer("vectors", _constant(svc.support_vectors_))
        self.register_buffer("weights", _constant(svc.dual_coef_[0]))
        self.register_buffer("intercept", _constant(svc.intercept_))

    def forward(self, features: Tensor) -> Tensor:
        x = (features.double() - self.mean) / self.scale
        products = x @ self.vectors.T
        squares = (x * x).sum(1, keepdim=True) + (self.vectors * self.vectors).sum(1)
        kernel = torch.exp(-self.gamma * (squares - 2 * products).clamp(min=0))
        decision: Tensor = kernel @ self.weights + self.intercept
        return decision.float()


class LinearSvm(nn.Module):
    """Features [N, D] -> decision values [N]: w x + b, in float64; the scaling is within w and b.

    svm: a pipeline of an optional StandardScaler and an SVC with a linear kernel and two classes.
    """

    weights: Tensor
    intercept: Tensor

    def __init__(self, svm: Pipeline) -> None:
        super().__init__()
        svc = svm.named_steps["svc"]
        mean, scale = _standardised(svm)
        weights = svc.coef_[0] / scale
        self.register_buffer("weights", _constant(weights))
        self.register_buffer("intercept", _constant(svc.intercept_ - weights @ mean))

    def forward(self, features: Tensor) -> Tensor:
        decision: Tensor = features.double() @ self.weights + self.intercept
        return decision.float()


def _standardised(svm: Pipeline) -> tuple[Floats, Floats]:
    """What is taken off each feature, and what it is divided by."""
    scaler = svm.named_steps.get("standardscaler")
    width = svm.named_steps["svc"].n_features_in_
    return (np.zeros(width), np.ones(width)) if scaler is None else (scaler.mean_, scaler.scale_)


def _constant(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(np.array(values, dtype=np.float64))
