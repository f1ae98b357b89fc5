"""That what comes along is what was measured: a detector of photographs, small, with its card."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tools import promised, ship

import toy_detector
from conftest import ROOT
from real_or_ai import Detector, card, card_text
from real_or_ai.check.project import STARTER
from real_or_ai.conventions import tables
from real_or_ai.detector_file.session import Session

# Of val, of ten groups a class, 0.1 promises that no real one is above 0.3 and no AI one below 0.2.
SCORES = {
    "val": {"real": np.linspace(0.03, 0.3, 10), "ai": np.linspace(0.2, 0.92, 10)},
    "external": {"real": [0.1, 0.35, 0.5, 0.7], "ai": [0.05, 0.25, 0.45, 0.8, 0.9]},
}


@pytest.fixture
def project(tmp_path):
    """A project that has measured a detector of pictures that were not drawn."""
    made = card.Card(
        title="SVM", data="albums", drawn=False, pictures={}, sources={}, figures={}, parts=(),
        changes=(),
    )  # fmt: skip
    (tmp_path / "detectors").mkdir()
    toy_detector.write(
        tmp_path / "detectors/svm.onnx",
        toy_detector.describe(drawn=False),
        more={card.METADATA_KEY: made.model_dump_json()},
    )
    for name in [one.format(model="svm") for one in ship.OF_MODEL.values()] + [*ship.OF_ALL]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    predictions = [
        tables.PredictionRow(
            f"{split}{n}.png", label, f"{split}-web", f"{split}{n}", split, score, "ai", "unsure"
        )
        for split, scores in SCORES.items()
        for label, values in scores.items()
        for n, score in enumerate(values)
    ]
    (tmp_path / "predictions").mkdir()
    tables.write(tmp_path / "predictions/svm.csv", tables.PredictionRow, predictions)
    numbers = {"svm": {"test": 1}, "cnn": {"test": 2}}
    (tmp_path / "metrics/robustness.json").write_text(json.dumps(numbers), encoding="utf-8")
    (tmp_path / "plots/audit").mkdir(parents=True)
    (tmp_path / "plots/audit/nulls.png").write_bytes(b"png")
    (tmp_path / "plots/gallery").mkdir()
    (tmp_path / "plots/gallery/test.png").write_bytes(b"pictures of others")
    return tmp_path


def test_what_ships_is_the_detector_with_a_title_and_what_was_measured(project):
    into = project / "package/starter.onnx"
    ship.ship(project, "svm", into)
    before, after = Session(project / "detectors/svm.onnx"), Session(into)
    assert after.description == before.description
    pixels = np.stack([np.asarray(toy_detector.planted(red)) for red in (0, 90, 200)])
    assert np.array_equal(before.logits(pixels), after.logits(pixels))
    assert card.from_metadata(after.metadata).title == "Starter"
    written = project / "metrics/starter"
    assert (written / "sources.csv").read_text(encoding="utf-8") == "metrics/sources/svm.csv"
    assert (written / "card.md").read_text(encoding="utf-8").startswith("# Model card: Starter\n")
    assert json.loads((written / "robustness.json").read_text(encoding="utf-8")) == {"test": 1}
    spent = json.loads((written / "cost.json").read_text(encoding="utf-8"))
    assert spent["bytes"] == into.stat().st_size
    assert spent["weights"] == 2  # of the logit: what is taken off, and the factor
    assert spent["milliseconds"] > 0
    plots = [path.name for path in (project / "plots/starter").iterdir()]
    assert plots == ["audit_nulls.png"]  # no picture of anybody's


def test_cuts_of_val_and_of_turns_stand_side_by_side(project):
    ship.ship(project, "svm", project / "package/starter.onnx")
    found = pd.read_csv(project / "metrics/starter/promises.csv").set_index("cuts")
    assert found["n"].tolist() == [9, 9]
    assert set(found["source"]) == {"external-web"}
    by_val, by_turns = found.loc["val"], found.loc["sources left out"]
    assert (by_val["real_called_ai"], by_val["ai_called_real"]) == (3 / 4, 1 / 5)
    assert (by_val["real_decided"], by_val["ai_decided"]) == (1, 4 / 5)
    # Cuts of 0.4 and 0.6.
    assert (by_turns["real_called_ai"], by_turns["ai_called_real"]) == (1 / 4, 2 / 5)
    assert by_turns["error_of_decided"] == 3 / 7
    text = promised.promises(lambda path: (project / path).read_text(encoding="utf-8"),
                             "metrics/starter/promises.csv")  # fmt: skip
    assert "| external-web, 9 | val | 0.75 [0" in text


@pytest.mark.parametrize("why", ["a toy", "no card", "bytes, where 10 are the most"])
def test_what_is_not_for_others_does_not_ship(project, monkeypatch, why):
    file = project / "detectors/svm.onnx"
    more = {card.METADATA_KEY: Session(file).metadata[card.METADATA_KEY]}
    if why == "a toy":
        toy_detector.write(file, toy_detector.describe(drawn=True), more=more)
    elif why == "no card":
        toy_detector.write(file, toy_detector.describe(drawn=False))
    else:
        monkeypatch.setattr(ship, "LARGEST", 10)
    with pytest.raises(SystemExit, match=why):
        ship.ship(project, "svm", project / "package/starter.onnx")
    assert not list((project / "package").glob("*"))
    assert not (project / "metrics/starter").exists()


@pytest.fixture(scope="module")
def starter():
    detector = Detector.load(STARTER)
    return SimpleNamespace(
        detector=detector, about=detector.description, card=detector.card,
        measured=ROOT / "metrics/starter",
    )  # fmt: skip


def test_the_one_that_comes_along_is_small_and_of_photographs(starter):
    assert STARTER.stat().st_size <= ship.LARGEST
    assert not starter.about.drawn
    assert starter.about.calibration.left_out
    assert "toy" not in starter.detector.caution


def test_its_card_is_the_committed_one_with_every_external_source(starter):
    text = (starter.measured / "card.md").read_text(encoding="utf-8")
    assert text == "\n".join(card_text.lines(starter.card)) + "\n"
    figures = json.loads((starter.measured / "evaluate.json").read_text(encoding="utf-8"))
    assert starter.card.figures == figures
    told = {one.source for one in starter.card.by_source if one.split == "external"}
    assert told == set(starter.card.sources["external"]) != set()
    assert not told & set(starter.card.sources["train"])


def test_it_checks_a_picture_of_any_size(starter):
    chance = np.random.default_rng(0)
    for size in ((64, 48), (700, 500)):
        pixels = chance.integers(0, 255, (*size[::-1], 3), np.uint8)
        verdict = starter.detector.check(Image.fromarray(pixels))
        assert verdict.decision in ("real", "ai", "unsure")
        assert verdict.probability == verdict.score
