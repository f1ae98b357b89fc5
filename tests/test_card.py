import pandas as pd
import pytest

import toy_detector
from real_or_ai import DetectorError, card, card_text
from real_or_ai.check import about
from real_or_ai.conventions.sections import Delivery
from real_or_ai.detector_file.description import Calibration
from real_or_ai.stages.compare import model_cards

COUNTS = {
    "drawn": 0,
    "split": {
        name: {"n": 30, "real": 10, "ai": 20, "by_source": {source: {"n": 30}}}
        for name, source in (
            ("train", "web"), ("val", "web"), ("test", "web"), ("external", "elsewhere"),
        )
    },
}  # fmt: skip


def figures(auc: float) -> dict[str, float]:
    return {"n": 30, "roc_auc": auc, "roc_auc_low": auc - 0.2, "roc_auc_high": auc + 0.1,
            "groups": 30, "alpha": 0.1}  # fmt: skip


FIGURES = {"val": figures(0.9), "test": figures(0.8), "external": figures(0.7)}


def decided(wrong: float) -> dict[str, float]:
    ends = {"error_of_decided_low": wrong - 0.05, "error_of_decided_high": wrong + 0.1}
    return {"error_of_decided": wrong, **ends, "n_decided": 9}


def part(value: str, share: float, n: int = 30, split: str = "test") -> dict[str, object]:
    return {"split": split, "by": "format", "value": value, "label": "ai", "n": n,
            "called_rightly": share, "called_rightly_low": share - 0.2,
            "called_rightly_high": share + 0.1}  # fmt: skip


def change(auc: float) -> dict[str, float]:
    return {"n": 30, "roc_auc": auc, "roc_auc_low": auc - 0.2, "roc_auc_high": auc + 0.1}


def built(**changes: object) -> card.Card:
    given = {
        "title": "CNN",
        "data": "data/mine",
        "counts": COUNTS,
        "figures": FIGURES,
        "breakdown": [],
        "robustness": {},
        "seeds": {},
        "by_source": pd.DataFrame(columns=["split", "source", "n"]),
        "left_out": (),
    }
    return model_cards.build(**(given | changes))


def with_mistakes(real_called_ai: float) -> dict[str, dict[str, float]]:
    ends = {"real_called_ai_low": real_called_ai - 0.08, "real_called_ai_high": 0.5}
    none = {f"ai_called_real{end}": 0.0 for end in ("", "_low", "_high")}
    return FIGURES | {
        "test": FIGURES["test"] | {"real_called_ai": real_called_ai} | ends | none,
    }


@pytest.mark.parametrize(
    ("measured", "told"),
    [(0.05, None), (0.15, "which may be chance"), (0.25, "at most 0.1 was promised.")],
)
def test_a_promise_that_was_not_kept_is_a_known_failure(measured, told):
    one = built(figures=with_mistakes(measured))
    failures = text(one).split("## Known failures")[1]
    assert ("was promised" in failures) == (told is not None)
    assert (told or "") in failures
    assert one.kept() == (
        f"On test (n = 30) it was {measured:.3f} [{measured - 0.08:.2f}, 0.50] of the real "
        "pictures called AI and 0.000 [0.00, 0.00] of the AI pictures called real."
    )
    assert one.kept() in "\n".join(about.lines(toy_detector.describe(), one))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"external": figures(0.71)}, ""),
        ({"external": figures(0.7)}, "guessing (ROC AUC 0.700 [0.50, 0.80], n = 30)"),
        ({"external": {"n": 30}}, "never measured on pictures from elsewhere"),
        ({"external": figures(0.8) | decided(0.1)}, ""),
        ({"external": figures(0.8) | decided(0.11)}, "wrong in 0.110 [0.06, 0.21] of them (n = 9)"),
    ],
)
def test_what_was_not_shown_to_be_of_use_elsewhere_is_told_first(changes, told):
    caution = built(figures=FIGURES | changes).caution()
    assert (told in caution) if told else caution == ""


SOURCES = pd.DataFrame(
    {
        "split": ["external", "external"],
        "source": ["zoo", "press"],
        "n": [40, 12],
        "roc_auc": [0.75, None],
        "roc_auc_low": [0.6, None],
        "roc_auc_high": [0.85, None],
        "real_called_ai": [0.4, 0.05],
        "real_called_ai_low": [0.3, 0.01],
        "real_called_ai_high": [0.5, 0.2],
    }
)


def test_a_card_tells_each_source_by_itself():
    said = text(built(by_source=SOURCES))
    assert "| source | ROC AUC | balanced accuracy | real decided | AI decided | wrong" in said
    zoo, press = (line for line in said.splitlines() if "(external, n = " in line)
    assert zoo.startswith("| zoo (external, n = 40) | 0.750 [0.60, 0.85] | - |")
    assert press.startswith("| press (external, n = 12) | - | - |")
    assert "0.050 [0.01, 0.20]" in press
    assert "| source | ROC AUC" not in text(built())
    failures = said.split("## Known failures")[1]
    assert (
        "- 0.400 [0.30, 0.50] of the real pictures called AI on zoo, where at most 0.1" in failures
    )
    assert "on press" not in failures


