"""That what draws, stores, looks at and releases pictures takes its rows and its parameters."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import toy_detector
from built import STILL
from conftest import encoded
from real_or_ai import card
from real_or_ai.check.detector import Detector
from real_or_ai.conventions import tables
from real_or_ai.conventions.sections import (
    AugmentationParams,
    DecodeParams,
    Delivery,
)
from real_or_ai.drawing import contact_sheet
from real_or_ai.pictures.delivery import as_jpeg, deliver
from real_or_ai.stages.audit import AuditParams, cues, seen, words
from real_or_ai.stages.decode import __main__ as decode
from real_or_ai.stages.release import __main__ as release
from real_or_ai.stages.sample import SampleParams
from real_or_ai.stages.sample import __main__ as sample
from real_or_ai.stages.sheets import __main__ as sheets

SIZE, DELIVERY = 32, Delivery(short_side=48, jpeg_quality=40)
AUDIT = AuditParams(folds=3, seed=1, max_facts_auc=None, max_thumbnail_auc=None)


@pytest.fixture(scope="module")
def planted(tmp_path_factory, draw_scene) -> tuple[Path, pd.DataFrame, list[Image.Image]]:
    """A prepared folder, split.csv and pixels.npy: 48 pictures in no order of names.

    The first of each three is of another split; each fourth is a copy; two after each other are
    tiles of one raw file.
    """
    folder = tmp_path_factory.mktemp("data")
    chance = np.random.default_rng(5)
    rows, images = [], []
    for number in range(48):
        label = ("real", "ai")[number // 4 % 2]
        image = draw_scene(number, label, size=(70 + number, 60))
        name = f"{chance.integers(10**6):06}.png"
        (folder / name).write_bytes(encoded(image))
        images.append(image)
        rows.append(
            dict.fromkeys(tables.columns(tables.PreparedRow), "")
            | {
                "picture": name, "label": label, "source": ("web", "studio")[number % 2],
                "view": "noise" if number % 4 == 3 else "original", "raw": f"{number // 2}.png",
                "raw_format": "PNG", "raw_width": 300 + number, "raw_height": 150, "ties": "[]",
                "raw_bytes": 900 + number, "raw_jpeg_quality": "", "dropped_tiles": 0, "width": 70,
                "height": 60, "group": f"g{number // 4}", "drawn": "",
                "split": ("test", "train", "train")[number % 3],
            }
        )  # fmt: skip
    table = pd.DataFrame(rows)
    table[list(tables.columns(tables.PreparedRow))].to_csv(folder / "manifest.csv", index=False)
    tables.save(folder / "split.csv", tables.SplitRow, table)
    decode.run(folder, folder / "pixels.npy", DecodeParams(size=SIZE, delivery=DELIVERY))
    return folder, table, images


def test_pixels_are_each_picture_delivered_in_the_manifests_order(planted):
    folder, table, images = planted
    pixels = np.load(folder / "pixels.npy")
    assert list(table["picture"]) != sorted(table["picture"])
    for row, image in enumerate(images):
        assert np.array_equal(pixels[row], deliver(image, DELIVERY, SIZE))
    as_found = DecodeParams(size=SIZE, delivery=None)
    decode.run(folder, folder / "as_found.npy", as_found)
    assert np.array_equal(np.load(folder / "as_found.npy")[7], deliver(images[7], None, SIZE))


def test_the_audit_looks_at_originals_of_train_and_at_their_own_pixels(planted):
    folder, table, images = planted
    wanted = table[(table["split"] == "train") & (table["view"] == "original")]
    train = seen.train(folder, folder / "split.csv")
    assert train["picture"].tolist() == wanted["picture"].tolist()
    assert train["group"].tolist() == wanted["group"].tolist()
    pixels = np.load(folder / "pixels.npy")
    found = seen.seen(folder, pixels, train, AUDIT, DELIVERY)
    assert list(found) == [words.AS_FOUND, words.DELIVERED]
    as_found, delivered = found[words.AS_FOUND], found[words.DELIVERED]
    own = [images[row] for row in wanted.index]
    for thumbnails, given in (
        (as_found.thumbnails, own),
        (delivered.thumbnails, [Image.fromarray(pixels[row]) for row in wanted.index]),
    ):
        assert thumbnails == pytest.approx(np.stack([cues.thumbnail(one) for one in given]))
    # A fact of a raw file counts once, whatever number of its tiles is used.
    firsts = wanted.drop_duplicates("raw")
    assert len(firsts) < len(wanted)
    assert as_found.facts["width"].tolist() == firsts["raw_width"].tolist()
    assert as_found.facts["aspect"].tolist() == (firsts["raw_width"] / 150).tolist()
    sizes = [len(as_jpeg(one, DELIVERY)) for one in own]
    assert (delivered.facts["bytes_per_pixel"] * 48**2).tolist() == pytest.approx(sizes)
    for one, of in ((as_found.facts_of, firsts), (as_found.pictures, wanted)):
        assert one.labels.tolist() == (of["label"] == "ai").astype(int).tolist()
        groups = of["group"].to_numpy()
        assert len(one.folds) == AUDIT.folds
        for inside, outside in one.folds:
            assert not set(groups[inside]) & set(groups[outside])


def test_what_may_be_chance_tells_nothing():
    def null(auc: float, low: float) -> dict[str, float]:
        return {"n": 40, "roc_auc": auc, "roc_auc_low": low, "roc_auc_high": 0.8}

    numbers = {words.AS_FOUND: {"facts": null(0.62, 0.48), "thumbnail": null(0.58, 0.5)}}
    facts = pd.DataFrame(
        {"fact": ["width"], "roc_auc": [0.6], "roc_auc_low": [0.45], "when": words.AS_FOUND}
    )
    said = words.verdict(numbers, facts, {})
    assert "File facts alone do not tell the classes apart" in said
    assert "Single facts that separate them: none." in said
    assert "Neither tells the classes apart." in said
    told = {words.AS_FOUND: {"facts": null(0.62, 0.51), "thumbnail": null(0.58, 0.5)}}
    assert "Only above 0.62 does a detector show" in words.verdict(told, facts, {})


def test_augmentations_are_shown_on_training_pictures(planted, tmp_path, monkeypatch):
    folder, table, _ = planted
    shown = {}
    monkeypatch.setattr(
        contact_sheet,
        "save",
        lambda path, _title, cells, _columns: shown.update({path.name: cells}),
    )
    changes = {"operations": ("none", "flip"), "flip": "vertical"}
    still = AugmentationParams(**STILL | changes)
    sheets.run(folder / "pixels.npy", folder / "split.csv", tmp_path / "sheets", still)
    pixels = np.load(folder / "pixels.npy")
    for cell in shown["augmentations.jpg"]:
        name = cell.caption.split("\n")[0]
        if name != "flip":  # of these strengths the others change nothing
            rows = np.flatnonzero(np.abs(pixels - cell.pixels.astype(int)).max((1, 2, 3)) <= 1)
        else:
            rows = np.flatnonzero((pixels[:, ::-1] == cell.pixels).all(axis=(1, 2, 3)))
        assert table["split"][rows].tolist() == ["train"]
    for cell in shown["samples.jpg"]:
        (row,) = np.flatnonzero((pixels == cell.pixels).all(axis=(1, 2, 3)))
        assert cell.caption == f"{table['source'][row]}\n{table['label'][row]}"


def test_a_released_file_is_the_measured_one_with_its_card(tmp_path):
    made = card.Card(
        title="Planted", data="data/planted", drawn=False, pictures={}, sources={},
        figures={"external": {"n": 9, "roc_auc": 0.75, "roc_auc_low": 0.6}}, parts=(), changes=(),
    )  # fmt: skip
    (tmp_path / "card.json").write_text(made.model_dump_json(), encoding="utf-8")
    about = toy_detector.describe(threshold=0.3, model="planted")
    toy_detector.write(tmp_path / "measured.onnx", about)
    release.run(tmp_path / "measured.onnx", tmp_path / "card.json", tmp_path / "released.onnx")
    released = Detector.load(tmp_path / "released.onnx")
    assert released.card == made
    assert released.description == about
    measured = Detector.load(tmp_path / "measured.onnx")
    assert measured.card is None
    for value in (80, 100, 130):
        picture = toy_detector.planted(value)
        assert released.check(picture) == measured.check(picture)


def test_the_sample_follows_its_seed_and_size(tmp_path):
    def drawn(pictures: int, seed: int) -> dict[str, bytes]:
        folder = tmp_path / f"{pictures}-{seed}"
        sample.run(folder, SampleParams(pictures=pictures, seed=seed))
        files = [path for path in folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    first, again, other = drawn(20, 1), drawn(20, 1), drawn(20, 2)
    assert first == again
    assert len(first) == len(other) == 20
    stems = [{Path(name).with_suffix("") for name in one} for one in (first, other)]
    assert stems[0] == stems[1]
    assert not set(first.values()) & set(other.values())
