"""The report's networks, layer by layer, as its tables give them."""

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import nn

from built import cnn as built_cnn
from built import lenet5, svm_params
from real_or_ai.networks import efficientnet_lite0
from real_or_ai.stages.fit_svm.svm import Asked
from real_or_ai.stages.fit_svm.svm_network import LinearSvm, RbfSvm, network
from real_or_ai.tensors.preprocessing import Preprocessing


def weights(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def shapes(network: nn.Module, layers: list[nn.Module], size: int) -> list[tuple[int, ...]]:
    """The output shape of each layer for one image, without the batch."""
    found = []
    hooks = [
        layer.register_forward_hook(lambda *call: found.append(tuple(call[2].shape[1:])))
        for layer in layers
    ]
    with torch.inference_mode():
        network.eval()(torch.zeros(1, 3, size, size))
    for hook in hooks:
        hook.remove()
    return found


def test_lenet5_is_the_reports():
    network = lenet5()
    layers = [network.c1, network.s2, network.c3, network.s4, network.fc5, network.fc6, network.fc7]
    assert shapes(network, layers, 32) == [
        (6, 28, 28),
        (6, 14, 14),
        (16, 10, 10),
        (16, 5, 5),
        (120,),
        (84,),
        (2,),
    ]
    assert [weights(layer) for layer in layers] == [
        6 * 3 * 25 + 6 + 12,
        0,
        16 * 6 * 25 + 16 + 32,
        0,
        400 * 120 + 120,
        120 * 84 + 84,
        84 * 2 + 2,
    ]


def test_lenet5_bends_after_each_layer_but_the_last():
    layers = dict(lenet5().named_children())
    for name in ("c1", "c3"):
        assert [type(one) for one in layers[name]] == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
    for name in ("fc5", "fc6"):
        assert [type(one) for one in layers[name]] == [nn.Linear, nn.ReLU]
    for name in ("s2", "s4"):
        assert (type(layers[name]), layers[name].kernel_size) == (nn.MaxPool2d, 2)
    assert type(layers["fc7"]) is nn.Linear


@pytest.fixture(scope="module")
def cnn() -> nn.Module:
    with torch.device("meta"):  # 193 million weights need not be drawn to be counted
        return built_cnn()


TABLE = [  # in, out, kernel, padding, output side
    (3, 32, 7, 3, 128),
    (32, 64, 5, 2, 128),
    (64, 128, 5, 2, 64),
    (128, 256, 3, 1, 64),
    (256, 362, 3, 1, 32),
    (362, 512, 1, 0, 32),
    (512, 724, 1, 0, 32),
    (724, 1024, 1, 0, 16),
]


def test_cnn_has_the_reports_layers(cnn):
    for block, (channels_in, channels_out, kernel, padding, _) in zip(
        cnn.convolutions, TABLE, strict=True
    ):
        convolution, norm, relu = list(block)[:3]
        assert (convolution.in_channels, convolution.out_channels) == (channels_in, channels_out)
        assert convolution.kernel_size == (kernel, kernel)
        assert convolution.padding == (padding, padding)
        assert isinstance(norm, nn.BatchNorm2d)
        assert isinstance(relu, nn.ReLU)
    linears = [layer for layer in cnn.linears.modules() if isinstance(layer, nn.Linear)]
    assert [(one.in_features, one.out_features) for one in linears] == [
        (262144, 724),
        (724, 516),
        (516, 2),
    ]
    assert dropouts(cnn) == [0.5, 0.5]


def dropouts(network: nn.Module) -> list[float]:
    return [layer.p for layer in network.linears.modules() if isinstance(layer, nn.Dropout)]


def test_cnn_drops_out_as_much_as_is_asked():
    assert dropouts(built_cnn(size=16, head="gap", dropout=0.25)) == [0.25, 0.25]


def test_cnn_can_stand_on_efficientnet_lite0():
    network = built_cnn(size=64, trunk="efficientnet_lite0", dropout=0.25)
    assert network(torch.zeros(2, 3, 64, 64)).shape == (2, 2)
    assert weights(network) == 3_371_008 + 2 * 1280 + 2
    assert all(values.requires_grad for values in network.parameters())
    assert network[1].p == 0.25
    loaded = built_cnn(size=64, trunk="efficientnet_lite0", weights="imagenet")[0]
    expected = efficientnet_lite0.loaded("imagenet", "features.weights").eval()
    images = torch.rand(2, 3, 64, 64)
    assert loaded.eval()(images).equal(expected(images))
    assert not loaded(images).equal(network[0].eval()(images))
    with pytest.raises(ValidationError, match="the report's trunk has none but random"):
        built_cnn(weights="imagenet")


def test_cnn_has_the_reports_shapes():
    # gap spares the 190 million weights of layer 9; the convolutions are the same.
    network = built_cnn(head="gap")
    found = shapes(network, list(network.convolutions), 256)
    assert found == [(channels, side, side) for _, channels, _, _, side in TABLE]


def test_cnn_has_193_million_weights_190_of_them_in_layer_9(cnn):
    layer_9 = cnn.linears[0][0]
    assert weights(layer_9) == 262144 * 724 + 724 == 189_792_980
    expected = weights(layer_9) + (724 * 516 + 516) + (516 * 2 + 2)
    expected += sum(a * b * k * k + b + 2 * b for a, b, k, _, _ in TABLE)
    assert weights(cnn) == expected
    assert round(weights(cnn) / 1e6) == 193


@pytest.mark.parametrize("head", ["flatten", "gap"])
def test_cnn_works_at_other_sizes(head):
    network = built_cnn(size=32, head=head)
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 2)
    with pytest.raises(ValidationError, match="multiple of 16"):
        built_cnn(size=40)


