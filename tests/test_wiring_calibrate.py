"""That `calibrate` fits on val alone, with whole groups, and writes what it fitted."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit

import planted
from planted import MODELS
from real_or_ai.conventions import tables
from real_or_ai.detector_file.session import Session
from real_or_ai.stages.calibrate import CalibrateParams
from real_or_ai.stages.calibrate import __main__ as stage

ALPHA = 0.2


def no_turns(folder: Path) -> Path:
    path = folder / "turns.csv"
    path.write_text("picture,label,source,logit\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Planted detectors that are not calibrated, and what the stage makes of them."""
    made = planted.plant(tmp_path_factory.mktemp("calibrated"), calibrated=False)
    for model in MODELS:
        stage.run(
            made / f"models/{model}.onnx",
            made / "pixels.npy",
            made / "split.csv",
            no_turns(made.folder),
            made / f"calibrated/{model}.onnx",
            made / f"metrics/{model}.json",
            params=CalibrateParams(alpha=ALPHA, turns=()),
        )
    return made


def platt(logits, ai):
    """Slope and intercept of the likeliest logistic curve through Platt's targets."""
    targets = np.where(ai, (ai.sum() + 1) / (ai.sum() + 2), 1 / ((~ai).sum() + 2))

    def loss(at):
        scores = np.clip(expit(at[0] * logits + at[1]), 1e-15, 1 - 1e-15)
        return -(targets * np.log(scores) + (1 - targets) * np.log(1 - scores)).sum()

    return minimize(loss, [0.0, 0.0], method="BFGS", options={"gtol": 1e-8}).x


def conformal(scores, groups):
    """The lowest of the scores beyond which less than alpha of K + 1 groups' weight is left."""
    names = sorted(set(groups))
    for cut in np.sort(scores):
        inside = sum((scores[groups == name] <= cut).mean() for name in names)
        if inside >= (1 - ALPHA) * (len(names) + 1) - 1e-9:
            return cut
    return None


@pytest.mark.parametrize("model", MODELS)
def test_everything_is_fitted_on_val(made, model):
    val = made.split[made.split["split"] == "val"]
    logits, groups = val[model].to_numpy(), val["group"].to_numpy()
    ai = (val["label"] == "ai").to_numpy()
    about = Session(made / f"calibrated/{model}.onnx").description
    slope, intercept = platt(logits, ai)
    assert about.calibration.slope == pytest.approx(slope, rel=1e-3)
    assert about.calibration.intercept == pytest.approx(intercept, rel=1e-3, abs=1e-3)
    assert about.calibration.n == len(val)

    fitted = about.calibration
    scores = expit(fitted.slope * logits + fitted.intercept)
    calls = [(scores >= cut) for cut in np.append(scores, 2)]
    balanced = [(one[ai].mean() + (~one[~ai]).mean()) / 2 for one in calls]
    threshold_calls = scores >= about.threshold
    reached = (threshold_calls[ai].mean() + (~threshold_calls[~ai]).mean()) / 2
    assert reached == pytest.approx(max(balanced))
    assert about.threshold != 0.5

    assert about.unsure.alpha == ALPHA
    real_above = conformal(scores[~ai], groups[~ai])
    assert about.unsure.real_above == pytest.approx(real_above, abs=1e-5)
    assert about.unsure.ai_below == pytest.approx(-conformal(-scores[ai], groups[ai]), abs=1e-5)
    numbers = json.loads((made / f"metrics/{model}.json").read_text(encoding="utf-8"))
    assert numbers == {
        "slope": fitted.slope,
        "intercept": fitted.intercept,
        "n": len(val),
        "threshold": about.threshold,
        "alpha": ALPHA,
        "real_above": about.unsure.real_above,
        "ai_below": about.unsure.ai_below,
    }


def test_with_turns_all_is_fitted_on_what_they_say_source_by_source(made):
    """The units that the cuts count are the sources then, each with as much weight."""
    chance = np.random.default_rng(5)
    label = chance.permutation(np.repeat(["real", "ai"], [90, 110]))
    source = np.array([f"s{one}" for one in chance.choice(9, 200, p=np.arange(1, 10) / 45)])
    ai = label == "ai"
    logits = (2.0 * ai - 1.3 + chance.normal(size=200) * 1.5).round(3)
    turns = pd.DataFrame(
        {"picture": [f"{row}.png" for row in range(200)], "label": label, "source": source}
    ).assign(logit=logits)
    tables.save(made.folder / "of_turns.csv", tables.TurnRow, turns)
    stage.run(
        made / "models/cnn.onnx", made / "pixels.npy", made / "split.csv", made / "of_turns.csv",
        made / "by_turns.onnx", made / "by_turns.json",
        params=CalibrateParams(alpha=ALPHA, turns=(("s1",),)),
    )  # fmt: skip
    detector = Session(made / "by_turns.onnx")
    fitted, unsure = detector.description.calibration, detector.description.unsure
    slope, intercept = platt(logits, ai)
    assert (fitted.slope, fitted.intercept) == pytest.approx((slope, intercept), rel=1e-3)
    assert (fitted.n, fitted.left_out) == (200, tuple(sorted(set(source))))
    scores = expit(fitted.slope * logits + fitted.intercept)
    assert unsure.real_above == pytest.approx(conformal(scores[~ai], source[~ai]))
    assert unsure.ai_below == pytest.approx(-conformal(-scores[ai], source[ai]))
    assert unsure.real_above != pytest.approx(conformal(scores[~ai], turns["picture"][~ai].array))
    expected = fitted.slope * made.split["cnn"] + fitted.intercept
    assert detector.logits(np.load(made / "pixels.npy")) == pytest.approx(expected, abs=1e-4)
    written = json.loads((made / "by_turns.json").read_text(encoding="utf-8"))
    assert written["n"] == 200
    assert "left_out" not in written


@pytest.mark.parametrize("model", MODELS)
def test_the_file_computes_what_was_fitted(made, model):
    detector = Session(made / f"calibrated/{model}.onnx")
    fitted = detector.description.calibration
    expected = fitted.slope * made.split[model] + fitted.intercept
    logits = detector.logits(np.load(made / "pixels.npy"))
    assert logits == pytest.approx(expected.to_numpy(), abs=1e-4)


def test_pictures_taken_for_groups_would_promise_something_else(made):
    """Else the first test could not tell them."""
    val = made.split[made.split["split"] == "val"]
    ai, ends = (val["label"] == "ai").to_numpy(), []
    for units in (val["group"].to_numpy(), val["picture"].to_numpy()):
        for model in MODELS:
            logits = val[model].to_numpy()
            ends += [conformal(logits[~ai], units[~ai]), conformal(-logits[ai], units[ai])]
    assert ends[: len(ends) // 2] != ends[len(ends) // 2 :]
