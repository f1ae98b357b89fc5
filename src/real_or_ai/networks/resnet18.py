"""The 512 features of torchvision's ResNet-18 without its last layer (He et al. 2016)."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_eval
from torchvision.models import ResNet, ResNet18_Weights, resnet18

from real_or_ai.conventions.errors import DownloadError, UserError


class ResNet18Features(nn.Module):
    """Images [N, 3, H, W] -> features [N, 512].

    weights: `imagenet` downloads torchvision's, checked by hash; `random` draws them from `seed`
    (a baseline that has seen nothing); anything else is the path of a state dict, such as
    torchvision's own file.
    Raises DownloadError without a network and UserError for a file that does not fit.
    """

    def __init__(self, weights: str, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = resnet18(weights=None)
        if weights != "random":
            state = (
                _imagenet() if weights == "imagenet" else _from_file(Path(weights), self.network)
            )
            self.network.load_state_dict(state, strict=False)  # the last layer may be missing
        self.network.fc = nn.Identity()
        self.eval()
        _fold(self.network)

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.network(images)
        return features


def _fold(network: ResNet) -> None:
    """Puts each batch norm into the convolution before it: the same features, a tenth sooner."""
    for module in list(network.modules()):
        for convolution, norm in (("conv1", "bn1"), ("conv2", "bn2"), ("0", "1")):
            if isinstance(batch_norm := getattr(module, norm, None), nn.BatchNorm2d):
                fused = fuse_conv_bn_eval(getattr(module, convolution), batch_norm)
                setattr(module, convolution, fused)
                setattr(module, norm, nn.Identity())


_ALTERNATIVES = (
    "set features.weights to random, or to the path of a resnet18 state dict "
    "(torchvision's resnet18-f37072fd.pth, copied from a machine with a network)"
)


def _imagenet() -> dict[str, Tensor]:
    try:
        return dict(ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=True, check_hash=True))
    except (OSError, RuntimeError) as error:  # URLError is an OSError; a wrong hash RuntimeError
        raise DownloadError(
            f"features.weights is imagenet, but the weights could not be downloaded ({error}); "
            f"{_ALTERNATIVES}"
        ) from error


def _from_file(path: Path, network: nn.Module) -> dict[str, Tensor]:
    if not path.is_file():
        raise UserError(f"features.weights is {path}: no such file; {_ALTERNATIVES}")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # weights_only raises many kinds for many kinds of damage
        raise UserError(
            f"{path}: not a state dict of tensors ({error}); {_ALTERNATIVES}"
        ) from error
    if not isinstance(state, dict):
        raise UserError(f"{path}: holds a {type(state).__name__}, no state dict; {_ALTERNATIVES}")
    # The last layer is not used: a network with other classes than ImageNet's serves as well.
    expected = {key: value for key, value in network.state_dict().items() if key[:3] != "fc."}
    differing = [
        key for key in expected if getattr(state.get(key), "shape", None) != expected[key].shape
    ]
    if differing:
        raise UserError(f"{path}: {differing[0]} is not that of a ResNet-18; {_ALTERNATIVES}")
    return {key: state[key] for key in expected}
