import pytest
import torch
import torch.nn.functional as F

from real_or_ai.conventions.sections import AugmentationParams
from real_or_ai.tensors.augmentation import OPERATIONS, _grid, apply, augment, one_hot
from real_or_ai.tensors.preprocessing import to_unit


@pytest.fixture
def params() -> AugmentationParams:
    return AugmentationParams.model_validate_json(
        '{"redelivered": 0, "drawn": "one", "flip": "horizontal",'
        ' "operations": ["none", "flip", "rotate", "crop", "noise"],'
        ' "rotate_degrees": 15, "crop_scale": 0.8, "noise_sigma": 0.1}'
    )


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def ramp(count: int = 64, height: int = 24, width: int = 32) -> torch.Tensor:
    """Images [count, 3, height, width] that brighten to the right and downwards."""
    x, y = torch.linspace(0.1, 0.5, width), torch.linspace(0, 0.4, height)
    return (x[None, :] + y[:, None]).expand(count, 3, height, width).contiguous()


def only(name: str, images: torch.Tensor, params: AugmentationParams) -> torch.Tensor:
    operations = one_hot(torch.full((len(images),), OPERATIONS.index(name)))
    return apply(images, operations, params, generator())


def test_none_changes_nothing(params):
    assert torch.allclose(only("none", ramp(), params), ramp(), atol=1e-5)


@pytest.mark.parametrize(("flip", "axis"), [("horizontal", 3), ("vertical", 2)])
def test_flip_mirrors_along_its_axis(params, flip, axis):
    params = params.model_copy(update={"flip": flip})
    assert torch.allclose(only("flip", ramp(), params), ramp().flip(axis), atol=1e-5)


def test_flipping_twice_is_the_image(params):
    once = only("flip", ramp(), params)
    assert torch.allclose(only("flip", once, params), ramp(), atol=1e-4)


def test_rotation_keeps_the_middle_and_stays_within_its_limit(params):
    images = torch.zeros(200, 3, 65, 65)
    images[:, :, 32, 33:] = 1.0  # a hand pointing right from the middle
    turned = only("rotate", images, params)
    assert turned[:, :, 32, 32:34].amax() > 0.3
    rows, columns = torch.meshgrid(torch.arange(65), torch.arange(65), indexing="ij")
    far = turned[:, 0] * (columns >= 50)
    height = (far * (rows - 32)).sum((1, 2)) / far.sum((1, 2))
    reach = (far * (columns - 32)).sum((1, 2)) / far.sum((1, 2))
    degrees = torch.rad2deg(torch.atan2(height, reach))
    assert degrees.abs().max() <= 15.5
    assert degrees.min() < -12
    assert degrees.max() > 12


def test_crop_keeps_at_least_its_share_and_magnifies(params):
    spread = only("crop", ramp(400), params)[:, 0]
    width = (spread[:, 12, -1] - spread[:, 12, 0]) / 0.4  # share of the ramp's width that is left
    assert 0.8**0.5 - 0.02 <= width.min() < 0.93
    assert 0.97 < width.max() <= 1.001


def test_noise_has_its_deviation_and_no_bias(params):
    gray = torch.full((64, 3, 32, 32), 0.5)
    noise = only("noise", gray, params) - gray
    assert abs(noise.std().item() - 0.1) < 0.003
    assert abs(noise.mean().item()) < 0.002


def test_each_picture_draws_its_own_operation_with_equal_chance(params):
    pixels = torch.randint(60, 190, (1, 16, 16, 3), dtype=torch.uint8, generator=generator())
    images = to_unit(pixels).expand(2000, -1, -1, -1)
    changed = augment(images, params, generator(1))
    same = (changed - images).abs().amax((1, 2, 3)) < 1e-5
    flipped = (changed - images.flip(3)).abs().amax((1, 2, 3)) < 1e-5
    assert abs(same.float().mean().item() - 0.2) < 0.03
    assert abs(flipped.float().mean().item() - 0.2) < 0.03


def test_no_augmentation_is_one_operation(params):
    params = params.model_copy(update={"operations": ("none",)})
    assert torch.allclose(augment(ramp(), params, generator()), ramp(), atol=1e-5)


def test_the_same_generator_draws_the_same(params):
    images = torch.rand(8, 3, 20, 20, generator=generator())
    first, second = (augment(images, params, generator(5)) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, augment(images, params, generator(6)))
    assert first.min() >= 0
    assert first.max() <= 1


def test_the_grid_is_that_of_torch():
    maps = torch.randn(5, 2, 3, generator=generator())
    images = torch.empty(5, 3, 17, 24)
    to_x, to_y = (tuple(maps[:, axis].unbind(1)) for axis in (0, 1))
    expected = F.affine_grid(maps, list(images.shape), align_corners=False)
    assert torch.allclose(_grid(to_x, to_y, images), expected, atol=1e-5)


def test_each_operation_may_be_drawn_by_itself(params):
    each = params.model_copy(update={"drawn": "each", "operations": ("flip", "noise")})
    images = ramp(400)
    found = augment(images, each, generator())
    # Smooth where there is no noise; brighter to the right unless it is mirrored.
    rough = (found[:, 0, :, 1:] - found[:, 0, :, :-1]).diff(dim=2).abs().mean((1, 2)) > 0.01
    left, right = found[..., :8].mean((1, 2, 3)), found[..., -8:].mean((1, 2, 3))
    mirrored = left > right
    for noisy in (True, False):
        for turned in (True, False):
            share = ((rough == noisy) & (mirrored == turned)).float().mean()
            assert 0.15 < share < 0.35


def test_no_operation_is_drawn_that_nobody_asked_for(params):
    each = params.model_copy(update={"drawn": "each", "operations": ("flip",)})
    images = ramp(100)
    found = augment(images, each, generator())
    alike = (found - images).abs().amax((1, 2, 3)) < 1e-5
    mirrored = (found - images.flip(3)).abs().amax((1, 2, 3)) < 1e-5
    assert (alike ^ mirrored).all()
    assert 30 < mirrored.sum() < 70
