"""Section `train`: the augmentation that all networks share, and one section a network."""

from typing import Annotated, Literal

from pydantic import Field

from real_or_ai.conventions.params import Params, Seed

Operation = Literal["none", "flip", "rotate", "crop", "noise"]


class AugmentationParams(Params):
    """Each training picture in each epoch draws one of `operations` with equal chance."""

    operations: tuple[Operation, ...] = Field(min_length=1)
    flip: Literal["horizontal", "vertical"]
    rotate_degrees: float = Field(ge=0, le=180)  # either way
    crop_scale: float = Field(gt=0, le=1)  # smallest share of the area that a crop keeps
    noise_sigma: float = Field(ge=0)  # on [0, 1]


class FitParams(Params):
    """What fitting any network takes."""

    learning_rate: float = Field(gt=0)
    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=2)
    # Epochs without a better validation loss; null: never stop early.
    patience: Annotated[int, Field(ge=1)] | None
    seed: Seed


class LeNet5Params(FitParams):
    """Section `train.lenet5`."""


class CnnParams(FitParams):
    """Section `train.cnn`."""

    size: int = Field(ge=16, le=1024, multiple_of=16)  # px of its input
    head: Literal["flatten", "gap"]
    dropout: float = Field(ge=0, lt=1)


class TrainParams(Params):
    """The whole section."""

    augmentation: AugmentationParams
    lenet5: LeNet5Params
    cnn: CnnParams


WEIGHTS = ("imagenet", "random")


class FeaturesParams(Params):
    """Where the SVM's 512 features come from."""

    weights: str = Field(min_length=1)  # imagenet | random | path of a state dict
    size: int = Field(ge=32, le=1024)  # px of the ResNet-18's input
    seed: Seed  # of random weights
