import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from conftest import encoded
from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import AuditError
from real_or_ai.conventions.params import load
from real_or_ai.experiments import doctor
from real_or_ai.pictures import decoding
from real_or_ai.pictures.delivery import Delivery, as_jpeg
from real_or_ai.stages.audit import __main__ as audit
from real_or_ai.stages.audit import cues, nulls, words

ALIKE = Delivery(short_side=64, jpeg_quality=85)
N = 80


@pytest.fixture(scope="module")
def scenes(draw_scene) -> list[Image.Image]:
    """Each twice, once for each class: nothing in them tells the classes apart."""
    return [scene for seed in range(N // 2) for scene in [draw_scene(seed, size=(120, 100))] * 2]


@pytest.fixture(scope="module")
def known() -> nulls.Cases:
    labels, numbers = np.arange(N) % 2, np.arange(N)
    table = pd.DataFrame(
        {
            "label": np.where(labels, "ai", "real"),
            "group": [f"g{number // 2}" for number in numbers],
            "source": np.where(numbers // 4 % 2, "web", "studio"),
        }
    )
    return nulls.cases(table, 5, 1)


def raws(files: list[bytes]) -> pd.DataFrame:
    """What the manifest says of them."""
    pictures = [decoding.decode(data, 10**7) for data in files]
    rows = [
        {
            "raw_format": picture.format,
            "raw_width": picture.width,
            "raw_height": picture.height,
            "raw_bytes": len(data),
            "raw_jpeg_quality": str(picture.jpeg_quality or ""),
            "raw_jpeg_subsampling": picture.jpeg_subsampling,
            "raw_metadata": picture.metadata,
        }
        for data, picture in zip(files, pictures, strict=True)
    ]
    return pd.DataFrame(rows)


def as_png(image: Image.Image) -> bytes:
    return encoded(image, "PNG")


def enlarged(image: Image.Image) -> bytes:
    return encoded(image.resize((240, 200), Image.Resampling.BICUBIC), "JPEG", quality=75)


def finely(image: Image.Image) -> bytes:
    return encoded(image, "JPEG", quality=90)


def titled(image: Image.Image) -> bytes:
    return encoded(image, "JPEG", quality=75, comment="made by")


def plainly(image: Image.Image) -> bytes:
    return encoded(image, "JPEG", quality=75)


@pytest.mark.parametrize(
    ("write_ai", "fact"),
    [(as_png, "format"), (enlarged, "width"), (finely, "jpeg_quality"), (titled, "metadata")],
)
def test_a_planted_shortcut_is_found_and_gone_after_delivery(scenes, known, write_ai, fact):
    pairs = zip(scenes, known.labels, strict=True)
    files = [(write_ai if label else plainly)(image) for image, label in pairs]
    facts = cues.facts_as_found(raws(files))
    assert nulls.facts_null(facts, known)["roc_auc"] > 0.97
    ranked = nulls.each_fact(facts, known)
    assert list(ranked["roc_auc"]) == sorted(ranked["roc_auc"], reverse=True)
    assert ranked["fact"][0] == fact
    assert ranked["roc_auc"][0] == 1

    pictures = [decoding.decode(data, 10**7).image for data in files]
    sizes = np.array([len(as_jpeg(image, ALIKE)) for image in pictures])
    delivered = cues.facts_as_delivered(sizes, ALIKE)
    ranked = nulls.each_fact(delivered, known).set_index("fact")
    assert (ranked.drop("bytes_per_pixel")["roc_auc"] == 0.5).all()
    # What JPEG has smoothed away is not brought back: of PNG against quality 75, 0.6 is left.
    assert nulls.facts_null(delivered, known)["roc_auc"] < 0.65
    assert ranked.loc["bytes_per_pixel", "roc_auc"] < 0.65


def test_facts_as_delivered_are_those_of_the_delivered_file(scenes):
    files = [as_jpeg(image, ALIKE) for image in scenes[:5]]
    found = cues.facts_as_found(raws(files))
    expected = cues.facts_as_delivered(np.array([len(data) for data in files]), ALIKE)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert tuple(found.columns) == cues.FACTS


def test_a_size_that_one_class_always_has_is_found_between_the_others(known):
    chance = np.random.default_rng(3)
    width = np.where(known.labels, 512, chance.integers(200, 900, N))
    facts = pd.DataFrame(dict.fromkeys(cues.FACTS, 1) | {"width": width})
    first = nulls.each_fact(facts, known).iloc[0]
    assert first["fact"] == "width"
    assert first["roc_auc"] > 0.9


def test_labels_that_mean_nothing_are_not_told(scenes, known):
    chance = np.random.default_rng(11)
    mixed = [scenes[place] for place in chance.permutation(N)]
    writers = [as_png, finely, plainly, titled]
    files = [writers[chance.integers(4)](image) for image in mixed]
    thumbnails = np.stack([cues.thumbnail(image) for image in mixed])
    for null in (
        nulls.facts_null(cues.facts_as_found(raws(files)), known),
        nulls.thumbnail_null(thumbnails, known),
        nulls.class_from_source(known),
    ):
        assert null["n"] == N
        assert null["roc_auc_low"] <= 0.5 <= null["roc_auc_high"]
    guess = nulls.source_null(thumbnails, known)
    assert guess["accuracy_low"] <= guess["chance"] == 0.5


def test_no_score_comes_from_the_pictures_own_group():
    """Rows of a group are alike and no others are: whoever has seen one knows all of them."""
    chance = np.random.default_rng(7)
    alike = np.repeat(chance.normal(size=(40, 192)), 4, axis=0)
    told = np.repeat(chance.permutation(40) % 2, 4)
    names = np.repeat(np.arange(40), 4).astype(str)
    table = {"label": np.where(told, "ai", "real"), "group": names, "source": names}
    null = nulls.thumbnail_null(alike, nulls.cases(pd.DataFrame(table), 5, 1))
    assert null["roc_auc_low"] <= 0.5
    alone = table | {"group": np.arange(160).astype(str)}
    assert nulls.thumbnail_null(alike, nulls.cases(pd.DataFrame(alone), 5, 1))["roc_auc"] > 0.95


def test_the_source_is_guessed_where_pixels_tell_it(scenes, known):
    web = known.sources == "web"
    seen = [
        cues.residuals(image.resize((60, 50)).resize((120, 100)) if enlarge else image)
        for image, enlarge in zip(scenes, web, strict=True)
    ]
    guess = nulls.source_null(np.stack(seen), known)
    assert guess["sources"] == 2
    assert guess["accuracy_low"] > 0.8


def test_a_source_of_one_class_tells_it(known):
    table = pd.DataFrame({"label": np.where(known.labels, "ai", "real"), "group": known.groups})
    by_class = nulls.cases(table.assign(source=table["label"]), 5, 1)
    assert nulls.class_from_source(by_class)["roc_auc"] == 1
    one = nulls.cases(table.assign(source="web"), 5, 1)
    assert nulls.class_from_source(one) == nulls.source_null(np.zeros((N, 1)), one) == {}


@pytest.mark.parametrize("size", [(8, 8), (8, 900), (300, 300)])
def test_blank_and_small_pictures_have_numbers(size):
    image = Image.new("RGB", size, "red")
    assert cues.thumbnail(image).shape == (192,)
    assert np.isfinite(cues.residuals(image)).all()


FACTS = pd.DataFrame(
    {"fact": ["format", "width"], "roc_auc": [0.97, 0.6], "roc_auc_low": [0.9, 0.4]}
).assign(when="as_found")


def null(auc: float, reach: float = 0.02) -> dict[str, float]:
    return {"n": 64, "roc_auc": auc, "roc_auc_low": auc - reach, "roc_auc_high": auc + reach}


@pytest.mark.parametrize(
    ("found", "delivered", "thumbnail", "words_there"),
    [
        (0.98, 0.5, 0.7, ["AUC 0.98 [0.96, 1.00] (n = 64 raw files): no score", "Only above 0.70"]),
        (0.7, 0.6, 0.5, ["partly, ROC AUC 0.70", "bytes still separates", "Only above 0.60"]),
        (0.51, 0.49, 0.5, ["do not tell", "told from chance", "Neither tells the classes apart"]),
        (0.98, 0.95, 0.7, ["delivery does not hide how they came", "Only above 0.95"]),
        (0.98, None, 0.7, ["decode.delivery is null", "as found score", "Only above 0.98"]),
    ],
)
def test_the_verdict_says_what_the_numbers_say(found, delivered, thumbnail, words_there):
    numbers = {"as_found": {"facts": null(found), "thumbnail": null(thumbnail)}}
    if delivered is not None:
        numbers["delivered"] = {"facts": null(delivered), "thumbnail": null(thumbnail)}
    text = words.verdict(numbers, FACTS, {})
    for one in [*words_there, "Single facts that separate them: format 0.97.", "have one source"]:
        assert one in text


@pytest.mark.parametrize(("auc", "said"), [(0.5, "does not tell"), (0.8, "knows of the class")])
def test_the_verdict_says_what_the_source_gives_away(auc, said):
    guess = {"n": 64, "sources": 3, "accuracy": 0.8, "accuracy_low": 0.7, "accuracy_high": 0.9}
    there = {"facts": null(0.5), "thumbnail": null(0.5), "source": guess | {"chance": 0.4}}
    text = words.verdict({"as_found": there}, FACTS, null(auc))
    guessed = "Which of 3 sources a picture is from is guessed from the pixels as found in 0.80"
    assert f"{guessed} [0.70, 0.90] of cases" in text
    assert said in text


@pytest.fixture
def rerun(small, tmp_path):
    """The stage once more on the small run: its numbers."""

    def run(split=None, delivery=True, **changes):
        if split is not None:
            split.to_csv(tmp_path / "split.csv", index=False)
        decode = load(doctor.SECTIONS["decode"], "decode", small.values)
        audit.run(
            small / "prepared",
            small / "pixels.npy",
            small / "split.csv" if split is None else tmp_path / "split.csv",
            tmp_path / "audit.json",
            tmp_path / "plots",
            params=load(doctor.SECTIONS["audit"], "audit", small.values).model_copy(update=changes),
            decode=decode if delivery else decode.model_copy(update={"delivery": None}),
        )
        return json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))

    return run


def test_the_stage_writes_every_null_with_its_interval(small):
    numbers = json.loads((small / "metrics/audit.json").read_text(encoding="utf-8"))
    table = tables.read(small / "prepared/manifest.csv").merge(
        tables.read(small / "split.csv"), on="picture"
    )
    train = table[table["split"] == "train"]
    assert train["raw"].nunique() < len(train)  # there are tiles
    assert list(numbers) == ["as_found", "delivered", "class_from_source"]
    for when in ("as_found", "delivered"):
        assert list(numbers[when]) == ["facts", "thumbnail", "source"]
        assert numbers[when]["thumbnail"]["n"] == numbers[when]["source"]["n"] == len(train)
        for name, metric in [
            ("facts", "roc_auc"),
            ("thumbnail", "roc_auc"),
            ("source", "accuracy"),
        ]:
            one = numbers[when][name]
            assert one[f"{metric}_low"] <= one[metric] <= one[f"{metric}_high"]
    assert numbers["as_found"]["facts"]["n"] == train["raw"].nunique()
    assert numbers["delivered"]["facts"]["n"] == len(train)
    facts = pd.read_csv(small / "plots/audit/facts.csv")
    assert set(facts["fact"]) == set(cues.FACTS)
    assert len(facts) == 2 * len(cues.FACTS)
    assert len(pd.read_csv(small / "plots/audit/nulls.csv")) == 6
    verdict = (small / "plots/audit/verdict.txt").read_text(encoding="utf-8")
    assert f"n = {train['raw'].nunique()} raw files" in verdict


def test_only_originals_count(small, rerun):
    split = pd.read_csv(small / "split.csv")
    split["view"] = "original"
    split.loc[split.index[(split["split"] == "train") & (split["label"] == "ai")][-1], "view"] = (
        "flip"
    )
    numbers = rerun(split)
    before = json.loads((small / "metrics/audit.json").read_text(encoding="utf-8"))
    assert numbers["delivered"]["thumbnail"]["n"] == before["delivered"]["thumbnail"]["n"] - 1


def test_without_a_delivery_detectors_are_given_what_was_found(small, rerun):
    before = json.loads((small / "metrics/audit.json").read_text(encoding="utf-8"))
    del before["delivered"]
    assert rerun(delivery=False) == before


def test_a_null_above_its_limit_stops_the_stage_and_names_the_facts(small, rerun, tmp_path):
    found = json.loads((small / "metrics/audit.json").read_text(encoding="utf-8"))
    bearable = found["delivered"]["facts"]["roc_auc"]
    assert rerun(max_facts_auc=bearable) == found
    sentence = (
        r"8x8 thumbnails of the train pictures as delivered score ROC AUC .*, more than "
        r"audit\.max_thumbnail_auc allows \(0\); single facts that tell as found: .*; gather"
    )
    with pytest.raises(AuditError, match=sentence):
        rerun(max_thumbnail_auc=0.0)
    assert (tmp_path / "plots/facts.png").is_file()