@pytest.mark.parametrize("components", [None, 60])
@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize(
    ("kernel", "kind"), [("rbf", RbfSvm), ("linear", LinearSvm), ("rbf_of_layers", RbfSvm)]
)
def test_the_svm_network_decides_as_scikit_learn(kernel, kind, scaled, components):
    chance = np.random.default_rng(0)
    features = chance.normal(3, 5, size=(80, 512)).astype(np.float32)
    labels = (features[:, 0] + chance.normal(size=80) > 3).astype(int)
    asked = Asked(svm_params(kernel, scale=scaled, components=components), (40, 100, 372))
    svm = asked.pipeline().set_params(svc__C=1.7, svc__gamma=1 / 512)
    svm.fit(features, labels)
    built = network(svm)
    assert type(built) is kind
    with torch.inference_mode():
        found = built(torch.from_numpy(features)).numpy()
    assert np.abs(found - svm.decision_function(features)).max() < 1e-5


def test_the_kernel_of_layers_is_the_mean_of_one_for_each():
    """Each of the layer standardised and projected by itself, its gamma over its width."""
    chance = np.random.default_rng(1)
    x = chance.normal(2, [1] * 6 + [30] * 20, size=(60, 26)).astype(np.float64)
    y = (x[:, 1] + x[:, 10] / 30 + chance.normal(size=60) > 4).astype(int)
    asked = Asked(svm_params("rbf_of_layers", components=8), (6, 20))
    svm = asked.pipeline().set_params(svc__C=2.0, svc__gamma=0.7).fit(x[:40], y[:40])
    kernels = []
    for part in (x[:, :6], x[:, 6:]):
        steps = make_pipeline(StandardScaler(), PCA(min(8, part.shape[1])))
        kept = steps.fit(part[:40]).transform(part)
        kernels.append(rbf_kernel(kept, kept[:40], gamma=0.7 / part.shape[1]))
    mean = np.mean(kernels, axis=0)
    expected = SVC(kernel="precomputed", C=2.0).fit(mean[:40], y[:40])
    assert svm.decision_function(x) == pytest.approx(expected.decision_function(mean))
    assert svm.predict(x).tolist() == expected.predict(mean).tolist()


def test_preprocessing_normalises_and_antialiases():
    """Of stripes four wide, a sample from the two in the middle would see nothing but white."""
    images = torch.zeros(1, 3, 64, 64)
    images[:, :, :, 1::4] = images[:, :, :, 2::4] = 1
    small = Preprocessing(16)(images)
    assert small.shape == (1, 3, 16, 16)
    assert small[..., 1:-1, 1:-1].abs().max() < 0.3
    assert torch.equal(Preprocessing(64)(images).unique(), torch.tensor([-1.0, 1.0]))


def test_preprocessing_resizes_as_pillow_does():
    """Which always antialiases."""
    pixels = np.random.default_rng(0).integers(0, 255, (48, 48, 3), np.uint8)
    expected = np.asarray(Image.fromarray(pixels).resize((20, 20), Image.Resampling.BILINEAR))
    images = torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32)) / 255
    found = (Preprocessing(20)(images)[0].numpy() / 2 + 0.5) * 255
    assert np.abs(found.transpose(1, 2, 0) - expected).max() < 1.01
