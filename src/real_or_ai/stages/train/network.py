"""Which network is meant: the file networks/<name>.py."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from real_or_ai import networks
from real_or_ai.conventions.errors import ParamsError
from real_or_ai.conventions.sections import FitParams

if TYPE_CHECKING:
    from torch import nn


class Network(Protocol):
    """What the file of a network that is trained holds."""

    Hyperparameters: type[FitParams]  # its section of params.yaml, `train.<name>`

    def build(self, params: Any) -> tuple["nn.Module", int]:
        """Images [N, 3, side, side] in [-1, 1] -> logits [N, 2], and that side in px."""


def find(name: str) -> Network:
    """The network of this name. Raises ParamsError if there is no such file."""
    if not Path(networks.__path__[0], f"{name}.py").is_file():
        raise ParamsError(f"no network {name}: networks/{name}.py is not there; add or correct it")
    return cast(Network, importlib.import_module(f"{networks.__name__}.{name}"))
