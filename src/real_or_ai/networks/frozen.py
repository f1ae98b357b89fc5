"""The frozen network whose features a classifier takes: which one, its weights, which layers."""

from typing import Any

import torch
from torch import Tensor, nn

from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.sections import LAST, FeaturesParams


class Frozen(nn.Module):
    """Images [N, 3, H, W] in [-1, 1] -> features [N, width], by the section `features`.

    Of the last layer, or the mean and the standard deviation of each channel at some strides.
    Raises DownloadError without a network, and UserError for weights or layers that do not fit.
    """

    def __init__(self, params: FeaturesParams) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(params.seed)
            self.trunk: Any = _built(params)  # a module with `maps`: stride -> its last map
        self.eval()
        self.strides = () if params.layers == LAST else tuple(params.layers)
        with torch.inference_mode():
            self.width = self._tried(params)

    def forward(self, images: Tensor) -> Tensor:
        if not self.strides:
            features: Tensor = self.trunk(images)
            return features
        maps = self.trunk.maps(images)
        return torch.cat([part for stride in self.strides for part in _moments(maps[stride])], 1)

    def _tried(self, params: FeaturesParams) -> int:
        """How many features an image gives."""
        images = torch.zeros(1, 3, params.size, params.size)
        try:
            there: dict[int, Tensor] = self.trunk.maps(images) if self.strides else {}
            unknown = [stride for stride in self.strides if stride not in there]
            if unknown:
                raise UserError(
                    f"features.layers asks for stride {unknown[0]}, but {params.backbone} has "
                    f"{', '.join(map(str, sorted(there)))}; choose among them, or last"
                )
            return int(self(images).shape[1])
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
