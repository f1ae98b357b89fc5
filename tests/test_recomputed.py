"""What `evaluate` writes, recomputed from its own predictions, and these from planted logits."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.special import expit, logit
from sklearn import metrics as sklearn_metrics

import planted
import recomputed
from planted import MODELS, Planted
from real_or_ai.conventions.labels import HELD_OUT
from real_or_ai.drawing.contact_sheet import CAPTION, CELL
from real_or_ai.stages.evaluate import EvaluateParams, plots
from real_or_ai.stages.evaluate import __main__ as evaluate
from real_or_ai.statistics import intervals

DRAWS, SEED, GALLERY = 25, 9, 17
SIDES = {"below 256": 0, "256 to 511": 256, "512 to 1023": 512, "1024 and more": 1024}


def run(made: Planted, model: str) -> None:
    evaluate.run(
        made / f"models/{model}.onnx",
        made / "pixels.npy",
        made / "split.csv",
        made / "manifest.csv",
        outs=evaluate.Outs(
            made / f"metrics/headlines/{model}.json",
            made / f"metrics/evaluate/{model}.json",
            made / f"predictions/{model}.csv",
            made / f"metrics/breakdown/{model}.csv",
            made / f"metrics/sources/{model}.csv",
            made / f"metrics/reliability/{model}.csv",
            *(made / f"plots/{kind}/{model}" for kind in plots.Folders._fields),
        ),
        params=EvaluateParams(gallery=GALLERY, seed=SEED),
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """The planted project after `evaluate`."""
    made = planted.plant(tmp_path_factory.mktemp("planted"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intervals, "DRAWS", DRAWS)
        for model in MODELS:
            run(made, model)
    return made


def predictions(made: Planted, model: str, split: str) -> pd.DataFrame:
    table = pd.read_csv(made / f"predictions/{model}.csv")
    return table[table["split"] == split].reset_index(drop=True)


def labels_of(rows: pd.DataFrame) -> np.ndarray:
    return (rows["label"] == "ai").to_numpy().astype(int)


def raw_logits(rows: pd.DataFrame, model: str) -> np.ndarray:
    """The detector's own, before its calibration."""
    slope, intercept = planted.CALIBRATIONS[model]
    return (logit(rows["score"].to_numpy()) - intercept) / slope


@pytest.mark.parametrize("model", MODELS)
def test_predictions_are_what_was_planted(made, model):
    found = pd.read_csv(made / f"predictions/{model}.csv").set_index("picture")
    wanted = made.split[made.split["split"].isin(HELD_OUT)].set_index("picture")
    assert sorted(found.index) == sorted(wanted.index)
    wanted = wanted.loc[found.index]
    for column in ("label", "source", "group", "split"):
        assert (found[column] == wanted[column]).all(), column
    scores = expit(wanted[model].round(6))
    assert found["score"].to_numpy() == pytest.approx(scores.to_numpy(), abs=1e-6)
    called = wanted[model].round(3) >= round(logit(planted.THRESHOLDS[model]), 3)
    assert ((found["called"] == "ai") == called).all()
    sure = pd.Series("unsure", found.index)
    sure[(scores <= planted.UNSURE.real_above) & (scores < planted.UNSURE.ai_below)] = "real"
    sure[(scores > planted.UNSURE.real_above) & (scores >= planted.UNSURE.ai_below)] = "ai"
    assert (found["verdict"] == sure).all()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("split", HELD_OUT)
def test_every_metric_and_interval(made, model, split):
    numbers = json.loads((made / f"metrics/evaluate/{model}.json").read_text(encoding="utf-8"))
    assert list(numbers) == list(HELD_OUT)
    rows = predictions(made, model, split)
    expected = recomputed.evaluation(rows, raw_logits(rows, model), seed=SEED, draws=DRAWS)
    if split == "test":  # what val promised
        expected["alpha"] = planted.UNSURE.alpha
    assert set(numbers[split]) == set(expected)
    for name, value in expected.items():
        assert numbers[split][name] == pytest.approx(value, abs=1e-7), name


@pytest.mark.parametrize("model", MODELS)
def test_reliability_before_and_after(made, model):
    table = pd.read_csv(made / f"metrics/reliability/{model}.csv")
    assert len(table.groupby(["split", "when"])) == len(HELD_OUT) * 2
    for split in HELD_OUT:
        rows = predictions(made, model, split)
        count = recomputed.count_bins(len(rows))
        scores = {"before": expit(raw_logits(rows, model)), "after": rows["score"].to_numpy()}
        for when, of in scores.items():
            found = table[(table["split"] == split) & (table["when"] == when)]
            means, shares = recomputed.bins(labels_of(rows), of.round(9), count)
            ends = np.array([recomputed.wilson_of(one, len(rows) / count) for one in shares])
            for name, values in {
                "score": means,
                "share_ai": shares,
                "share_ai_low": ends[:, 0],
                "share_ai_high": ends[:, 1],
                "n": np.full(count, len(rows) / count),
            }.items():
                assert found[name].to_numpy() == pytest.approx(values, abs=1e-6), (when, name)


