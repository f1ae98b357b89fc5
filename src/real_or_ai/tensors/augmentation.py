"""The report's augmentations, drawn per picture and applied to whole batches on their device."""

import math
from functools import cache
from typing import get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from real_or_ai.conventions.sections import AugmentationParams, Operation

OPERATIONS: tuple[Operation, ...] = get_args(Operation)
EACH = 0.5  # how often an operation is drawn where each is drawn by itself


def augment(images: Tensor, params: AugmentationParams, generator: torch.Generator) -> Tensor:
    """Float32 [N, 3, H, W] in [0, 1] of images of the same kind; each draws its operations.

    generator: on the images' device.
    """
    if set(params.operations) == {"none"}:
        return images
    device, indices = images.device, _indices(params.operations, images.device)
    if params.drawn == "one":
        choices = torch.randint(len(indices), (len(images),), generator=generator, device=device)
        chosen = one_hot(indices[choices])
    else:
        drawn = torch.rand((len(images), len(OPERATIONS)), generator=generator, device=device)
        chosen = (drawn < EACH) & one_hot(indices).any(0)
    return apply(images, chosen, params, generator)


def one_hot(operations: Tensor) -> Tensor:
    """Indices [N] into OPERATIONS as `apply` takes them, bool [N, len(OPERATIONS)]."""
    return F.one_hot(operations, len(OPERATIONS)).bool()


@cache  # a table made anew would be copied to the device, which the host waits for, each batch
def _indices(operations: tuple[Operation, ...], device: torch.device) -> Tensor:
    return torch.tensor([OPERATIONS.index(name) for name in operations], device=device)


def apply(
    images: Tensor, operations: Tensor, params: AugmentationParams, generator: torch.Generator
) -> Tensor:
    """The images, each with those operations that bool [N, len(OPERATIONS)] says.

    Rotation fills with black, crops keep the aspect ratio and are resized to the whole. One
    bilinear sampling serves every picture: where nothing is to move, its map is the identity.
    """
    count, device = len(images), images.device

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=generator, device=device)

    def chosen(name: Operation) -> Tensor:
        return operations[:, OPERATIONS.index(name)]

    one, zero = torch.ones(count, device=device), torch.zeros(count, device=device)
    limit = math.radians(params.rotate_degrees)
    angle = torch.where(chosen("rotate"), uniform(-limit, limit), zero)
    side = torch.where(chosen("crop"), uniform(params.crop_scale, 1).sqrt(), one)
    mirror = torch.where(chosen("flip"), -one, one)
    mirror_x, mirror_y = (mirror, one) if params.flip == "horizontal" else (one, mirror)
    # The maps are in [-1, 1] on both axes; H/W keeps a rotation of oblong images rigid.
    aspect = images.shape[2] / images.shape[3]
    cosine, sine = side * angle.cos(), side * angle.sin()
    shift_x, shift_y = (1 - side) * uniform(-1, 1), (1 - side) * uniform(-1, 1)
    grid = _grid(
        (mirror_x * cosine, -sine * aspect, shift_x),
        (sine / aspect, mirror_y * cosine, shift_y),
        images,
    )
    moved = F.grid_sample(images, grid, align_corners=False)
    sigma = torch.where(chosen("noise"), params.noise_sigma, zero)[:, None, None, None]
    noise = torch.randn(images.shape, generator=generator, device=device)
    return moved.addcmul_(noise, sigma).clamp_(0, 1)


Row = tuple[Tensor, Tensor, Tensor]  # each [N]: a coordinate is first * x + second * y + third


def _grid(to_x: Row, to_y: Row, images: Tensor) -> Tensor:
    """Where each pixel of the images [N, 3, H, W] is sampled: [N, H, W, 2] in [-1, 1].

    As F.affine_grid with align_corners=False, which takes twelve times as long on a CPU.
    """
    height, width = images.shape[2:]
    x = (2 * torch.arange(width, device=images.device) + 1) / width - 1
    y = ((2 * torch.arange(height, device=images.device) + 1) / height - 1)[:, None]

    def sampled(first: Tensor, second: Tensor, third: Tensor) -> Tensor:
        return (first * x + third) + second * y

    rows = ((value[:, None, None] for value in row) for row in (to_x, to_y))
    return torch.stack([sampled(*row) for row in rows], dim=3)
