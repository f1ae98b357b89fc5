"""Measures how well detectors do that learnt from few pictures: how many are worth starting with.

    python -m benchmarks.learning_curve FOLDER SOURCE ELSEWHERE    # writes learning_curve.json

FOLDER is a raw folder, SOURCE one of its sources, from which is learnt, ELSEWHERE another, which is
only tested on. Sizes, epochs and the grid are those of params.yaml, the ResNet-18's weights random.

Prepared and stored once by the stages' own code, one picture of each group. Each repeat draws
TESTED pictures of each class apart, the same for all sizes, and of the others the pictures to learn
from; val takes its share of them, as `split` does. What the first FEW of those tested say stands
beside what all say: how little a small test set tells.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks import learnt
from benchmarks.measuring import Row, write
from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Floats, Labels
from real_or_ai.conventions.labels import AI, REAL
from real_or_ai.conventions.params import load, read
from real_or_ai.experiments.parameters import Parameters
from real_or_ai.stages.features import __main__ as features
from real_or_ai.stages.fit_svm import FitSvmParams
from real_or_ai.stages.fit_svm.svm import Asked
from real_or_ai.stages.split import SplitParams
from real_or_ai.stages.train.batches import Batches
from real_or_ai.statistics import intervals, metrics

LEARNT = (25, 50, 100, 200, 250)  # pictures of each class, those of val among them
TESTED, FEW = 100, 30  # of each class; 30 is what params.yaml asks for
REPEATS = 10

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Run:
    """A model that learnt from n pictures of each class, of one draw."""

    model: str
    n: int
    seed: int
    auc: dict[str, list[float]]  # where tested -> ROC AUC, and the ends of its 95 % interval


def main() -> None:
    folder, source, elsewhere = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        at = Path(name)
        for one in (source, elsewhere):
            shutil.copytree(Path(folder, one), at / "raw" / one)
        pixels, x, labels, sources = stored(at)
        home, away = (np.flatnonzero(sources == one) for one in (source, elsewhere))
        found = []
        for repeat in range(1, REPEATS + 1):
            for run in every_size(pixels, x, labels, home=home, away=away, seed=repeat):
                print(run, flush=True)
                found.append(run)
    there = {one: counts(labels[rows]) for one, rows in (("home", home), ("elsewhere", away))}
    share = load(SplitParams, "split").val
    about = {"tested": TESTED, "few": FEW, "val": share, "repeats": REPEATS, **there}
    runs = [asdict(run) for run in found]
    write("learning_curve", {**about, "rows": summed_up(found), "runs": runs})


def stored(at: Path) -> tuple[NDArray[np.uint8], NDArray[np.float32], Labels, NDArray[np.str_]]:
    """Pixels, features, labels and sources of one picture of each group of the folder `at`/raw."""
    params = Parameters.of(read())
    pictures = learnt.pictures(at / "raw", at, params)
    resnet = params.features.model_copy(update={"weights": "random"})
    features.run(at / "pixels.npy", at / "features.npz", resnet)
    _, first = np.unique(pictures["group"], return_index=True)
    first.sort()
    return (
        np.load(at / "pixels.npy")[first],
        np.load(at / "features.npz")["features"][first],
        tables.label_indices(pictures)[first],
        pictures["source"].to_numpy(str)[first],
    )


def every_size(
    pixels: NDArray[np.uint8],
    x: NDArray[np.float32],
    labels: Labels,
    *,
    home: Rows,
    away: Rows,
    seed: int,
) -> Iterator[Run]:
    """A run a model and size, of one draw of pictures; home, away: rows of either source."""
    chance = np.random.default_rng(seed)
    drawn = [chance.permutation(home[labels[home] == label]) for label in (REAL, AI)]
    few = np.concatenate([own[:FEW] for own in drawn])
    test = np.concatenate([few, *(own[FEW:TESTED] for own in drawn)])
    parts = {
        "test": slice(None, len(test)),
        "few": slice(None, len(few)),
        "elsewhere": slice(len(test), None),
    }
    share = load(SplitParams, "split").val
    for n in LEARNT:
        kept = round(share * n)
        ours = [own[TESTED : TESTED + n] for own in drawn]
        if min(map(len, ours)) < n:
            raise SystemExit(f"{TESTED} and {n} pictures of each class are more than there are")
        val = np.concatenate([own[:kept] for own in ours])
        train = np.concatenate([own[kept:] for own in ours])
        tested = np.concatenate([test, away])
        for model, scores in (
            ("lenet5", by_lenet5(pixels, labels, train, val, tested, seed)),
            ("svm", by_svm(x, labels, train, tested)),
        ):
            found = {name: auc(labels[tested[at]], scores[at]) for name, at in parts.items()}
            yield Run(model, n, seed, found)


def by_svm(x: NDArray[np.float32], labels: Labels, train: Rows, tested: Rows) -> Floats:
    """Decision values of `tested` as fit_svm makes them: by the best of the grid over folds."""
    alone = np.zeros(len(labels), np.intp)
    alone[train] = np.arange(len(train))  # each picture is its own group
    asked = Asked(load(FitSvmParams, "fit_svm"), (x.shape[1],))
    fitted = learnt.svm(x, labels, alone.astype(str), train, asked)
    return np.asarray(fitted.decision_function(x[tested]), np.float64)


def by_lenet5(
    pixels: NDArray[np.uint8], labels: Labels, train: Rows, val: Rows, tested: Rows, seed: int
) -> Floats:
    """Logits of ai of `tested` after the training that the stage does, with a seed of its own."""
    batches = Batches(pixels, labels, torch.device("cpu"))
    logits = learnt.network("lenet5", batches, train, val, Parameters.of(read()), seed)
    return logits(batches, tested)


def auc(labels: Labels, scores: Floats) -> list[float]:
    """ROC AUC and the ends of its 95 % interval."""
    value = metrics.auc_pull(labels, scores)[0]
    ends = intervals.auc_interval(labels, scores, np.arange(len(labels)).astype(str))
    return [round(float(one), 4) for one in (value, *ends)]


def summed_up(found: list[Run]) -> list[Row]:
    """A row a model and size: the middle repeat with its interval, the lowest and the highest."""
    rows: list[Row] = []
    for model, n in dict.fromkeys((run.model, run.n) for run in found):
        own = [run.auc for run in found if (run.model, run.n) == (model, n)]
        row: Row = {"model": model, "n": n}
        for where in own[0]:
            repeats = sorted(one[where] for one in own)
            middle = repeats[(len(repeats) - 1) // 2]
            row[where] = {"middle": middle, "lowest": repeats[0][0], "highest": repeats[-1][0]}
        rows.append(row)
    return rows


def counts(labels: Labels) -> dict[str, int]:
    return {"real": int((labels == REAL).sum()), "ai": int((labels == AI).sum())}


if __name__ == "__main__":
    main()
