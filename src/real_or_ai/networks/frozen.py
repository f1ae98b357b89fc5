"""The frozen network whose features a classifier takes: which one, its weights, which layers."""

from typing import Any

import torch
from torch import Tensor, nn

from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.sections import LAST, FeaturesParams, Layer


class Frozen(nn.Module):
    """Images [N, 3, H, W] in [-1, 1] -> features [N, D], by the section `features`.

    widths: how many of them each of the layers gives.

    Of the last layer, or the mean and the standard deviation of each channel at some strides, or of
    both: one after the other, as `features.layers` lists them.
    Raises DownloadError without a network, and UserError for weights or layers that do not fit.
    """

    def __init__(self, params: FeaturesParams) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(params.seed)
            # A module with `maps`: stride -> its last map, and `top`: the deepest -> features.
            self.trunk: Any = _built(params)
        self.eval()
        self.layers: tuple[Layer, ...] = (LAST,) if params.layers == LAST else params.layers
        with torch.inference_mode():
            self.widths = self._tried(params)

    def forward(self, images: Tensor) -> Tensor:
        if self.layers == (LAST,):
            features: Tensor = self.trunk(images)
            return features
        return torch.cat(self._parts(images), 1)

    def _parts(self, images: Tensor) -> list[Tensor]:
        maps: dict[int, Tensor] = self.trunk.maps(images)
        return [
            self.trunk.top(maps) if layer == LAST else torch.cat(_moments(maps[layer]), 1)
            for layer in self.layers
        ]

    def _tried(self, params: FeaturesParams) -> tuple[int, ...]:
        """How many features an image gives."""
        images = torch.zeros(1, 3, params.size, params.size)
        try:
            strides = [layer for layer in self.layers if layer != LAST]
            there: dict[int, Tensor] = self.trunk.maps(images) if strides else {}
            if strides and LAST in self.layers and not hasattr(self.trunk, "top"):
                raise UserError(
                    f"features.layers asks for strides and for last, but {params.backbone} gives "
                    "one or the other; choose, or take resnet18 or efficientnet_lite0"
                )
            unknown = [stride for stride in strides if stride not in there]
            if unknown:
                raise UserError(
                    f"features.layers asks for stride {unknown[0]}, but {params.backbone} has "
                    f"{', '.join(map(str, sorted(there)))}; choose among them, or last"
                )
            parts = self._parts(images) if strides else [self(images)]
            return tuple(part.shape[1] for part in parts)
        except (AssertionError, RuntimeError) as error:
            raise UserError(
                f"features.size is {params.size}, which {params.backbone} does not take ({error}); "
                "choose another, such as 224 or 256"
            ) from error


def _moments(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation [N, C] of each channel."""
    mean = images.mean((2, 3), keepdim=True)
    return mean.flatten(1), (images - mean).square().mean((2, 3)).sqrt()


def _built(params: FeaturesParams) -> nn.Module:
    """A network that gives [N, D] where it is called."""
    if params.backbone == "resnet18":
        from real_or_ai.networks import resnet18

        return resnet18.build(params)
    if params.backbone == "efficientnet_lite0":
        from real_or_ai.networks import efficientnet_lite0

        return efficientnet_lite0.build(params)
    from real_or_ai.networks import encoder

    return encoder.build(params)
