"""Sections of params.yaml that more than one stage reads; each other one is its stage's own."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt

from real_or_ai.conventions.params import Params, Seed

# grouped: each picture once. paper: with four copies, which train and val share, as in the report.
Protocol = Literal["grouped", "paper"]

EMBEDDED = "data/sample"  # what prepare.raw is while the embedded data set is used: a toy
REPORTS_OWN = ("data/report", "data/kaggle")  # while the report's own pictures are


def named(raw: str) -> str:
    """What a table, a plot or a card calls the data of this raw folder: never by its path."""
    return "the embedded sample (a toy)" if raw == EMBEDDED else Path(raw).name or "own pictures"


Turns = tuple[tuple[str, ...], ...]  # `calibrate.turns`: the sources that each leaves out


class Delivery(Params):
    """Short side to `short_side` px, centre crop to a square, one JPEG round trip."""

    short_side: int = Field(ge=16, le=4096)
    jpeg_quality: int = Field(ge=1, le=100)


class DecodeParams(Params):
    """Section `decode`: the pixels that every detector sees."""

    size: int = Field(ge=32, le=2048)  # px of the square
    delivery: Delivery | None  # null: as found, squashed to the square


Operation = Literal["none", "flip", "rotate", "crop", "noise"]


class AugmentationParams(Params):
    """Section `train.augmentation`: what each training picture draws in each epoch.

    Of `operations` one, all with the same chance, or each of them by itself, every other time.
    `prepare` makes the report's copies by the strengths.
    """

    redelivered: float = Field(ge=0, le=1)  # share of the pictures, by pictures/redelivery.py
    operations: tuple[Operation, ...] = Field(min_length=1)
    drawn: Literal["one", "each"]
    flip: Literal["horizontal", "vertical"]
    rotate_degrees: float = Field(ge=0, le=180)  # either way
    crop_scale: float = Field(gt=0, le=1)  # smallest share of the area that a crop keeps
    noise_sigma: float = Field(ge=0)  # on [0, 1]


class FitParams(Params):
    """What fitting any network takes: the beginning of each section `train.<network>`."""

    learning_rate: float = Field(gt=0)
    schedule: Literal["constant", "one_cycle"]  # of the learning rate; by the number of pictures
    epochs: int = Field(ge=1)
    # What an epoch draws: each picture once, or by chance as many, by stages/train/balance.py.
    balance: Literal["pictures", "sources"]
    batch_size: int = Field(ge=2)
    # Epochs without a better validation loss; null: never stop early.
    patience: Annotated[int, Field(ge=1)] | None
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)]  # a training each; val chooses one
    half: bool  # whether the file has the weights in half precision


RANDOM = "random"
WEIGHTS = ("imagenet", "pretrained", RANDOM)  # the first two are the same
LAST: Literal["last"] = "last"
Layer = PositiveInt | Literal["last"]


class FeaturesParams(Params):
    """Section `features`: where the SVM's features come from."""

    backbone: str = Field(min_length=1)  # resnet18 | efficientnet_lite0 | a network of timm's
    weights: str = Field(min_length=1)  # imagenet, or pretrained | random | path of a state dict
    # Strides, and the last of all; `last` alone is what a network gives its own classifier.
    layers: Literal["last"] | Annotated[tuple[Layer, ...], Field(min_length=1)]
    size: int = Field(ge=32, le=1024)  # px of the network's input
    seed: Seed  # of random weights

    def without_path(self) -> Self:
        """For a file that others get: the weights by their file's name."""
        return self.model_copy(update={"weights": Path(self.weights).name})
