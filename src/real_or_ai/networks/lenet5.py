"""LeNet-5 (LeCun et al. 1998, doi 10.1109/5.726791) as the report builds it, with batch norm."""

import torch
from torch import Tensor, nn


class LeNet5(nn.Module):
    """Images [N, 3, 32, 32] -> logits [N, 2]."""

    size = 32  # px; FC5 takes the 16 x 5 x 5 = 400 values that 32 px leave

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Sequential(nn.Conv2d(3, 6, 5), nn.BatchNorm2d(6), nn.ReLU())
        self.s2 = nn.MaxPool2d(2)
        self.c3 = nn.Sequential(nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.ReLU())
        self.s4 = nn.MaxPool2d(2)
        self.fc5 = nn.Sequential(nn.Linear(400, 120), nn.ReLU())
        self.fc6 = nn.Sequential(nn.Linear(120, 84), nn.ReLU())
        self.fc7 = nn.Linear(84, 2)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.s4(self.c3(self.s2(self.c1(images))))
        logits: Tensor = self.fc7(self.fc6(self.fc5(torch.flatten(maps, 1))))
        return logits
