"""LeNet-5 (LeCun et al. 1998, doi 10.1109/5.726791) as the report builds it, with batch norm."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from real_or_ai.conventions.sections import FitParams

if TYPE_CHECKING:
    from torch import nn

SIZE = 32  # px; FC5 takes the 16 x 5 x 5 = 400 values that 32 px leave


class Hyperparameters(FitParams):
    """Section `train.lenet5`."""


def build(_: Hyperparameters) -> tuple["nn.Module", int]:
    """Images [N, 3, 32, 32] -> logits [N, 2], and the side of the images in px."""
    from torch import nn

    layers = OrderedDict[str, nn.Module](
        c1=nn.Sequential(nn.Conv2d(3, 6, 5), nn.BatchNorm2d(6), nn.ReLU()),
        s2=nn.MaxPool2d(2),
        c3=nn.Sequential(nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.ReLU()),
        s4=nn.MaxPool2d(2),
        flatten=nn.Flatten(),
        fc5=nn.Sequential(nn.Linear(400, 120), nn.ReLU()),
        fc6=nn.Sequential(nn.Linear(120, 84), nn.ReLU()),
        fc7=nn.Linear(84, 2),
    )
    return nn.Sequential(layers), SIZE
