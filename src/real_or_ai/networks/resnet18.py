"""torchvision's ResNet-18 without its last layer (He et al. 2016), 512 features."""

from pathlib import Path

from torch import Tensor, nn
from torchvision.models import ResNet18_Weights, resnet18

from real_or_ai.conventions.errors import DownloadError
from real_or_ai.conventions.sections import RANDOM, WEIGHTS, FeaturesParams
from real_or_ai.networks.weights import fold, from_file

_ALTERNATIVES = (
    "set features.weights to random, or to the path of a resnet18 state dict "
    "(torchvision's resnet18-f37072fd.pth, copied from a machine with a network)"
)


class ResNet18(nn.Module):
    """Images [N, 3, H, W] -> features [N, 512]."""

    def __init__(self) -> None:
        super().__init__()
        self.network = resnet18(weights=None)
        self.network.fc = nn.Identity()

    def maps(self, images: Tensor) -> dict[int, Tensor]:
        """Stride -> the last map [N, C, H / stride, W / stride] of it; 4 to 32."""
        x = self.network
        maps = {4: x.layer1(x.maxpool(x.relu(x.bn1(x.conv1(images)))))}
        for stride, layer in ((8, x.layer2), (16, x.layer3), (32, x.layer4)):
            maps[stride] = layer(maps[stride // 2])
        return maps

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.network(images)
        return features

    def top(self, maps: dict[int, Tensor]) -> Tensor:
        """The features [N, 512] by the maps."""
        features: Tensor = self.network.avgpool(maps[32]).flatten(1)
        return features


def build(params: FeaturesParams) -> ResNet18:
    """With weights by the section `features`; torchvision's are downloaded and checked by hash.

    A file may hold a last layer, of whatever classes: it is not used.
    """
    trunk = ResNet18()
    if params.weights in WEIGHTS:
        state = {} if params.weights == RANDOM else _imagenet(params)
    else:
        state = from_file(Path(params.weights), trunk.network, "a ResNet-18", _ALTERNATIVES)
    if state:
        trunk.network.load_state_dict(state, strict=False)  # but for the last layer
    trunk.eval()
    fold(trunk, (("conv1", "bn1"), ("conv2", "bn2"), ("0", "1")))
    return trunk


def _imagenet(params: FeaturesParams) -> dict[str, Tensor]:
    try:
        return dict(ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=True, check_hash=True))
    except (OSError, RuntimeError) as error:  # URLError is an OSError; a wrong hash RuntimeError
        raise DownloadError(
            f"features.weights is {params.weights}, but the weights could not be downloaded "
            f"({error}); {_ALTERNATIVES}"
        ) from error