@pytest.mark.parametrize("model", MODELS)
def test_every_source_by_itself(made, model):
    found = pd.read_csv(made / f"metrics/sources/{model}.csv")
    wanted = [
        *("roc_auc", "balanced_accuracy", "real_called_ai", "ai_called_real"),
        *("real_decided", "ai_decided", "error_of_decided"),
    ]
    told = set()
    for split in ("test", "external"):
        rows = predictions(made, model, split)
        for source, part in rows.groupby("source"):
            told.add((split, source))
            here = found[(found["split"] == split) & (found["source"] == source)]
            assert here["n"].tolist() == [len(part)]
            assert here["groups"].tolist() == [part["group"].nunique()]
            part = part.reset_index(drop=True)
            values = raw_logits(part, model)
            expected = recomputed.evaluation(part, values, seed=SEED, draws=DRAWS)
            for name in (f"{metric}{end}" for metric in wanted for end in ("", "_low", "_high")):
                (value,) = here[name]
                if name.startswith("roc_auc_") and expected.get("roc_auc") == 1:
                    assert 0 < value <= 1  # which the recomputation has no root for
                elif name in expected:
                    assert value == pytest.approx(expected[name], abs=1e-7), (source, name)
                else:
                    assert np.isnan(value), (source, name)
    assert len(told) == len(found) > 2


@pytest.mark.parametrize("model", MODELS)
def test_the_breakdown(made, model):
    found = pd.read_csv(made / f"metrics/breakdown/{model}.csv", keep_default_na=False)
    facts = pd.read_csv(made / "manifest.csv", keep_default_na=False)
    rows = pd.concat(predictions(made, model, split) for split in HELD_OUT)
    rows = rows.merge(facts.drop(columns="source"), on="picture")
    short = np.minimum(rows["width"], rows["height"])
    rows["short side"] = [
        max((name for name, least in SIDES.items() if side >= least), key=SIDES.__getitem__)
        for side in short
    ]
    rows["format"] = rows["raw_format"]
    expected = {}
    for by in ("source", "generator", "format", "short side"):
        for key, part in rows.groupby(["split", by, "label"]):
            if key[1]:
                right = (part["label"] == part["called"]).to_numpy()
                ends = recomputed.wilson(right, part["group"].to_numpy())
                expected[key[0], by, *key[1:]] = (len(part), right.mean(), *ends)
    columns = ["n", "called_rightly", "called_rightly_low", "called_rightly_high"]
    there = found.set_index(["split", "by", "value", "label"])[columns]
    assert set(there.index) == set(expected)
    for key, values in expected.items():
        assert tuple(there.loc[key]) == pytest.approx(values, abs=1e-7), key


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("split", HELD_OUT)
def test_curves_and_confusion(made, model, split):
    rows = predictions(made, model, split)
    labels, scores = labels_of(rows), rows["score"].to_numpy()
    roc = pd.read_csv(made / f"plots/roc/{model}/{split}.csv")
    fpr, tpr, thresholds = sklearn_metrics.roc_curve(labels, scores)
    assert roc["fpr"].to_numpy() == pytest.approx(fpr)
    assert roc["tpr"].to_numpy() == pytest.approx(tpr)
    assert roc["threshold"].to_numpy() == pytest.approx(np.append(1, thresholds[1:]))
    curve = pd.read_csv(made / f"plots/precision_recall/{model}/{split}.csv")
    precision, recall, _ = sklearn_metrics.precision_recall_curve(labels, scores)
    assert curve["precision"].to_numpy() == pytest.approx(precision)
    assert curve["recall"].to_numpy() == pytest.approx(recall)
    confusion = pd.read_csv(made / f"plots/confusion/{model}/{split}.csv")
    assert confusion["actual"].tolist() == rows["label"].tolist()
    assert confusion["predicted"].tolist() == rows["called"].tolist()


@pytest.mark.parametrize("split", HELD_OUT)
def test_the_gallery_frames_what_is_called_wrongly(made, split):
    """And shows each picture over its own caption: its red is the logit of the first model."""
    model = MODELS[0]
    rows = predictions(made, model, split).sort_values(
        ["label", "picture"], ascending=[False, True]
    )
    shown = rows.iloc[np.linspace(0, len(rows) - 1, GALLERY).astype(int)]
    with Image.open(made / f"plots/gallery/{model}/{split}.jpg") as opened:
        sheet = np.asarray(opened, dtype=int)
    framed, reds = [], []
    for number in range(GALLERY):
        x = 8 + number % plots.COLUMNS * (CELL + 8)
        y = 30 + number // plots.COLUMNS * (CELL + CAPTION + 8)
        red, green, _ = sheet[y - 2, x + 20 : x + 60].mean(axis=0)
        framed.append(bool(red - green > 60))
        reds.append(sheet[y + 16 : y + 32, x + 60 : x + 76, 0].mean())  # of 96 px; the cue's place
    assert framed == (shown["label"] != shown["called"]).tolist()
    values = 100 + 10 * logit(shown["score"].to_numpy())
    assert np.corrcoef(values, reds)[0, 1] > 0.95


def test_a_run_leaves_nothing_but_its_outs(made):
    outs = {"metrics", "predictions", "plots"}
    there = {path.name for path in Path(made.folder).iterdir()}
    assert there == outs | {"models", "pixels.npy", "split.csv", "manifest.csv"}
