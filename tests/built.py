"""The networks as tests build them, by default with the report's hyperparameters."""

from typing import TYPE_CHECKING

from real_or_ai.conventions.sections import FitParams
from real_or_ai.networks import cnn as cnn_file
from real_or_ai.networks import lenet5 as lenet5_file
from real_or_ai.stages.fit_svm import FitSvmParams

if TYPE_CHECKING:
    from torch import nn

FIT = {
    "learning_rate": 0.001,
    "schedule": "constant",
    "epochs": 1,
    "balance": "pictures",
    "batch_size": 8,
    "patience": None,
    "seeds": (1,),
    "half": False,
}

SVM = {  # whatever the kernel
    "C": (0.1, 1.0),
    "gamma": (0.001,),
    "folds": 2,
    "scale": True,
    "components": None,
    "seed": 1,
    "half": False,
}

STILL = {  # an augmentation that changes nothing
    "redelivered": 0,
    "drawn": "one",
    "operations": ("none",),
    "flip": "horizontal",
    "rotate_degrees": 0,
    "crop_scale": 1,
    "noise_sigma": 0,
}
REPORTS = {  # the report's augmentation
    **STILL,
    "operations": ("none", "flip", "rotate", "crop", "noise"),
    "rotate_degrees": 15,
    "crop_scale": 0.8,
    "noise_sigma": 0.1,
}


def fit_params(**changes: object) -> FitParams:
    """FIT with these changes."""
    return FitParams(**(FIT | changes))


def svm_params(kernel: str, **changes: object) -> FitSvmParams:
    """SVM with these changes."""
    return FitSvmParams(kernel=kernel, **(SVM | changes))


def lenet5() -> "nn.Module":
    return lenet5_file.build(lenet5_file.Hyperparameters(**FIT))[0]


def cnn(
    *,
    size: int = 256,
    head: str = "flatten",
    dropout: float = 0.5,
    trunk: str = "report",
    weights: str = "random",
) -> "nn.Module":
    params = cnn_file.Hyperparameters(
        **FIT, size=size, head=head, dropout=dropout, trunk=trunk, weights=weights
    )
    return cnn_file.build(params)[0]
