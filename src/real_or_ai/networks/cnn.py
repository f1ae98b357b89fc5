"""The report's CNN: eight convolutions with batch norm and ReLU, three linear layers.

Or, by its parameter `trunk`, EfficientNet-Lite0 with a layer of its own, all of it trained.
"""

from collections import OrderedDict
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from real_or_ai.conventions.sections import RANDOM, FitParams

if TYPE_CHECKING:
    from torch import nn


class Hyperparameters(FitParams):
    """Section `train.cnn`.

    head: `flatten` is the report's, where 190 of 193 million weights sit in layer 9;
    `gap` averages each of the 1024 maps first (Lin et al. 2014, arXiv 1312.4400).
    trunk, weights: EfficientNet-Lite0 has no choice of heads, and begins with weights of its own:
    random, or imagenet (of the extra [pretrained]).
    """

    trunk: Literal["report", "efficientnet_lite0"]
    weights: Literal["random", "imagenet"]
    size: int = Field(ge=16, le=1024, multiple_of=16)  # px of its input; four poolings halve it
    head: Literal["flatten", "gap"]
    dropout: float = Field(ge=0, lt=1)

    @model_validator(mode="after")
    def _begins_at_random(self) -> Self:
        if self.trunk == "report" and self.weights != RANDOM:
            raise ValueError("weights: the report's trunk has none but random; choose those")
        return self


def build(params: Hyperparameters) -> tuple["nn.Module", int]:
    """Images [N, 3, size, size] -> logits [N, 2], and the side of the images in px."""
    from torch import nn

    if params.trunk != "report":
        from real_or_ai.networks import efficientnet_lite0

        trunk = efficientnet_lite0.loaded(params.weights, "train.cnn.weights")
        head = nn.Linear(trunk.width, 2)
        return nn.Sequential(trunk, nn.Dropout(params.dropout), head), params.size
    convolutions = nn.Sequential(
        _convolution(3, 32, kernel=7, padding=3, pool=True),
        _convolution(32, 64, kernel=5, padding=2),
        _convolution(64, 128, kernel=5, padding=2, pool=True),
        _convolution(128, 256, kernel=3, padding=1),
        _convolution(256, 362, kernel=3, padding=1, pool=True),
        _convolution(362, 512, kernel=1),
        _convolution(512, 724, kernel=1),
        _convolution(724, 1024, kernel=1, pool=True),
    )
    values = 1024 * (params.size // 16) ** 2 if params.head == "flatten" else 1024
    linears = nn.Sequential(
        nn.Sequential(nn.Linear(values, 724), nn.ReLU(), nn.Dropout(params.dropout)),
        nn.Sequential(nn.Linear(724, 516), nn.ReLU(), nn.Dropout(params.dropout)),
        nn.Linear(516, 2),
    )
    layers = OrderedDict[str, nn.Module](
        convolutions=convolutions,
        gather=nn.Sequential(
            *([nn.AdaptiveAvgPool2d(1)] if params.head == "gap" else []), nn.Flatten()
        ),
        linears=linears,
    )
    return nn.Sequential(layers), params.size


def _convolution(
    channels_in: int, channels_out: int, *, kernel: int, padding: int = 0, pool: bool = False
) -> "nn.Sequential":
    from torch import nn

    layers = [
        nn.Conv2d(channels_in, channels_out, kernel, padding=padding),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    ]
    return nn.Sequential(*layers, *([nn.MaxPool2d(2)] if pool else []))
