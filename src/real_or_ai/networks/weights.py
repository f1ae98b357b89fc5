"""Weights of a network from a file, and batch norms put into the convolutions before them."""

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_eval

from real_or_ai.conventions.errors import UserError


def from_file(path: Path, network: nn.Module, name: str, otherwise: str) -> dict[str, Tensor]:
    """Of the state dict in a file the tensors that `network` has, which is called `name`.

    otherwise: what to do where it does not serve. Raises UserError if a tensor is missing or of
    another shape.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file of weights; {otherwise}")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # weights_only raises many kinds for many kinds of damage
        raise UserError(f"{path}: not a state dict of tensors ({error}); {otherwise}") from error
    if not isinstance(state, dict):
        raise UserError(f"{path}: holds a {type(state).__name__}, no state dict; {otherwise}")
    expected = network.state_dict()
    differing = [
        key for key in expected if getattr(state.get(key), "shape", None) != expected[key].shape
    ]
    if differing:
        raise UserError(f"{path}: {differing[0]} is not that of {name}; {otherwise}")
    return {key: state[key] for key in expected}


def fold(network: nn.Module, pairs: Iterable[tuple[str, str]]) -> None:
    """Puts each batch norm into the convolution before it: the same features, a tenth sooner.

    pairs: names of a convolution and of the norm behind it, in the modules that have both.
    """
    for module in list(network.modules()):
        for convolution, norm in pairs:
            first, then = getattr(module, convolution, None), getattr(module, norm, None)
            if isinstance(first, nn.Conv2d) and isinstance(then, nn.BatchNorm2d):
                setattr(module, convolution, fuse_conv_bn_eval(first, then))
                setattr(module, norm, nn.Identity())
