"""What one small run of the whole pipeline leaves behind."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import onnx
import pandas as pd
import pytest
from PIL import Image

from real_or_ai import card_text
from real_or_ai.check.detector import Detector
from real_or_ai.conventions import labels, tables
from real_or_ai.conventions.errors import DetectorError, SplitError, UserError
from real_or_ai.detector_file.session import Session, score_of
from real_or_ai.experiments.parameters import Parameters
from real_or_ai.pictures.decoding import decode as decode_image
from real_or_ai.pictures.delivery import deliver
from real_or_ai.registry import DETECTORS, NETWORKS
from real_or_ai.stages.calibrate import __main__ as calibrate
from real_or_ai.stages.compare import __main__ as compare
from real_or_ai.stages.compare import writeup
from real_or_ai.stages.compare.cells import cell
from real_or_ai.stages.compare.in_words import in_words
from real_or_ai.stages.evaluate import __main__ as evaluate
from real_or_ai.stages.evaluate.plots import Folders
from real_or_ai.stages.fit_svm import cross_validation
from real_or_ai.stages.sample import plan
from real_or_ai.stages.split import __main__ as split
from real_or_ai.stages.split import grouping, splitting
from real_or_ai.stages.train import __main__ as train
from real_or_ai.statistics import folds

MODELS = tuple(DETECTORS)


def outs_below(folder, model):
    """Where the stage `evaluate` writes, as in the pipeline."""
    return evaluate.Outs(
        folder / f"metrics/headlines/{model}.json",
        folder / f"metrics/evaluate/{model}.json",
        folder / f"predictions/{model}.csv",
        folder / f"metrics/breakdown/{model}.csv",
        folder / f"metrics/sources/{model}.csv",
        folder / f"metrics/reliability/{model}.csv",
        *(folder / f"plots/{kind}/{model}" for kind in Folders._fields),
    )


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_raw_file_is_accounted_for(small):
    kept = tables.read(small / "prepared/manifest.csv")
    rejected = tables.read(small / "prepared/rejected.csv")
    raws = {plan.draw(one)[0] for one in plan.plan(48, seed=1)}
    assert set(kept["raw"]) | set(rejected["raw"]) == raws
    assert not set(kept["raw"]) & set(rejected["raw"])
    assert "excluded by a person" in set(rejected["reason"])


def test_the_split_has_its_sizes_and_no_leaks(small):
    table = tables.read(small / "split.csv")
    assert tuple(table.columns) == tables.columns(tables.SplitRow)
    sizes = Counter(zip(table["split"], table["label"], strict=True))
    assert sizes["test", "real"] == sizes["test", "ai"] == 5
    assert set(table.loc[table["split"] == "external", "source"]) == {"elsewhere"}
    assert (table.groupby("group")["split"].nunique() == 1).all()
    tiles = tables.read(small / "prepared/manifest.csv").merge(table, on="picture")
    assert (tiles[tiles["tile"] != ""].groupby("raw")["group"].nunique() == 1).all()
    assert (tiles["tile"] != "").any()


def test_data_json_counts_what_the_tables_hold(small):
    data = read_json(small / "metrics/data.json")
    table = tables.read(small / "split.csv")
    assert sum(data["raw"][label] for label in labels.LABELS) == 48
    for name in labels.SPLITS:
        for label in labels.LABELS:
            count = ((table["split"] == name) & (table["label"] == label)).sum()
            assert data["split"][name][label] == count
            by_source = data["split"][name]["by_source"].values()
            assert sum(one[label] for one in by_source) == count
    assert data["rejected"]["excluded by a person"] == {
        "n": 1,
        "real": 1,
        "ai": 0,
        "by_source": {"web": {"n": 1, "real": 1, "ai": 0}},
    }


def test_pixels_are_the_delivered_pictures_in_order(small):
    kept = tables.read(small / "prepared/manifest.csv")
    pixels = np.load(small / "pixels.npy")
    params = Parameters.of(small.values).decode
    assert pixels.shape == (len(kept), 48, 48, 3)
    assert pixels.dtype == np.uint8
    for row in (0, len(kept) // 2, len(kept) - 1):
        data = (small / "prepared" / kept["picture"][row]).read_bytes()
        image = decode_image(data, 10**8).image
        assert np.array_equal(pixels[row], deliver(image, params.delivery, 48))


@pytest.mark.parametrize("model", MODELS)
def test_what_dvc_compares_is_a_dozen_numbers(small, model):
    headlines = read_json(small / f"metrics/headlines/{model}.json")[model]
    numbers = read_json(small / f"metrics/evaluate/{model}.json")
    assert list(headlines) == list(labels.HELD_OUT)
    assert sum(map(len, headlines.values())) == 12
    for held_out, of_split in headlines.items():
        assert of_split == {name: numbers[held_out][name] for name in of_split}
        assert not any(name.endswith(("_low", "_high")) for name in of_split)


@pytest.mark.parametrize("model", MODELS)
def test_metrics_follow_from_the_predictions(small, model):
    numbers = read_json(small / f"metrics/evaluate/{model}.json")
    predictions = tables.read(small / f"predictions/{model}.csv")
    assert tuple(predictions.columns) == tables.columns(tables.PredictionRow)
    assert list(numbers) == list(labels.HELD_OUT)
    for name, split_numbers in numbers.items():
        rows = predictions[predictions["split"] == name]
        assert split_numbers["n"] == len(rows)
        assert split_numbers["accuracy"] == pytest.approx((rows["label"] == rows["called"]).mean())
        assert all(isinstance(value, (int, float)) for value in split_numbers.values())
        exact = {"n", "groups", "group_size", "n_decided", "alpha", "ece"}
        for metric in {key.removesuffix("_low").removesuffix("_high") for key in split_numbers}:
            if metric not in exact:
                low, high = split_numbers[f"{metric}_low"], split_numbers[f"{metric}_high"]
                assert low <= split_numbers[metric] <= high, (name, metric)


@pytest.mark.parametrize("model", MODELS)
def test_verdicts_and_what_they_come_to(small, model):
    numbers = read_json(small / f"metrics/evaluate/{model}.json")
    predictions = tables.read(small / f"predictions/{model}.csv")
    fitted = read_json(small / f"metrics/calibrate/{model}.json")
    for split_name, found in numbers.items():
        rows = predictions[predictions["split"] == split_name]
        real = rows[rows["label"] == "real"]
        promised = {"alpha": fitted["alpha"]} if split_name == "test" else {}
        assert {key: value for key, value in found.items() if key == "alpha"} == promised
        assert found["real_called_ai"] == pytest.approx((real["verdict"] == "ai").mean())
        assert found["real_decided"] == pytest.approx((real["verdict"] != "unsure").mean())
        decided = rows[rows["verdict"] != "unsure"]
        if len(decided):
            wrong = (decided["verdict"] != decided["label"]).mean()
            assert found["error_of_decided"] == pytest.approx(wrong)
    # On val itself the promise is exact, each group counting once.
    for label, other in (("real", "ai"), ("ai", "real")):
        val = predictions[(predictions["split"] == "val") & (predictions["label"] == label)]
        by_group = (val["verdict"] == other).groupby(val["group"]).mean()
        assert by_group.mean() <= 0.25


@pytest.mark.parametrize("model", MODELS)
def test_calibration_is_in_the_file_and_nothing_else_changed(small, model):
    before = Session(small / f"models/uncalibrated/{model}.onnx")
    after = Session(small / f"models/calibrated/{model}.onnx")
    fitted = read_json(small / f"metrics/calibrate/{model}.json")
    pixels = np.load(small / "pixels.npy")
    raw, logits = before.logits(pixels), after.logits(pixels)
    assert logits == pytest.approx(fitted["slope"] * raw + fitted["intercept"], abs=1e-4)
    assert before.description.unsure is before.description.calibration is None
    assert after.description.threshold == fitted["threshold"]
    assert after.description.data == before.description.data


def test_val_without_a_class_cannot_calibrate(small, tmp_path):
    table = tables.read(small / "split.csv")
    table.loc[(table["split"] == "val") & (table["label"] == "real"), "split"] = "train"
    tables.save(tmp_path / "split.csv", tables.SplitRow, table)
    with pytest.raises(SplitError, match=r"val holds .* of one class; calibration needs both"):
        calibrate.run(
            small / "models/uncalibrated/lenet5.onnx",
            small / "pixels.npy",
            tmp_path / "split.csv",
            small / "models/turns/lenet5.csv",
            tmp_path / "lenet5.onnx",
            tmp_path / "lenet5.json",
            params=Parameters.of(small.values).calibrate,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["split.csv"]


def test_too_few_val_groups_decide_nothing_and_say_so(small, tmp_path, capsys):
    calibrate.run(
        small / "models/uncalibrated/lenet5.onnx",
        small / "pixels.npy",
        small / "split.csv",
        small / "models/turns/lenet5.csv",
        tmp_path / "lenet5.onnx",
        tmp_path / "lenet5.json",
        params=Parameters.of(small.values).calibrate.model_copy(update={"alpha": 0.001}),
    )
    assert "val has too few groups of a class for calibrate.alpha 0.001" in capsys.readouterr().out
    assert Session(tmp_path / "lenet5.onnx").verdicts(np.array([0.0, 1.0])) == ["unsure"] * 2
    assert "alpha" not in read_json(tmp_path / "lenet5.json")


@pytest.mark.parametrize("model", MODELS)
def test_predictions_are_the_shipped_files(small, model):
    detector = Session(small / f"models/calibrated/{model}.onnx")
    predictions = tables.read(small / f"predictions/{model}.csv").set_index("picture")
    table = tables.read(small / "split.csv")
    scores = score_of(detector.logits(np.load(small / "pixels.npy")))
    expected = dict(zip(table["picture"], scores, strict=True))
    for picture, score in predictions["score"].items():
        assert score == pytest.approx(expected[picture], abs=1e-6)
    assert detector.description.model == model
    assert detector.description.size == 48
    assert detector.description.min_side == small.values["prepare"]["min_side"]
    assert detector.description.delivery.short_side == 64


def test_a_row_of_features_is_the_networks(small):
    import torch

    from real_or_ai.networks.frozen import Frozen
    from real_or_ai.tensors.preprocessing import Preprocessing, to_unit

    features = np.load(small / "features.npz")["features"]
    pixels = np.load(small / "pixels.npy")
    assert features.shape == (len(pixels), 512)
    assert features.dtype == np.float32
    with torch.inference_mode():
        images = Preprocessing(32)(to_unit(torch.from_numpy(pixels[3:4])))
        row = Frozen(Parameters.of(small.values).features)(images).numpy()[0]
    assert np.abs(features[3] - row).max() < 1e-4 * np.abs(row).max()


@pytest.mark.parametrize("network", NETWORKS)
def test_curves_hold_a_point_an_epoch_and_nothing_of_the_clock(small, network):
    epochs = small.values["train"][network]["epochs"]
    folder = small / f"metrics/train/{network}"
    curves = sorted(folder.rglob("*.tsv"))
    assert [str(path.relative_to(folder / "plots/metrics")) for path in curves] == [
        "learning_rate.tsv",
        "train/accuracy.tsv",
        "train/loss.tsv",
        "val/accuracy.tsv",
        "val/loss.tsv",
    ]
    for path in curves:
        header, *points = path.read_text(encoding="utf-8").splitlines()
        assert header.split("\t") == ["step", path.stem]
        assert [int(point.split("\t")[0]) for point in points] == list(range(1, epochs + 1))
    for what in ("loss", "accuracy"):
        table = pd.read_csv(small / f"plots/{what}/{network}.csv")
        assert list(table) == ["epoch", "train", "val"]
        assert len(table) == epochs
    summary = read_json(folder / "metrics.json")
    assert set(summary) == {"train", "val", "learning_rate", "step", "best"}
    assert 1 <= summary["best"]["epoch"] <= epochs


def test_the_svms_folds_and_grid(small):
    summary = read_json(small / "metrics/fit_svm.json")
    assert summary["folds"]["count"] == 3
    assert summary["best"]["gamma"] == 1 / 512
    assert 0 <= summary["folds"]["mean"]["accuracy"] <= 1
    lines = (small / "plots/fit_svm/grid.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 2
    folds = (small / "plots/fit_svm/folds.csv").read_text(encoding="utf-8").splitlines()
    assert len(folds) == 1 + 3


def test_the_papers_folds_cut_copies_from_their_original():
    copies = [(f"p{number}-{copy}", f"p{number}") for number in range(40) for copy in range(5)]
    train = pd.DataFrame(copies, columns=["picture", "group"])
    labels, groups = np.arange(200) // 5 % 2, train["group"].to_numpy()
    for protocol, leaks in (("grouped", False), ("paper", True)):
        units = cross_validation.units(train, protocol)
        for inside, outside in folds.grouped(labels, units, 4, 0, asked_by="fit_svm.folds"):
            assert bool(set(groups[inside]) & set(groups[outside])) == leaks


KINDS = ("curves", "reliability")
PICTURES = [
    *(f"plots/gallery/{m}/{s}.jpg" for m in MODELS for s in labels.HELD_OUT),
    *(f"plots/comparison/{kind}_{s}.png" for kind in KINDS for s in labels.HELD_OUT),
    *(f"plots/audit/{name}.png" for name in ("nulls", "facts", "facts_by_class")),
    "plots/fit_svm/grid.png",
    "plots/fit_svm/roc.png",
    "plots/sheets/samples.jpg",
    "plots/sheets/augmentations.jpg",
]


@pytest.mark.parametrize("name", PICTURES)
def test_plots_are_pictures_with_something_on_them(small, name):
    with Image.open(small / name) as image:
        assert min(image.size) > 100
        assert len(set(image.convert("L").get_flattened_data())) > 20


def test_the_report_says_in_words_what_the_numbers_say():
    def scored(auc, low, high):
        return {"test": {"n": 60, "groups": 60, "group_size": 1, "accuracy": 0.8,
                         "accuracy_low": 0.7, "accuracy_high": 0.9, "roc_auc": auc,
                         "roc_auc_low": low, "roc_auc_high": high}}  # fmt: skip

    def apart(auc, low, high, p):
        return {"roc_auc": auc, "roc_auc_low": low, "roc_auc_high": high, "holm_p": p}

    numbers = {
        "lenet5": scored(0.55, 0.42, 0.67),
        "cnn": scored(0.7, 0.58, 0.81),
        "svm": scored(0.9, 0.81, 0.95),
    }
    differences = {
        "lenet5 - cnn": apart(-0.15, -0.3, 0.01, 0.2),
        "lenet5 - svm": apart(-0.35, -0.5, -0.2, 0.01),
        "cnn - svm": apart(-0.2, -0.3, -0.1, 0.3),
    }
    text = in_words("test", numbers, differences, {})
    assert "SVM ranks the classes best: ROC AUC 0.900 [0.81, 0.95]" in text
    assert "over CNN, 0.200 [0.100, 0.300] over pictures" in text
    assert ", is more than chance gives." in text
    assert "The calls of LeNet-5 and SVM differ by more than chance (McNemar's test" in text
    assert text.endswith("LeNet-5 cannot be told from guessing.")
    close = differences | {"cnn - svm": apart(-0.2, -0.3, 0.1, 0.3)}
    assert ", could be chance." in in_words("test", numbers, close, {})


def test_weak_intervals_are_marked():
    found = {"n": 40, "groups": 40, "group_size": 1, "f1_weighted": 0.97, "f1_weighted_low": 0.9,
             "f1_weighted_high": 1.0, "accuracy": 0.97, "accuracy_low": 0.9,
             "accuracy_high": 1.0}  # fmt: skip
    assert cell(found, "f1_weighted") == "0.970 [0.90, 1.00] ~"
    assert cell(found, "accuracy") == "0.970 [0.90, 1.00]"
    assert cell(found, "recall_ai") == "-"


def test_a_weak_interval_of_a_difference_is_marked_by_its_aucs():
    difference = {"roc_auc": 0.1, "roc_auc_low": 0.0, "roc_auc_high": 0.2, "accuracy": 0.1,
                  "mcnemar_p": 0.5, "holm_p": 0.5, "groups": 10}  # fmt: skip
    by_model = {name: {"test": {"n": 40, "groups": 10, "group_size": 4, "roc_auc": auc}}
                for name, auc in (("cnn", 0.75), ("svm", 0.65))}  # fmt: skip
    table, *_ = writeup._difference_table({"cnn - svm": difference}, "test", by_model)
    row = table.splitlines()[-1]
    assert "| 0.100 [0.00, 0.20] ~ |" in row  # 0.893 of the simulated cases


def test_the_report_table_holds_ours_and_the_reports(small):
    text = (small / "metrics/report.md").read_text(encoding="utf-8")
    numbers = read_json(small / "metrics/evaluate/svm.json")
    row = next(line for line in text.split("## test")[1].splitlines() if "| precision_at" in line)
    cells = [cell.strip() for cell in row.split("|")]
    assert cells[6].startswith(f"{numbers['test']['precision_real_at_half']:.3f} [")
    assert cells[7] == "0.85"
    assert "the embedded sample (a toy)" in text.splitlines()[2]
    assert "0.95 ± 0.0" in text


def test_the_comparison_has_intervals_around_its_numbers(small):
    comparison = read_json(small / "metrics/comparison.json")
    differences, chosen = comparison.pop("differences"), comparison.pop("chosen")
    assert set(comparison.pop("seeds")) == set(labels.HELD_OUT)
    on_val = {model: row["roc_auc"] for model, row in comparison["val"].items()}
    assert on_val[chosen["model"]] == max(on_val.values())
    assert set(differences) == set(comparison) == set(labels.HELD_OUT)
    for split_rows in comparison.values():
        assert set(split_rows) == set(MODELS)
        for row in split_rows.values():
            for metric in ("accuracy", "roc_auc"):
                assert row[f"{metric}_low"] <= row[metric] <= row[f"{metric}_high"]
    for pairs in differences.values():
        assert set(pairs) == {"lenet5 - cnn", "lenet5 - svm", "cnn - svm"}
        for row in pairs.values():
            assert 0 <= row["mcnemar_p"] <= row["holm_p"] <= 1
            assert row["roc_auc_low"] <= row["roc_auc"] <= row["roc_auc_high"]


@pytest.mark.parametrize("model", MODELS)
def test_what_was_measured_is_what_is_released(small, model):
    """The same graph, byte for byte, and so the scores that `evaluate` wrote down."""
    measured, released = (
        onnx.load(small / f"{folder}/{model}.onnx") for folder in ("models/calibrated", "detectors")
    )
    assert measured.graph.SerializeToString() == released.graph.SerializeToString()
    detector = Detector.load(small / f"detectors/{model}.onnx", toy=True)
    predictions = tables.read(small / f"predictions/{model}.csv")
    found = detector.check_all(str(small / "prepared" / name) for name in predictions["picture"])
    verdicts = [verdict for _, verdict in found]
    assert [verdict.score for verdict in verdicts] == predictions["score"].tolist()
    assert [verdict.decision for verdict in verdicts] == predictions["verdict"].tolist()


@pytest.mark.parametrize("model", MODELS)
def test_a_released_detector_carries_the_card_that_compare_wrote(small, model):
    detector = Detector.load(small / f"detectors/{model}.onnx")
    assert detector.description.drawn  # by their own EXIF: the folder is not called data/sample
    text = "\n".join(card_text.lines(detector.card)) + "\n"
    assert text == (small / f"metrics/cards/{model}.md").read_text(encoding="utf-8")
    numbers = read_json(small / f"metrics/evaluate/{model}.json")
    assert detector.card.figures == numbers
    low, high = (numbers["external"][f"roc_auc_{end}"] for end in ("low", "high"))
    auc = f"{numbers['external']['roc_auc']:.3f} [{low:.2f}, {high:.2f}]"
    assert auc in text
    assert detector.card.tested()[1].startswith("external (elsewhere; n = ")
    assert detector.card.tested()[1].endswith(auc)
    trained = tables.read(small / "split.csv").query("split == 'train'")["label"].value_counts()
    assert f"{trained['real']} real and {trained['ai']} ai pictures" in text
    assert "**A toy.**" in text


def test_a_detector_of_undrawn_pictures_is_no_toy(small):
    split = tables.read(small / "split.csv")
    used = split["split"].isin(["train", "val"])
    assert (
        tables.count_drawn(split) == used.sum() == read_json(small / "metrics/data.json")["drawn"]
    )
    held_out = split["split"].isin(["test", "external"])
    assert not tables.count_drawn(split.assign(drawn=split["drawn"].where(held_out, "")))


def test_nothing_half_written_is_left(small):
    assert not list(small.folder.rglob("*.writing"))


def test_pixels_of_another_size_are_refused(small, tmp_path):
    np.save(tmp_path / "pixels.npy", np.zeros((3, 32, 32, 3), np.uint8))
    with pytest.raises(DetectorError, match="made for pixels of 48 px"):
        evaluate.run(
            small / "models/calibrated/lenet5.onnx",
            tmp_path / "pixels.npy",
            small / "split.csv",
            small / "prepared/manifest.csv",
            outs=outs_below(tmp_path, "lenet5"),
            params=Parameters.of(small.values).evaluate,
        )


def test_a_split_without_pictures_is_left_out(small, tmp_path, capsys):
    params = Parameters.of(small.values).split
    elsewhere = params.model_copy(update={"external": ("nowhere",)})
    split.run(
        small / "prepared", tmp_path / "split.csv", tmp_path / "data.json", elsewhere, "grouped"
    )
    assert "external" not in read_json(tmp_path / "data.json")["split"]
    assert "names nowhere, which the data lacks; it has elsewhere, studio, web" in (
        capsys.readouterr().out
    )
    evaluate.run(
        small / "models/calibrated/lenet5.onnx",
        small / "pixels.npy",
        tmp_path / "split.csv",
        small / "prepared/manifest.csv",
        outs=outs_below(tmp_path, "lenet5"),
        params=Parameters.of(small.values).evaluate,
    )
    assert list(read_json(tmp_path / "metrics/evaluate/lenet5.json")) == ["val", "test"]


def test_a_split_that_cannot_be_filled_writes_nothing(small, tmp_path):
    params = Parameters.of(small.values).split
    with pytest.raises(SplitError, match=r"prepared: split\.test asks for 400 real pictures"):
        split.run(
            small / "prepared",
            tmp_path / "split.csv",
            tmp_path / "data.json",
            params.model_copy(update={"test": 400}),
            "grouped",
        )
    assert not list(tmp_path.iterdir())


def test_an_external_set_of_one_class_has_all_but_curves(small, tmp_path, capsys):
    table = tables.read(small / "split.csv")
    real = (table["split"] == "external") & (table["label"] == "real")
    table.loc[real, "split"] = "train"  # the rows stay where they are in the pixels
    tables.save(tmp_path / "split.csv", tables.SplitRow, table)
    for model in MODELS:
        evaluate.run(
            small / f"models/calibrated/{model}.onnx",
            small / "pixels.npy",
            tmp_path / "split.csv",
            small / "prepared/manifest.csv",
            outs=outs_below(tmp_path, model),
            params=Parameters.of(small.values).evaluate,
        )
    assert "external: holds ai pictures only: no ROC" in capsys.readouterr().out
    numbers = read_json(tmp_path / "metrics/evaluate/cnn.json")["external"]
    assert numbers["recall_ai"] == numbers["accuracy"]
    assert "roc_auc" not in numbers
    assert (tmp_path / "plots/gallery/cnn/external.jpg").is_file()
    assert (tmp_path / "plots/confusion/cnn/external.csv").is_file()
    assert [path.stem for path in sorted((tmp_path / "plots/roc/cnn").iterdir())] == ["test", "val"]
    compare.run(
        tmp_path / "predictions",
        small / "models/seeds",
        *(
            tmp_path / "metrics" / name
            for name in ("evaluate", "breakdown", "sources", "reliability")
        ),
        *(small / "metrics" / f"{name}.json" for name in ("robustness", "fit_svm", "data")),
        tmp_path / "comparison.json",
        tmp_path / "plots/comparison",
        tmp_path / "report.md",
        tmp_path / "cards",
        params=Parameters.of(small.values).compare,
        raw="raw",
        turns=(),
    )
    external = read_json(tmp_path / "comparison.json")["external"]["svm"]
    assert {"accuracy", "accuracy_low", "accuracy_high"} <= set(external)
    assert "roc_auc" not in external
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert text.startswith("# Results on raw\n")
    assert "| roc_auc | - | - | - |" in text.split("## external")[1]
    assert "| report |" not in text  # its figures say nothing of one's own pictures


def test_a_written_table_that_differs_is_found(small):
    table = tables.read_rows(small / "split.csv", tables.SplitRow)
    members = grouping.grouped(tables.read(small / "prepared/manifest.csv"), 24)
    rules = {"external": ("elsewhere",), "protocol": "grouped"}
    splitting.check_written(table, members, **rules)
    table[0] = replace(table[0], group="another")
    with pytest.raises(SplitError, match="does not hold what was written"):
        splitting.check_written(table, members, **rules)


def test_a_failed_training_leaves_no_curves(small, tmp_path):
    section = Parameters.of(small.values).train
    with pytest.raises(UserError, match="lower the learning rate"):
        train.run(
            "lenet5",
            small / "pixels.npy",
            small / "split.csv",
            tmp_path / "lenet5.onnx",
            tmp_path / "curves",
            tmp_path / "loss.csv",
            tmp_path / "accuracy.csv",
            tmp_path / "seeds.csv",
            tmp_path / "turns.csv",
            tmp_path / "checkpoints",
            params=section.lenet5.model_copy(update={"learning_rate": 1e30}),
            augmentation=section.augmentation,
            decode=Parameters.of(small.values).decode,
            min_side=32,
            sources_out=(),
        )
    assert not list(tmp_path.iterdir())
