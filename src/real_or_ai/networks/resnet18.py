"""The 512 features of a ResNet-18 without its last layer (He et al. 2016, arXiv 1512.03385).

Layers, their names and their random weights are torchvision's, which a test holds them to. It is
imported for the ImageNet weights alone, as it loads torch's compiler: seconds, and for nothing.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_eval

from real_or_ai.conventions.errors import DownloadError, UserError


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut, which is a 1x1 one where the shape changes."""

    def __init__(self, incoming: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(incoming, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = nn.Sequential()
        if incoming != channels:
            shortcut = nn.Conv2d(incoming, channels, 1, stride, bias=False)
            self.downsample.extend([shortcut, nn.BatchNorm2d(channels)])

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        result: Tensor = self.relu(self.bn2(self.conv2(out)) + self.downsample(x))
        return result


class ResNet18(nn.Module):
    """Images [N, 3, H, W] -> logits [N, 1000], with random weights."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = nn.Sequential(BasicBlock(64, 64, 1), BasicBlock(64, 64, 1))
        self.layer2 = nn.Sequential(BasicBlock(64, 128, 2), BasicBlock(128, 128, 1))
        self.layer3 = nn.Sequential(BasicBlock(128, 256, 2), BasicBlock(256, 256, 1))
        self.layer4 = nn.Sequential(BasicBlock(256, 512, 2), BasicBlock(512, 512, 1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc: nn.Module = nn.Linear(512, 1000)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        logits: Tensor = self.fc(self.avgpool(x).flatten(1))
        return logits


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
            self.network = ResNet18()
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


def _fold(network: ResNet18) -> None:
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
    from torchvision.models import ResNet18_Weights

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