def test_a_promise_for_sources_that_were_not_seen_is_about_external_pictures():
    mistakes = with_mistakes(0.25)
    both = built(figures=mistakes | {"external": mistakes["test"]}, left_out=("web", "press"))
    assert both.kept().startswith("On external (n = 30) it was 0.250")
    said = text(both)
    assert "by sources that were left out of training in turn: press, web." in said
    assert said.count("where at most 0.1 was promised.") == 2
    calibrated = toy_detector.describe(
        calibration=Calibration(slope=1, intercept=0, n=40, left_out=("press", "web"))
    )
    assert calibrated.promised == ("test", "external")
    assert toy_detector.describe().promised == ("test",)
    assert "like the 2 that were left out of its training in turn" in about.whose(calibrated)
    assert "of others nothing is promised" in about.whose(toy_detector.describe())


def text(one: card.Card) -> str:
    return "\n".join(card_text.lines(one))


def test_a_card_says_what_it_was_trained_on_and_every_figure():
    said = text(built())
    assert "data/mine: 10 real and 20 ai pictures, from web (30)." in said
    assert (
        "| | val (n = 30, web (30)) | test (n = 30, web (30)) | external (n = 30, elsewhere (30)) |"
    ) in said
    assert "| roc_auc | 0.900 [0.70, 1.00] | 0.800 [0.60, 0.90] | 0.700 [0.50, 0.80] |" in said
    assert "| alpha | 0.1 | 0.1 | 0.1 |" in said
    assert "_low" not in said
    assert "toy" not in said
    for one in card_text.OUT_OF_SCOPE:
        assert one in said


def test_without_an_external_set_no_figure_is_said_to_tell_of_elsewhere():
    assert "never trained on, and says most about pictures from elsewhere" in text(built())
    own = {split: FIGURES[split] for split in ("val", "test")}
    said = text(built(figures=own))
    assert "so that no figure tells of pictures from elsewhere." in said
    assert "external" not in said


def test_where_it_was_tested_is_told_in_lines():
    assert built().tested() == (
        "test (web; n = 30): ROC AUC 0.800 [0.60, 0.90]",
        "external (elsewhere; n = 30): ROC AUC 0.700 [0.50, 0.80]",
    )


def test_failures_are_those_a_coin_could_explain_and_the_worst_come_first():
    breakdown = [
        part("JPEG", 0.9),
        part("WEBP", 0.65),
        part("PNG", 0.5),
        part("GIF", 0.1, n=4),  # too few
        part("BMP", 0.2, split="val"),  # chosen on
    ]
    robustness = {
        "external": {"JPEG 30": change(0.69), "blur 2": change(0.8), "social": change(0.5)}
    }
    one = built(breakdown=breakdown, robustness=robustness)
    assert [found.value for found in one.parts] == ["PNG", "WEBP"]
    assert [found.name for found in one.changes] == ["social", "JPEG 30"]
    said = text(one)
    assert "- test, format PNG, ai: called rightly 0.50 [0.30, 0.60] (n = 30)." in said
    assert "- external, after social: ROC AUC 0.50 [0.30, 0.60] (n = 30)." in said
    assert (
        "- Of sources it has not seen, elsewhere (30): ROC AUC 0.700 [0.50, 0.80] instead of "
        "0.800 [0.60, 0.90]."
    ) in said
    assert "instead of" not in text(built(figures=FIGURES | {"external": figures(0.85)}))
    many = built(breakdown=[part(str(number), 0.5) for number in range(30)])
    assert len(many.parts) == card.MOST


def test_drawn_data_make_a_toy():
    assert "**A toy.** It was trained on drawn scenes" in text(built(counts=COUNTS | {"drawn": 3}))


def test_a_split_of_one_class_has_no_auc_to_tell():
    alone = {"n": 30, "accuracy": 0.5, "accuracy_low": 0.4, "accuracy_high": 0.6}
    one = built(figures=FIGURES | {"external": alone})
    assert len(one.tested()) == 1
    assert "| roc_auc | 0.900 [0.70, 1.00] | 0.800 [0.60, 0.90] | - |" in text(one)


def test_a_card_comes_back_from_metadata_as_it_was():
    one = built(breakdown=[part("PNG", 0.5)], robustness={"test": {"social": change(0.5)}})
    assert card.from_metadata({card.METADATA_KEY: one.model_dump_json()}) == one
    assert card.from_metadata({"other": ""}) is None
    with pytest.raises(DetectorError, match="card is damaged"):
        card.from_metadata({card.METADATA_KEY: "{}"})


def test_the_file_says_what_it_promises():
    said = "\n".join(about.lines(toy_detector.describe(), None))
    assert "squashed to 48 px" in said
    assert "calibrated on 40 pictures" in said
    assert "Unsure between scores of 0.400 and 0.600: at most 10% of the real pictures" in said
    bare = toy_detector.describe(
        calibration=None, unsure=None, delivery=Delivery(short_side=64, jpeg_quality=85)
    )
    said = "\n".join(about.lines(bare, None))
    assert "centre square, 64 px, JPEG 85, then 48 px" in said
    assert "not calibrated: no probabilities" in said
    assert "every verdict is unsure" in said
