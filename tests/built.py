"""The networks as tests build them, by default with the report's hyperparameters."""

from typing import TYPE_CHECKING

from real_or_ai.networks import cnn as cnn_file
from real_or_ai.networks import lenet5 as lenet5_file

if TYPE_CHECKING:
    from torch import nn

FIT = {
    "learning_rate": 0.001,
    "schedule": "constant",
    "epochs": 1,
    "batch_size": 8,
    "patience": None,
    "seeds": (1,),
    "half": False,
}


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
