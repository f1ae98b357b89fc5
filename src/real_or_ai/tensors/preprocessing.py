"""From stored pixels to what a network sees; part of every exported detector."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def to_unit(pixels: Tensor) -> Tensor:
    """float32 [N, 3, H, W] in [0, 1] of uint8 pixels [N, H, W, 3]."""
    return pixels.permute(0, 3, 1, 2).to(torch.float32).div_(255)


class Preprocessing(nn.Module):
    """Resizes to a network's square, with antialiasing, and normalises by 0.5 / 0.5.

    The report normalises so for all three models, its ResNet-18 included.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, images: Tensor) -> Tensor:
        """float32 [N, 3, size, size] in [-1, 1] of images [N, 3, H, W] in [0, 1]."""
        if images.shape[-2:] != (self.size, self.size):
            images = F.interpolate(
                images, size=(self.size, self.size), mode="bilinear", antialias=True
            )
        return (images - 0.5) / 0.5
