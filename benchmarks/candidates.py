"""Measures candidates for a detector of photographs by the yardstick of docs/LOG.md.

    python -m benchmarks.candidates COLLECTION EXTERNAL [NAME ...]    # into candidates.json

COLLECTION is the raw folder that is learnt from, whose FOLDS of sources are left out in turn;
EXTERNAL one that chooses nothing: what learnt from the whole collection is tested on it once. NAMES
are of CANDIDATES; what candidates.json says of others stands.

Prepared, delivered, made features of and trained on by the stages' own code.
"""

import datetime
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks import learnt
from benchmarks.measuring import ROOT, Row, machine, write
from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Floats, Labels
from real_or_ai.conventions.labels import AI, REAL
from real_or_ai.conventions.params import read
from real_or_ai.detector_file.session import score_of
from real_or_ai.experiments import made
from real_or_ai.experiments.parameters import Parameters
from real_or_ai.experiments.set_params import changed
from real_or_ai.stages.audit import cues
from real_or_ai.stages.audit.nulls import thumbnail_svm
from real_or_ai.stages.calibrate.cuts import best_threshold
from real_or_ai.stages.features import __main__ as features
from real_or_ai.stages.fit_svm.svm import Asked
from real_or_ai.stages.train.batches import Batches
from real_or_ai.statistics import intervals, metrics

FOLDS = (
    ("realorai",),
    ("realorai-pairs",),
    ("dreambooth", "sdnext", "comfyui-examples"),
    ("cq100", "pop-os", "gpt4o-gallery", "gpt-image-2-gallery"),
    ("cameras", "nano-banana-gallery", "kolors", "sd-cpp"),
)
VAL = 0.15  # share of the groups that are trained on
# What all have in common, and what each is: changes of params.yaml.
COMMON = {"prepare.protocol": "grouped", "decode.size": "256"}
_LITE0 = {
    "features.backbone": "efficientnet_lite0",
    "features.weights": "imagenet",
    "features.size": "256",
}
_COMPONENTS = {"fit_svm.components": "128"}
_KERNELS = _COMPONENTS | {
    "fit_svm.kernel": "rbf_of_layers",
    "fit_svm.C": "[1.0,3.0,10.0]",
    "fit_svm.gamma": "[0.5,1.0,2.0]",
}
_TUNED = {
    "train.cnn.trunk": "efficientnet_lite0",
    "train.cnn.weights": "imagenet",
    "train.cnn.size": "160",
    "train.cnn.schedule": "one_cycle",
    "train.cnn.epochs": "4",
    "train.augmentation.drawn": "each",
    "train.augmentation.operations": "[flip,crop]",
    "train.augmentation.crop_scale": "0.4",
}
CANDIDATES: dict[str, tuple[str, Mapping[str, str]]] = {
    "thumbnail": ("thumbnail", {}),  # the audit's null: an RBF SVM that sees 8x8 pixels
    "lenet5": ("lenet5", {}),
    "cnn": ("cnn", {"train.cnn.size": "64"}),
    "resnet18-random": ("svm", {"features.size": "224"}),
    "lite0-last": ("svm", _LITE0),
    "lite0-last-linear": (
        "svm",
        _LITE0 | {"fit_svm.kernel": "linear", "fit_svm.C": "[0.0001,0.001,0.01]"},
    ),
    "lite0-mid": ("svm", _LITE0 | {"features.layers": "[8,16,32]"}),
    "lite0-8-16": ("svm", _LITE0 | {"features.layers": "[8,16]"}),
    "lite0-4-8-16": ("svm", _LITE0 | {"features.layers": "[4,8,16]"} | _COMPONENTS),
    "lite0-mid-last": ("svm", _LITE0 | {"features.layers": "[8,16,32,last]"} | _COMPONENTS),
    "lite0-kernels": ("svm", _LITE0 | {"features.layers": "[8,16,32]"} | _KERNELS),
    "lite0-kernels-last": ("svm", _LITE0 | {"features.layers": "[8,16,32,last]"} | _KERNELS),
    "lite0-tuned": ("cnn", _TUNED),
    "lite0-tuned-redelivered": ("cnn", _TUNED | {"train.augmentation.redelivered": "0.7"}),
    "lite0-tuned-gently": (
        "cnn",
        _TUNED
        | {
            "train.augmentation.redelivered": "0.7",
            "train.cnn.learning_rate": "0.0001",
            "train.cnn.epochs": "2",
        },
    ),
}

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Stored:
    """Prepared pictures of a raw folder, delivered alike: pixels.npy and a row each."""

    folder: Path
    rows: pd.DataFrame  # columns picture, label, source, group

    @property
    def labels(self) -> Labels:
        return tables.label_indices(self.rows)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        pixels: NDArray[np.uint8] = np.load(self.folder / "pixels.npy", mmap_mode="c")
        return pixels


# Rows of training and val of the collection -> logits of its rows, and of all external ones.
Scorer = Callable[[Rows, Rows], tuple[Floats, Floats]]


def main() -> None:
    collection, external, *names = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        known = stored(Path(collection), Path(folder, "known"))
        other = stored(Path(external), Path(folder, "other"))
        for name in names or CANDIDATES:
            begun = time.monotonic()
            model, changes = CANDIDATES[name]
            params = Parameters.of(changed(read(ROOT / "params.yaml"), {**COMMON, **changes}))
            scorer = {"svm": by_svm, "thumbnail": by_thumbnail}.get(model) or by_network(model)
            found = measured(scorer(params, known, other), known, other, params.split.seed)
            keep(name, found | {"changes": dict(changes), "minutes": minutes(begun)})


