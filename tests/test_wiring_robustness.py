"""That `robustness` changes pictures before they are delivered, and measures each detector's own.

The detectors read one place of the delivered square, so every logit follows from its pixels.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.special import expit
from sklearn import metrics

import recomputed
import toy_detector
from conftest import encoded
from real_or_ai.conventions import tables
from real_or_ai.conventions.sections import Delivery
from real_or_ai.pictures.delivery import deliver
from real_or_ai.registry import DETECTORS
from real_or_ai.stages.robustness import RobustnessParams
from real_or_ai.stages.robustness import __main__ as stage
from real_or_ai.stages.robustness.perturbations import CORNERS, PERTURBATIONS, perturbed
from real_or_ai.statistics import intervals

DRAWS, SEED, PICTURES = 25, 3, 20
ALIKE = Delivery(short_side=64, jpeg_quality=60)
# Of each model, in the order of red, green and blue, which they read: delivery and threshold.
MODELS = dict(zip(DETECTORS, [(None, 0.45), (ALIKE, 0.7), (ALIKE, 0.3)], strict=True))


def planted(folder: Path) -> tuple[pd.DataFrame, dict[str, Image.Image]]:
    """split.csv, pictures and detectors: 24 pictures of test, 20 of external, four of train."""
    chance = np.random.default_rng(4)
    rows, images = [], {}
    for number in range(48):
        split = "test" if number % 2 else ("train" if number < 8 else "external")
        label = ("real", "ai")[number // 4 % 2]
        name = f"{chance.integers(10**6):06}.png"
        level = 95 + 12 * (label == "ai") + chance.normal(0, 12)
        pixels = chance.normal(level, 45, size=(15, 19, 3)).repeat(8, axis=0).repeat(8, axis=1)
        pixels += chance.normal(0, 25, size=pixels.shape)
        images[name] = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        (folder / "prepared").mkdir(parents=True, exist_ok=True)
        (folder / "prepared" / name).write_bytes(encoded(images[name]))
        group = f"{split}-{label}-{number // 16}"
        rows.append([name, label, "web", group, split, "original", ""])
    split = pd.DataFrame(rows, columns=list(tables.columns(tables.SplitRow)))
    tables.save(folder / "split.csv", tables.SplitRow, split)
    (folder / "models").mkdir()
    for channel, (model, (delivery, threshold)) in enumerate(MODELS.items()):
        about = toy_detector.describe(model=model, delivery=delivery, threshold=threshold)
        toy_detector.write(folder / f"models/{model}.onnx", about, channel=channel)
    return split, images


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """(split, images, robustness.json, robustness.csv)."""
    folder = tmp_path_factory.mktemp("robustness")
    split, images = planted(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intervals, "DRAWS", DRAWS)
        stage.run(
            folder / "models",
            folder / "prepared",
            folder / "split.csv",
            folder / "robustness.json",
            folder / "plots",
            params=RobustnessParams(pictures=PICTURES, seed=SEED),
        )
    numbers = json.loads((folder / "robustness.json").read_text(encoding="utf-8"))
    return split, images, numbers, pd.read_csv(folder / "plots/robustness.csv")


def chosen(split: pd.DataFrame, name: str) -> pd.DataFrame:
    rows = split[split["split"] == name].sort_values(["label", "picture"])
    if len(rows) <= PICTURES:
        return rows
    return rows.iloc[np.linspace(0, len(rows) - 1, PICTURES).round().astype(int)]


def read_off(square: np.ndarray, channel: int) -> float:
    value = square[(*toy_detector.CUE, channel)].astype(float).mean()
    return toy_detector.WEIGHT * (value - 100)


def scores(rows: pd.DataFrame, images, channel: int, delivery) -> dict[str, np.ndarray]:
    """Variant -> scores [N], each picture changed, then delivered; corners hidden after."""
    found: dict[str, list[float]] = {}
    for name in rows["picture"]:
        for variant, changed in perturbed(images[name], name, SEED):
            square = deliver(changed, delivery, toy_detector.SIDE)
            found.setdefault(variant, []).append(read_off(square, channel))
        square = deliver(images[name], delivery, toy_detector.SIDE)
        quarter = toy_detector.SIDE // 4
        for corner in CORNERS:
            hidden = square.copy()
            ys = slice(quarter) if "top" in corner else slice(-quarter, None)
            xs = slice(quarter) if "left" in corner else slice(-quarter, None)
            hidden[ys, xs] = np.rint(square.mean(axis=(0, 1)))
            found.setdefault(corner, []).append(read_off(hidden, channel))
    return {variant: expit(np.array(logits)) for variant, logits in found.items()}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", ["test", "external"])
def test_every_number_of_every_change(run, name, model):
    split, images, numbers, _ = run
    delivery, threshold = MODELS[model]
    rows = chosen(split, name)
    labels, groups = (rows["label"] == "ai").to_numpy().astype(int), rows["group"].to_numpy()
    found = scores(rows, images, list(MODELS).index(model), delivery)
    assert list(numbers[model][name]) == [*PERTURBATIONS, *CORNERS]
    before = found["none"]
    drawn = list(recomputed.resampled(groups, SEED, DRAWS))
    for variant, after in found.items():
        called = after >= threshold
        ends, arms = recomputed.newcombe(labels, after, groups), []
        shares = []
        for label in (0, 1):
            right = (called == labels)[labels == label]
            low, high = recomputed.wilson(right, groups[labels == label])
            arms.append((right.mean() - low, high - right.mean()))
            shares.append(right.mean())
        below, above = (np.hypot(*one) / 2 for one in zip(*arms, strict=True))
        middle = np.mean(shares)
        expected = {
            "n": min(PICTURES, (split["split"] == name).sum()),
            **recomputed.figure("roc_auc", metrics.roc_auc_score(labels, after), ends),
            **recomputed.figure("balanced_accuracy", middle, (middle - below, middle + above)),
        }
        if variant in CORNERS:
            expected |= moved(labels, (after, before), threshold, groups, drawn)
        assert set(numbers[model][name][variant]) == set(expected)
        for metric, value in expected.items():
            told = numbers[model][name][variant][metric]
            assert told == pytest.approx(value, abs=1e-5), (variant, metric)


def moved(labels, both, threshold, groups, drawn) -> dict[str, float]:
    """What hiding a corner changed."""
    after, before = both
    other = (after >= threshold) != (before >= threshold)
    distance = np.abs(after - before)
    changes = [
        metrics.roc_auc_score(labels[rows], after[rows])
        - metrics.roc_auc_score(labels[rows], before[rows])
        for rows in drawn
        if len(set(labels[rows])) == 2
    ]
    auc = metrics.roc_auc_score(labels, after) - metrics.roc_auc_score(labels, before)
    means = [distance[rows].mean() for rows in drawn]
    return {
        **recomputed.figure("share_other_call", other.mean(), recomputed.wilson(other, groups)),
        **recomputed.figure("score_change", distance.mean(), recomputed.percentiles(means)),
        **recomputed.figure("roc_auc_change", auc, recomputed.percentiles(changes)),
    }


def test_the_table_holds_the_same_numbers(run):
    _, _, numbers, table = run
    assert len(table) == len(MODELS) * 2 * len([*PERTURBATIONS, *CORNERS])
    for row in table.to_dict("records"):
        own = numbers[row["model"]][row["split"]][row["variant"]]
        assert {name: row[name] for name in own} == pytest.approx(own)


def test_without_an_external_source_there_is_test_alone_and_no_complaint(tmp_path, capsys):
    split, _ = planted(tmp_path)
    own = split[split["split"] != "external"]
    tables.save(tmp_path / "split.csv", tables.SplitRow, own)
    stage.run(
        tmp_path / "models",
        tmp_path / "prepared",
        tmp_path / "split.csv",
        tmp_path / "robustness.json",
        tmp_path / "plots",
        params=RobustnessParams(pictures=20, seed=SEED),
    )
    numbers = json.loads((tmp_path / "robustness.json").read_text(encoding="utf-8"))
    assert {tuple(of) for of in numbers.values()} == {("test",)}
    assert "external" not in capsys.readouterr().out
