"""The report's CNN: eight convolutions with batch norm and ReLU, three linear layers."""

from typing import Literal

from torch import Tensor, nn

Head = Literal["flatten", "gap"]


class Cnn(nn.Module):
    """Images [N, 3, size, size] -> logits [N, 2]; size is a multiple of 16.

    head: `flatten` is the report's, where 190 of 193 million weights sit in layer 9;
    `gap` averages each of the 1024 maps first (Lin et al. 2014, arXiv 1312.4400).
    """

    def __init__(self, size: int = 256, head: Head = "flatten", dropout: float = 0.5) -> None:
        super().__init__()
        if size % 16:
            raise ValueError(f"size {size} is not a multiple of 16, the product of four poolings")
        self.size = size
        self.convolutions = nn.Sequential(
            _convolution(3, 32, kernel=7, padding=3, pool=True),
            _convolution(32, 64, kernel=5, padding=2),
            _convolution(64, 128, kernel=5, padding=2, pool=True),
            _convolution(128, 256, kernel=3, padding=1),
            _convolution(256, 362, kernel=3, padding=1, pool=True),
            _convolution(362, 512, kernel=1),
            _convolution(512, 724, kernel=1),
            _convolution(724, 1024, kernel=1, pool=True),
        )
        values = 1024 * (size // 16) ** 2 if head == "flatten" else 1024
        self.gather = nn.Sequential(
            *([nn.AdaptiveAvgPool2d(1)] if head == "gap" else []), nn.Flatten()
        )
        self.linears = nn.Sequential(
            nn.Sequential(nn.Linear(values, 724), nn.ReLU(), nn.Dropout(dropout)),
            nn.Sequential(nn.Linear(724, 516), nn.ReLU(), nn.Dropout(dropout)),
            nn.Linear(516, 2),
        )

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.linears(self.gather(self.convolutions(images)))
        return logits


def _convolution(
    channels_in: int, channels_out: int, *, kernel: int, padding: int = 0, pool: bool = False
) -> nn.Sequential:
    layers = [
        nn.Conv2d(channels_in, channels_out, kernel, padding=padding),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    ]
    return nn.Sequential(*layers, *([nn.MaxPool2d(2)] if pool else []))