def stored(raw: Path, into: Path) -> Stored:
    """The pictures of a raw folder as `prepare` and `decode` make them."""
    into.mkdir()
    params = Parameters.of(changed(read(ROOT / "params.yaml"), COMMON))
    return Stored(into, learnt.pictures(raw, into, params))


def by_svm(params: Parameters, known: Stored, other: Stored) -> Scorer:
    """The best SVM of the grid on a frozen network's features, as `fit_svm` chooses it."""
    x = []
    for one in (known, other):
        features.run(one.folder / "pixels.npy", one.folder / "features.npz", params.features)
        made = np.load(one.folder / "features.npz")
        x.append(made["features"])
    asked = Asked(params.fit_svm, tuple(made["widths"].tolist()))
    y, groups = known.labels, known.rows["group"].to_numpy(str)

    def scored(train: Rows, _: Rows) -> tuple[Floats, Floats]:
        fitted = learnt.svm(x[0], y, groups, train, asked)
        own, others = (np.asarray(fitted.decision_function(one), np.float64) for one in x)
        return own, others

    return scored


def by_thumbnail(_: Parameters, known: Stored, other: Stored) -> Scorer:
    """The SVM on 8x8 thumbnails that `audit` measures."""
    x = [
        np.stack([cues.thumbnail(Image.fromarray(one)) for one in part.pixels])
        for part in (known, other)
    ]

    def scored(train: Rows, _: Rows) -> tuple[Floats, Floats]:
        svm = thumbnail_svm().fit(x[0][train], known.labels[train])
        own, others = (np.asarray(svm.decision_function(one), np.float64) for one in x)
        return own, others

    return scored


def by_network(model: str) -> Callable[[Parameters, Stored, Stored], Scorer]:
    """A network trained as `train` does, with the first of its seeds."""

    def scorer(params: Parameters, known: Stored, other: Stored) -> Scorer:
        of: Any = getattr(params.train, model)
        device = torch.device("cpu")
        batches, elsewhere = (Batches(one.pixels, one.labels, device) for one in (known, other))

        def scored(train: Rows, val: Rows) -> tuple[Floats, Floats]:
            logits = learnt.network(model, batches, train, val, params, of.seeds[0])
            return (
                logits(batches, np.arange(len(known.rows))),
                logits(elsewhere, np.arange(len(other.rows))),
            )

        return scored

    return scorer


def measured(scorer: Scorer, known: Stored, other: Stored, seed: int) -> Row:
    """Of each fold that is left out, and of each external source: what `told` says."""
    sources = known.rows["source"].to_numpy(str)
    left_out = []
    for fold in FOLDS:
        away = np.isin(sources, fold)
        if not away.any():
            raise SystemExit(f"the collection lacks {', '.join(fold)}")
        train, val = parted(known, np.flatnonzero(~away), seed)
        logits, _ = scorer(train, val)
        cut = best_threshold(score_of(logits[val]), known.labels[val])
        left_out.append({"sources": list(fold)} | told(known, np.flatnonzero(away), logits, cut))
        print(left_out[-1], flush=True)
    train, val = parted(known, np.arange(len(sources)), seed)
    logits, others = scorer(train, val)
    cut = best_threshold(score_of(logits[val]), known.labels[val])
    external = []
    for source, rows in other.rows.groupby("source"):
        external.append({"source": source} | told(other, rows.index.to_numpy(), others, cut))
        print(external[-1], flush=True)
    return {"val": told(known, val, logits, cut), "left_out": left_out, "external": external}


def parted(known: Stored, rows: Rows, seed: int) -> tuple[Rows, Rows]:
    """Train and val: whole groups."""
    groups = known.rows["group"].to_numpy(str)[rows]
    names = np.random.default_rng(seed).permutation(np.unique(groups))
    kept = np.isin(groups, names[: round(VAL * len(names))])
    return rows[~kept], rows[kept]


def told(of: Stored, rows: Rows, logits: Floats, cut: float) -> Row:
    """n, ROC AUC, balanced accuracy at the score `cut`, with 95 % intervals over groups."""
    labels, groups = of.labels[rows], of.rows["group"].to_numpy(str)[rows]
    right = (score_of(logits[rows]) >= cut) == (labels == AI)
    balanced = np.mean([right[labels == label].mean() for label in (REAL, AI)])
    auc = metrics.auc_pull(labels, logits[rows])[0]
    found: Row = {"n": len(rows)}
    for name, value, ends in (
        ("roc_auc", auc, intervals.auc_interval(labels, logits[rows], groups)),
        ("balanced_accuracy", balanced, intervals.balanced_interval(labels, right, groups)),
    ):
        found[name] = [round(float(one), 4) for one in (value, *ends)]
    return found


def keep(name: str, found: Row) -> None:
    """Puts it beside what candidates.json says of others."""
    path = ROOT / "benchmarks" / "candidates.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["candidates"] if path.is_file() else {}
    code = made.code(ROOT)
    found |= {"date": str(datetime.date.today()), **made.told(code, code), "machine": machine()}
    write("candidates", {"candidates": rows | {name: found}})


def minutes(begun: float) -> float:
    return round((time.monotonic() - begun) / 60, 1)


if __name__ == "__main__":
    main()
