"""The report's augmentations, drawn per picture and applied to whole batches on their device."""

import math
from typing import get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from real_or_ai.params.train import AugmentationParams, Operation

OPERATIONS: tuple[Operation, ...] = get_args(Operation)


def augment(images: Tensor, params: AugmentationParams, generator: torch.Generator) -> Tensor:
    """Float32 [N, 3, H, W] in [0, 1] of images of the same kind; each draws one operation.

    generator: on the images' device.
    """
    choices = torch.randint(
        len(params.operations), (len(images),), generator=generator, device=images.device
    )
    table = torch.tensor([OPERATIONS.index(name) for name in params.operations])
    return apply(images, table.to(images.device)[choices], params, generator)


def apply(
    images: Tensor, operations: Tensor, params: AugmentationParams, generator: torch.Generator
) -> Tensor:
    """The images with operation `operations[i]` (an index into OPERATIONS) applied to image i.

    Rotation fills with black, crops keep the aspect ratio and are resized to the whole. One
    bilinear sampling serves every picture: where nothing is to move, its map is the identity.
    """
    count, device = len(images), images.device

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=generator, device=device)

    def chosen(name: Operation) -> Tensor:
        return operations == OPERATIONS.index(name)

    one, zero = torch.ones(count, device=device), torch.zeros(count, device=device)
    limit = math.radians(params.rotate_degrees)
    angle = torch.where(chosen("rotate"), uniform(-limit, limit), zero)
    side = torch.where(chosen("crop"), uniform(params.crop_scale, 1).sqrt(), one)
    mirror = torch.where(chosen("flip"), -one, one)
    mirror_x, mirror_y = (mirror, one) if params.flip == "horizontal" else (one, mirror)
    # affine_grid works in [-1, 1] on both axes; H/W keeps a rotation of oblong images rigid.
    aspect = images.shape[2] / images.shape[3]
    cosine, sine = side * angle.cos(), side * angle.sin()
    shift_x, shift_y = (1 - side) * uniform(-1, 1), (1 - side) * uniform(-1, 1)
    maps = torch.stack(
        [
            torch.stack([mirror_x * cosine, -sine * aspect, shift_x], dim=1),
            torch.stack([sine / aspect, mirror_y * cosine, shift_y], dim=1),
        ],
        dim=1,
    )
    grid = F.affine_grid(maps, list(images.shape), align_corners=False)
    moved = F.grid_sample(images, grid, align_corners=False)
    noise = torch.randn(images.shape, generator=generator, device=device) * params.noise_sigma
    return torch.where(chosen("noise")[:, None, None, None], moved + noise, moved).clamp(0, 1)
