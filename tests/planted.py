"""A tiny project of planted numbers, of which every stage's right answer can be said beforehand.

Each picture holds its logits: the toy detectors read them from its red, green and blue. Pictures of
one group share most of their luck, train contradicts all that is learnt elsewhere, and rows of all
splits are mixed, so that who takes other rows, groups or labels comes to other numbers.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import toy_detector
from real_or_ai.conventions import tables
from real_or_ai.detector_file.description import Calibration, Unsure
from real_or_ai.detector_file.session import score_of
from real_or_ai.registry import DETECTORS

MODELS = tuple(DETECTORS)
PICTURES = {"train": (8, 10), "val": (24, 28), "test": (26, 22), "external": (12, 16)}  # real, ai
# By how much a model's logits tell the classes apart: cnn is best on val, svm on test.
SKILL = {
    "lenet5": {"train": -6.0, "val": 0.3, "test": 0.2, "external": -0.3},
    "cnn": {"train": -6.0, "val": 1.7, "test": 0.9, "external": 0.4},
    "svm": {"train": -6.0, "val": 1.0, "test": 2.0, "external": -1.2},
}
CALIBRATIONS = {"lenet5": (0.5, 0.7), "cnn": (1.7, -0.9), "svm": (0.8, 1.1)}  # slope, intercept
AT = 0.5  # a logit that cnn's threshold lies on
THRESHOLDS = {
    "lenet5": 0.37,
    "cnn": float(score_of(np.array([AT]))[0]),
    "svm": 0.66,
}
SEEDS = {"lenet5": 3, "cnn": 2}  # trainings of each network
UNSURE = Unsure(alpha=0.2, real_above=0.71, ai_below=0.33)


@dataclass(frozen=True)
class Planted:
    """A folder with pixels.npy, split.csv, manifest.csv, models/<model>.onnx and models/seeds.

    split: split.csv, and a column of logits a model.
    """

    folder: Path
    split: pd.DataFrame

    def __truediv__(self, name: str) -> Path:
        return self.folder / name


def plant(folder: Path, *, calibrated: bool = True) -> Planted:
    """calibrated: whether the detectors say that they are, and have cuts."""
    split = _pictures(np.random.default_rng(11))
    tables.save(folder / "split.csv", tables.SplitRow, split)
    facts = ["picture", "source", "generator", "raw_format", "width", "height"]
    split.iloc[::-1][facts].to_csv(folder / "manifest.csv", index=False)
    pixels = np.full((len(split), toy_detector.SIDE, toy_detector.SIDE, 3), 7, np.uint8)
    for channel, model in enumerate(MODELS):
        value = np.rint(100 + split[model] / toy_detector.WEIGHT).to_numpy().astype(np.uint8)
        pixels[:, *toy_detector.CUE, channel] = value[:, None, None]
    np.save(folder / "pixels.npy", pixels)
    (folder / "models").mkdir()
    for channel, model in enumerate(MODELS):
        slope, intercept = CALIBRATIONS[model]
        fitted = {
            "calibration": Calibration(slope=slope, intercept=intercept, n=52),
            "threshold": THRESHOLDS[model],
            "unsure": UNSURE,
        }
        about = fitted if calibrated else {"calibration": None, "unsure": None}
        description = toy_detector.describe(model=model, **about)
        toy_detector.write(folder / f"models/{model}.onnx", description, channel=channel)
    _plant_seeds(folder / "models/seeds", split)
    return Planted(folder, split)


def _plant_seeds(folder: Path, split: pd.DataFrame) -> None:
    """models/seeds/<network>.csv, as `train` writes them: each training with luck of its own."""
    folder.mkdir()
    chance = np.random.default_rng(3)
    held_out = split[split["split"] != "train"].sample(frac=1, random_state=2)
    for model, count in SEEDS.items():
        table = held_out[["picture", "split"]].copy()
        for seed in range(1, count + 1):
            truth = np.where(held_out["label"] == "ai", 1, -1)
            own = held_out[model] + truth * chance.normal(scale=0.4)
            table[f"seed_{seed}"] = (own + chance.normal(size=len(table))).round(3)
        table.to_csv(folder / f"{model}.csv", index=False)


def _pictures(chance: np.random.Generator) -> pd.DataFrame:
    rows = []
    for split, counts in PICTURES.items():
        for label, count in zip(("real", "ai"), counts, strict=True):
            sizes: list[int] = []
            while sum(sizes) < count:
                sizes.append(min(int(chance.choice([1, 1, 2, 4])), count - sum(sizes)))
            for number, size in enumerate(sizes):
                rows += _group(chance, split, label, number, size)
    table = pd.DataFrame(rows)
    for split in ("test", "external"):  # some groups hold both classes
        name = f"{split}-real-0"
        table.loc[table["group"] == f"{split}-ai-0", "group"] = name
    table = table.sample(frac=1, random_state=5).reset_index(drop=True)
    table["picture"] = [f"{number:03}.png" for number in chance.permutation(len(table))]
    table.loc[table.index[table["split"] == "test"][3], "cnn"] = AT
    return table


def _group(
    chance: np.random.Generator, split: str, label: str, number: int, size: int
) -> list[dict[str, object]]:
    """The rows of one group: its source, and logits that its pictures nearly share."""
    sign = 1 if label == "ai" else -1
    luck = chance.normal(size=len(MODELS)) * 1.3
    source = "elsewhere" if split == "external" else str(chance.choice(["web", "studio"]))
    rows = []
    for _ in range(size):
        noise = chance.normal(size=len(MODELS)) * 0.5
        logits = {
            model: round(float(np.clip(sign * SKILL[model][split] + one, -9.5, 15)), 1)
            for model, one in zip(MODELS, luck + noise, strict=True)
        }
        rows.append(
            {
                "label": label,
                "source": source,
                "group": f"{split}-{label}-{number}",
                "split": split,
                "view": "original",
                "drawn": "",
                "generator": str(chance.choice(["gan", "diffusion"])) if label == "ai" else "",
                "raw_format": str(chance.choice(["JPEG", "PNG"])),
                "width": int(chance.choice([200, 300, 1600])),
                "height": int(chance.choice([240, 600, 1100])),
            }
            | logits
        )
    return rows
