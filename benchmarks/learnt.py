"""What benchmarks learn outside the pipeline, by the stages' own code."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Floats, Groups, Labels
from real_or_ai.experiments.parameters import Parameters
from real_or_ai.stages.decode import __main__ as decode
from real_or_ai.stages.fit_svm import grid_search
from real_or_ai.stages.fit_svm.svm import Asked
from real_or_ai.stages.prepare import __main__ as prepare
from real_or_ai.stages.split.grouping import grouped
from real_or_ai.stages.train.batches import Batches
from real_or_ai.stages.train.checkpoint import Checkpoint
from real_or_ai.stages.train.fitting import fit
from real_or_ai.stages.train.network import find
from real_or_ai.stages.train.seeds import held_out_logits
from real_or_ai.statistics import folds

Rows = NDArray[np.intp]


def pictures(raw: Path, into: Path, params: Parameters) -> pd.DataFrame:
    """The manifest of a raw folder with each picture's group; pixels.npy stands in `into`."""
    none = into / "overrides.csv"
    none.write_text("raw,action\n", encoding="utf-8")
    prepare.run(
        raw, none, into / "prepared", into / "prepare.json",
        params=params.prepare, strengths=params.train.augmentation,
    )  # fmt: skip
    decode.run(into / "prepared", into / "pixels.npy", params.decode)
    manifest = tables.read(into / "prepared" / "manifest.csv")
    members = grouped(manifest, params.split.max_distance)
    return manifest.assign(group=[member.group for member in members])


def svm(
    x: NDArray[np.float32], labels: Labels, groups: Groups, train: Rows, asked: Asked
) -> Pipeline:
    """The best of the grid over grouped folds, fitted on the rows `train` of features [N, K]."""
    x, y, params = x[train], labels[train], asked.params
    parts = folds.grouped(y, groups[train], params.folds, params.seed, asked_by="fit_svm.folds")
    best = grid_search.best(grid_search.accuracies(x, y, parts, asked), params)
    return asked.pipeline().set_params(**best.of_pipeline).fit(x, y)


def network(
    model: str, batches: Batches, train: Rows, val: Rows, params: Parameters, seed: int
) -> Callable[[Batches, Rows], Floats]:
    """Trains as the stage does; what comes back gives the logits of ai of rows of any batches."""
    of: Any = getattr(params.train, model)
    torch.manual_seed(seed)
    built, side = find(model).build(of)
    with tempfile.TemporaryDirectory() as name:
        fit(
            built, batches, train=train, val=val, size=side, params=of,
            augmentation=params.train.augmentation, device=torch.device("cpu"), seed=seed,
            checkpoint=Checkpoint(Path(name, "checkpoint.pt"), {}),
        )  # fmt: skip
    return partial(held_out_logits, built, size=side, batch_size=of.batch_size)
