"""Any network of timm's, frozen: its features are those before its last layer.

R. Wightman, PyTorch Image Models. The extra `[encoders]` brings it.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from real_or_ai.conventions.errors import DownloadError, UserError
from real_or_ai.conventions.sections import LAST, RANDOM, WEIGHTS, FeaturesParams
from real_or_ai.networks.weights import from_file

_ALTERNATIVES = "set features.weights to random, or to the path of such a state dict"


class Encoder(nn.Module):
    """Images [N, 3, H, W] in [-1, 1] -> features [N, D], or maps, of a network of timm's.

    It gets them as it was trained: less its own mean, over its own deviation.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, network: Any, strides: tuple[int, ...]) -> None:
        super().__init__()
        self.network, self.strides = network, strides
        known = network.pretrained_cfg
        mean, deviation = (torch.tensor(known[name]).view(1, -1, 1, 1) for name in ("mean", "std"))
        self.register_buffer("mean", 2 * mean - 1)  # of [-1, 1] instead of [0, 1]
        self.register_buffer("scale", 2 * deviation)

    def maps(self, images: Tensor) -> dict[int, Tensor]:
        """Stride -> the last map [N, C, H / stride, W / stride] of it."""
        return dict(zip(self.strides, self(images), strict=True))

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.network((images - self.mean) / self.scale)
        return features


def build(params: FeaturesParams) -> Encoder:
    """The network of timm's that `features.backbone` names, for inputs of `features.size`."""
    try:
        import timm
    except ModuleNotFoundError as error:
        raise UserError(
            f"features.backbone is {params.backbone}, for which timm is not installed; pip install "
            "'real-or-ai[encoders]', or choose resnet18 or efficientnet_lite0"
        ) from error
    if not timm.is_model(params.backbone.partition(".")[0]):
        close = ", ".join(timm.list_models(f"*{params.backbone.partition('.')[0][:6]}*")[:5])
        raise UserError(
            f"features.backbone is {params.backbone}, which timm {timm.__version__} does not know; "
            f"choose resnet18, efficientnet_lite0, or one of timm's ({close or 'timm.list_models'})"
        )
    network = _created(timm, params)
    if params.weights not in WEIGHTS:
        state = from_file(Path(params.weights), network, f"a {params.backbone}", _ALTERNATIVES)
        network.load_state_dict(state)
    strides = () if params.layers == LAST else tuple(network.feature_info.reduction())
    return Encoder(network, strides)


def _created(timm: Any, params: FeaturesParams) -> Any:
    wanted = {"num_classes": 0} if params.layers == LAST else {"features_only": True}
    pretrained = params.weights in WEIGHTS and params.weights != RANDOM
    sized = {"img_size": params.size}  # transformers want to know it, others do not take it
    try:
        try:
            return timm.create_model(params.backbone, pretrained=pretrained, **wanted, **sized)
        except TypeError:
            return timm.create_model(params.backbone, pretrained=pretrained, **wanted)
    except OSError as error:  # what huggingface_hub raises without a network is one
        raise DownloadError(
            f"features.weights is {params.weights}, but those of {params.backbone} could not be "
            f"downloaded ({type(error).__name__}); run where there is a network, or {_ALTERNATIVES}"
        ) from error
    except (RuntimeError, AssertionError, ValueError) as error:
        raise UserError(
            f"features.backbone is {params.backbone}, which timm cannot make for "
            f"features.size={params.size} and features.layers={params.layers} ({error})"
        ) from error
