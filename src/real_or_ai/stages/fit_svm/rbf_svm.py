"""An RBF SVM by scikit-learn, and fitted as a network: exported and run like every other model."""

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import Tensor, nn


def pipeline(scale: bool) -> Pipeline:
    """An RBF SVM, on standardised features if asked; the report used none."""
    return Pipeline([("standardscaler", StandardScaler())] * scale + [("svc", SVC(kernel="rbf"))])


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
        scaler = svm.named_steps.get("standardscaler")
        width = svc.support_vectors_.shape[1]
        self.gamma = float(svc.gamma)
        self._keep("mean", np.zeros(width) if scaler is None else scaler.mean_)
        self._keep("scale", np.ones(width) if scaler is None else scaler.scale_)
        self._keep("vectors", svc.support_vectors_)
        self._keep("weights", svc.dual_coef_[0])
        self._keep("intercept", svc.intercept_)

    def forward(self, features: Tensor) -> Tensor:
        x = (features.double() - self.mean) / self.scale
        products = x @ self.vectors.T
        squares = (x * x).sum(1, keepdim=True) + (self.vectors * self.vectors).sum(1)
        kernel = torch.exp(-self.gamma * (squares - 2 * products).clamp(min=0))
        decision: Tensor = kernel @ self.weights + self.intercept
        return decision.float()

    def _keep(self, name: str, values: NDArray[np.float64]) -> None:
        self.register_buffer(name, torch.from_numpy(np.array(values, dtype=np.float64)))
