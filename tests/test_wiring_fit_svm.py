"""That `fit_svm` fits and measures on train alone, in folds of whole groups, with its parameters.

Pictures of one group have one look and one label, which nothing else tells: folds that cut groups
score well, those that keep them whole do not. All is recomputed by scikit-learn.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    precision_recall_fscore_support,
    roc_curve,
)
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import nn

from built import svm_params
from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import ParamsError
from real_or_ai.conventions.sections import DecodeParams, FeaturesParams
from real_or_ai.networks.frozen import Frozen
from real_or_ai.stages.features import __main__ as features
from real_or_ai.stages.fit_svm import __main__ as stage

FOLDS, SEED, WIDTH = 4, 6, 24
C, GAMMA = (0.05, 3.0, 40.0), (0.002, 0.03, 0.3)
FEATURES = FeaturesParams(backbone="resnet18", weights="random", layers="last", size=32, seed=2)


@pytest.fixture
def planted(tmp_path: Path) -> SimpleNamespace:
    """features [N, WIDTH] and split: 32 groups of four, mixed over train, val and test."""
    chance = np.random.default_rng(0)
    groups = np.repeat(np.arange(32), 4)
    looks = chance.normal(size=(32, WIDTH)) * chance.uniform(0.2, 4, WIDTH)
    labels = np.array(["real", "ai"])[chance.permutation(np.arange(32) % 2)]
    features = looks[groups] + 0.3 * chance.normal(size=(128, WIDTH))
    features[:, 0] += 1.5 * (labels[groups] == "ai")
    table = pd.DataFrame(
        {
            "label": labels[groups],
            "source": np.array(["web", "press", "web", "albums"])[groups // 5 % 4],
            "group": [f"g{group}" for group in groups],
            "split": np.array(["train", "train", "val", "train", "test"])[groups % 5],
            "view": "original",
            "drawn": "",
        }
    )
    order = chance.permutation(128)
    table, features = table.iloc[order].reset_index(drop=True), features[order].astype(np.float32)
    table.insert(0, "picture", [f"{row}.png" for row in range(128)])
    tables.save(tmp_path / "split.csv", tables.SplitRow, table)
    np.savez(tmp_path / "features.npz", features=features, widths=np.array([WIDTH]))
    pixels = chance.integers(0, 255, (128, 8, 8, 3), np.uint8)
    np.save(tmp_path / "pixels.npy", pixels)
    train = table["split"] == "train"
    return SimpleNamespace(
        folder=tmp_path, features=features, split=table, pixels=pixels,
        x=features[train], y=(table["label"] == "ai")[train].to_numpy().astype(int),
        groups=table["group"][train].to_numpy(), pictures=table["picture"][train].to_numpy(),
    )  # fmt: skip


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> list[SimpleNamespace]:
    """What would be written as a detector file."""
    kept: list[SimpleNamespace] = []

    def keep(network: nn.Module, *_, examples, expected, half) -> None:
        assert not half
        kept.append(SimpleNamespace(network=network, examples=examples, expected=expected))

    monkeypatch.setattr(stage, "export", keep)
    return kept


def run(
    planted: SimpleNamespace,
    *,
    scale: bool,
    protocol: str = "grouped",
    kernel: str = "rbf",
    turns: tuple[tuple[str, ...], ...] = (),
) -> Path:
    stage.run(
        planted.folder / "features.npz",
        planted.folder / "pixels.npy",
        planted.folder / "split.csv",
        planted.folder / "svm.onnx",
        planted.folder / "fit_svm.json",
        planted.folder / "plots",
        planted.folder / "turns.csv",
        params=svm_params(kernel, C=C, gamma=GAMMA, folds=FOLDS, scale=scale, seed=SEED),
        features_params=FEATURES,
        decode=DecodeParams(size=32, delivery=None),
        min_side=32,
        protocol=protocol,
        sources_out=turns,
    )
    return planted.folder / "plots"


def searched(
    planted: SimpleNamespace, *, scale: bool, units: np.ndarray, kernel: str = "rbf"
) -> GridSearchCV:
    """The grid by scikit-learn, over folds that keep `units` whole."""
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    parts = list(folds.split(planted.x, planted.y, units))
    svm = make_pipeline(*[StandardScaler()] * scale, SVC(kernel=kernel))
    grid = {"svc__C": list(C)} | ({"svc__gamma": list(GAMMA)} if kernel == "rbf" else {})
    return GridSearchCV(svm, grid, cv=parts).fit(planted.x, planted.y)


def of_calls(labels: np.ndarray, said: np.ndarray) -> dict[str, float]:
    """Every number that the calls alone decide, by scikit-learn."""
    found = {
        "accuracy": accuracy_score(labels, said),
        "balanced_accuracy": balanced_accuracy_score(labels, said),
    }
    for name, kind in (
        ("weighted", {"average": "weighted"}),
        ("ai", {"average": "binary", "pos_label": 1}),
        ("real", {"average": "binary", "pos_label": 0}),
    ):
        values = precision_recall_fscore_support(labels, said, zero_division=0, **kind)
        for metric, value in zip(("precision", "recall", "f1"), values[:3], strict=True):
            found[f"{metric}_{name}"] = value
    return found


def nested_folds(
    planted: SimpleNamespace, search: GridSearchCV, *, scale: bool, units: np.ndarray
) -> pd.DataFrame:
    """A row a fold of the search, of what a search inside it alone would have chosen."""
    rows = []
    for inside, outside in search.cv:
        folds = StratifiedGroupKFold(3, shuffle=True, random_state=SEED)
        x, y = planted.x[inside], planted.y[inside]
        parts = list(folds.split(x, y, units[inside]))
        svm = make_pipeline(*[StandardScaler()] * scale, search.estimator.named_steps["svc"])
        own = GridSearchCV(svm, search.param_grid, cv=parts).fit(x, y)
        rows.append(of_calls(planted.y[outside], own.predict(planted.x[outside]) == 1))
    return pd.DataFrame(rows)


@pytest.mark.usefixtures("exported")
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize(
    ("protocol", "kernel"), [("grouped", "rbf"), ("paper", "rbf"), ("grouped", "linear")]
)
def test_every_number_of_folds_and_grid(planted, scale, protocol, kernel):
    plots = run(planted, scale=scale, protocol=protocol, kernel=kernel)
    units = planted.groups if protocol == "grouped" else planted.pictures
    search = searched(planted, scale=scale, units=units, kernel=kernel)
    grid = pd.read_csv(plots / "grid.csv")
    results = search.cv_results_
    assert grid["C"].tolist() == list(results["param_svc__C"])
    if kernel == "rbf":
        assert grid["gamma"].tolist() == list(results["param_svc__gamma"])
    else:
        assert list(grid) == ["C", "accuracy", "deviation"]
    assert grid["accuracy"].tolist() == pytest.approx(results["mean_test_score"].tolist())
    assert grid["deviation"].tolist() == pytest.approx(results["std_test_score"].tolist())

    decision = cross_val_predict(
        search.best_estimator_, planted.x, planted.y, cv=search.cv, method="decision_function"
    )
    roc = pd.read_csv(plots / "roc.csv")
    rows = []
    for number, (_, outside) in enumerate(search.cv, start=1):
        labels = planted.y[outside]
        rows.append({"fold": number} | of_calls(labels, decision[outside] >= 0))
        curve = roc[roc["fold"] == f"fold {number}"]
        fpr, tpr, _ = roc_curve(labels, decision[outside])
        assert curve["fpr"].tolist() == pytest.approx(fpr.tolist())
        assert curve["tpr"].tolist() == pytest.approx(tpr.tolist())
    expected = pd.DataFrame(rows)
    found = pd.read_csv(plots / "folds.csv")
    assert set(found) == set(expected)
    assert found.to_numpy() == pytest.approx(expected[list(found)].to_numpy())
    summary = json.loads((planted.folder / "fit_svm.json").read_text(encoding="utf-8"))
    chosen = {name.removeprefix("svc__"): value for name, value in search.best_params_.items()}
    assert summary["best"] == chosen
    assert summary["folds"]["count"] == FOLDS
    nested = nested_folds(planted, search, scale=scale, units=units)
    for name, metrics in (("folds", expected.drop(columns="fold")), ("nested", nested)):
        assert summary[name]["count"] == FOLDS
        assert summary[name]["mean"] == pytest.approx(metrics.mean().to_dict())
        assert summary[name]["deviation"] == pytest.approx(metrics.std(ddof=0).to_dict())


def test_folds_that_cut_groups_would_score_better(planted):
    """Else the test above could not tell them."""
    grouped, cut = (
        searched(planted, scale=True, units=units).best_score_
        for units in (planted.groups, planted.pictures)
    )
    assert cut > grouped + 0.1


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_what_is_written_was_fitted_on_train_alone(planted, exported, scale, kernel):
    run(planted, scale=scale, kernel=kernel)
    (kept,) = exported
    search = searched(planted, scale=scale, units=planted.groups, kernel=kernel)
    assert search.best_params_["svc__C"] != 1.0
    backbone, svm = kept.network
    with torch.inference_mode():
        found = svm(torch.from_numpy(planted.features)).numpy()
    expected = search.best_estimator_.decision_function(planted.features)
    assert found == pytest.approx(expected, abs=1e-5)
    val = np.flatnonzero(planted.split["split"] == "val")
    rows = [row for row in val if (planted.pixels[row] == kept.examples).all((1, 2, 3)).any()]
    assert len(rows) == len(kept.examples) > 1
    assert kept.expected == pytest.approx(expected[rows])
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert torch.equal(backbone(images), Frozen(FEATURES)(images))


@pytest.mark.usefixtures("exported")
def test_each_turn_asks_about_sources_that_were_not_learnt_from(planted):
    planted.split.loc[planted.split["group"] == "g0", "source"] = "albums"  # others of it are web's
    planted.split.loc[planted.split.index[planted.split["group"] == "g0"][:2], "source"] = "web"
    tables.save(planted.folder / "split.csv", tables.SplitRow, planted.split)
    run(planted, scale=True, turns=(("albums", "press"), ("web",)))
    found = tables.read(planted.folder / "turns.csv")
    best = json.loads((planted.folder / "fit_svm.json").read_text(encoding="utf-8"))["best"]
    expected = []
    for out in (["albums", "press"], ["web"]):
        split = planted.split
        asked = split["source"].isin(out) & split["split"].isin(["train", "val"])
        own = (split["split"] == "train") & ~split["group"].isin(split["group"][asked])
        assert own.sum() > 20
        svm = make_pipeline(StandardScaler(), SVC(**best))
        svm.fit(planted.features[own], split["label"][own] == "ai")
        said = svm.decision_function(planted.features[asked])
        expected.append(split[asked][["picture", "label", "source"]].assign(logit=said))
    expected = pd.concat(expected)
    assert list(found) == list(expected)
    assert found["picture"].tolist() == expected["picture"].tolist()
    assert found["source"].tolist() == expected["source"].tolist()
    assert found["logit"].to_numpy() == pytest.approx(expected["logit"].to_numpy())


@pytest.mark.usefixtures("exported")
@pytest.mark.parametrize(
    ("turns", "sentence"),
    [
        ((("press",), ("zoo", "press")), "no picture of zoo is in train or val, where those of al"),
        ((("albums", "press", "web"),), "without albums, press, web there is nothing ai in train"),
    ],
)
def test_turns_that_cannot_be_are_one_sentence(planted, turns, sentence):
    with pytest.raises(ParamsError, match=f"calibrate.turns: {sentence}"):
        run(planted, scale=True, turns=turns)


@pytest.mark.usefixtures("exported")
def test_without_turns_their_table_is_empty(planted):
    run(planted, scale=True)
    lines = (planted.folder / "turns.csv").read_text(encoding="utf-8").splitlines()
    assert lines == ["picture,label,source,logit"]


def test_features_are_the_networks_of_this_seed_and_size(tmp_path):
    asked = FEATURES.model_copy(update={"size": 40, "seed": 7})
    # More than are resized at a time.
    pixels = np.random.default_rng(3).integers(0, 255, (9, 32, 32, 3), np.uint8)
    np.save(tmp_path / "pixels.npy", pixels)
    features.run(tmp_path / "pixels.npy", tmp_path / "features.npz", asked)
    found = np.load(tmp_path / "features.npz")["features"]
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    images = torch.nn.functional.interpolate(images, 40, mode="bilinear", antialias=True)
    with torch.inference_mode():
        expected = Frozen(asked)(images * 2 - 1).numpy()
    assert np.abs(found - expected).max() < 1e-3 * np.abs(expected).max()
