import unicodedata

import numpy as np
import pytest
from PIL import Image

from conftest import ROOT, encoded
from real_or_ai import registry
from real_or_ai.conventions.errors import ParamsError, RawFolderError, UserError
from real_or_ai.experiments import doctor
from real_or_ai.experiments.set_params import changed

NOISE = np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype=np.uint8)


@pytest.fixture
def checked(values, raw, no_overrides):
    """Runs the doctor on the raw folder, with changes of its own and some that a person asks for.

    Without an external source and with a test set of 5 unless they say otherwise.
    """

    def check(asked: dict[str, str] | None = None, **changes: str) -> str:
        there = {
            "prepare.raw": str(raw.path),
            "prepare.overrides": str(no_overrides),
            "split.external": "[]",
            "split.test": "5",
        }
        return doctor.check(changed(values, there | changes | (asked or {})), asked=asked)

    return check


def add(raw, real: int, ai: int, source: str = "web") -> None:
    for label, count in (("real", real), ("ai", ai)):
        for number in range(count):
            raw.add(f"{source}/{label}/{number}.png", Image.fromarray(NOISE))


def test_a_sound_folder_is_summed_up(raw, checked):
    add(raw, 60, 53)
    add(raw, 5, 5, "elsewhere")
    assert checked(**{"split.external": "[elsewhere]"}) == (
        f"{raw.path}: 60 real and 53 ai files to learn from; sources: elsewhere, web"
    )


@pytest.mark.parametrize(
    ("files", "test", "size"), [(5, 30, None), (20, 30, 4), (60, 2000, 12), (60, 58, 12)]
)
def test_too_few_files_are_named_with_a_size_that_works(raw, checked, files, test, size):
    """Train needs pictures for its folds, too: 58 of 60 leave none, though val has its own."""
    add(raw, files + 10, files)
    add(raw, 50, 50, "elsewhere")
    with pytest.raises(RawFolderError) as raised:
        checked(**{"split.test": str(test), "split.external": "[elsewhere]"})
    said = str(raised.value)
    assert f"holds {files + 10} real and {files} ai files outside the external" in said
    assert f"audit.folds=5 need about {test + 7} of each class" in said
    if size is None:
        assert said.endswith("; add pictures")
    else:
        assert said.endswith(f"; set split.test to {size}, or add pictures")
        checked(**{"split.test": str(size), "split.external": "[elsewhere]"})


def test_a_test_set_can_be_filled_from_grids(raw, checked, draw_scene):
    sheet = Image.new("RGB", (404, 404), "white")
    for number in range(4):
        sheet.paste(draw_scene(number, size=(200, 200)), (number % 2 * 204, number // 2 * 204))
    for number in range(12):
        for label in ("real", "ai"):
            raw.add(f"web/{label}/{number}.png", sheet)
    assert "12 real and 12 ai files" in checked(**{"split.test": "16"})
    with pytest.raises(RawFolderError, match="about 48 real and 48 ai pictures, but"):
        checked(**{"split.test": "44"})


def test_a_source_that_is_not_there_is_said_and_refused_where_it_was_asked_for(raw, checked):
    add(raw, 60, 60)
    assert "split.external names elsewhere, which is no source there" in checked(
        **{"split.external": "[elsewhere]"}
    )
    assert "names elsewhere, which" in checked(
        {"split.test": "6", "prepare.min_side": "30"}, **{"split.external": "[elsewhere]"}
    )
    for name in ("elsewhere", "SOURCE"):
        with pytest.raises(RawFolderError, match=rf"names '{name}', which is .* sources are web"):
            checked({"split.external": f"[{name}]"})
    add(raw, 5, 5, "telephone")
    with pytest.raises(RawFolderError, match=r"names 'telefone', .*; did you mean telephone\? "):
        checked(**{"split.external": "[telefone]"})


def test_what_is_left_out_is_said_in_one_line(raw, checked):
    add(raw, 60, 60)
    for name in ("web/ai/1.txt", "web/ai/2.txt", "web/real/Thumbs.db", "__MACOSX/web/ai/1.png"):
        raw.add(name, encoded(Image.fromarray(NOISE)) if name.endswith("png") else b"text")
    line = "left out, as no pictures: 4 files (2 .txt, 1 below __MACOSX, 1 named Thumbs.db)"
    assert f"\n{raw.path}: {line}\n" in checked() + "\n"


def test_the_report_s_folds_need_fewer_pictures_as_they_cut_copies_apart(raw, checked):
    add(raw, 14, 14)
    folds = {"fit_svm.folds": "9", "split.test": "2"}
    with pytest.raises(RawFolderError, match=r"fit_svm\.folds=9 need about 17 of each class"):
        checked(**folds, **{"split.val": "0.4"})
    assert "14 real" in checked(**folds, **{"split.val": "0.4", "prepare.protocol": "paper"})


def test_too_small_a_val_is_said(raw, checked):
    add(raw, 30, 30)
    assert "val is to have 7 groups of a class: with fewer than 9 every verdict is unsure" in (
        checked()
    )


def test_turns_name_sources_that_are_learned_from_and_are_the_units_of_the_promise(raw, checked):
    for source in ("web", "press", "albums"):
        add(raw, 20, 20, source)
    turns = {"calibrate.turns": "[[web],[press,albums]]", "split.external": "[]"}
    assert "calibrate.turns have 3 sources of a class: with fewer than 9 every" in checked(**turns)
    assert "every verdict is unsure" not in checked(**turns, **{"calibrate.alpha": "0.25"})
    for names, missing in (("[[web],[zoo,press]]", "zoo"), ("[[web],[albums]]", "albums")):
        external = "[albums]" if missing == "albums" else "[]"
        with pytest.raises(RawFolderError, match=f"calibrate.turns names {missing}, of which noth"):
            checked(**{"calibrate.turns": names, "split.external": external})


def test_a_source_is_known_however_its_accents_are_written(raw, checked):
    add(raw, 60, 60)
    add(raw, 5, 5, unicodedata.normalize("NFD", "Élysée"))
    assert "60 real and 60 ai files" in checked({"split.external": '["Élysée"]'})


@pytest.mark.parametrize("there", [".", "data", "data/prepared", "data/prepared/raw"])
def test_a_folder_that_the_pipeline_writes_into_is_refused(
    values, no_overrides, monkeypatch, tmp_path, there
):
    monkeypatch.chdir(tmp_path)
    paths = {"prepare.raw": there, "prepare.overrides": str(no_overrides)}
    with pytest.raises(RawFolderError, match="holds data/prepared or lies in it"):
        doctor.check(changed(values, paths))


def test_what_dvc_cannot_hash_is_said(raw, checked):
    add(raw, 40, 40)
    (raw.path / "web/real/bad.png").symlink_to("gone.png")
    with pytest.raises(RawFolderError, match=r"DVC cannot hash .*bad\.png: a link that leads"):
        checked()


def test_embedded_data_are_judged_by_what_will_be_drawn(values, no_overrides):
    def check(**changes: str) -> str:
        return doctor.check(changed(values, {"prepare.overrides": str(no_overrides)} | changes))

    assert check(**{"sample.pictures": "1000", "split.test": "150"}) == (
        "data/sample: 400 real and 400 ai files to learn from; sources: elsewhere, studio, web"
    )
    with pytest.raises(RawFolderError, match=r"holds 8 real and 8 ai .* 8 real and 14 ai pic"):
        check(**{"sample.pictures": "20", "split.test": "150"})


def test_weights_that_are_nowhere_are_said(raw, checked):
    add(raw, 40, 40)
    with pytest.raises(
        ParamsError, match=r"features.weights is imagnet, neither a file nor one of"
    ):
        checked(**{"features.weights": "imagnet"})


def test_a_missing_overrides_table_is_said(raw, checked):
    add(raw, 40, 40)
    with pytest.raises(UserError, match=r"gone\.csv: no such table; make it, with `raw,action` as"):
        checked(**{"prepare.overrides": "gone.csv"})


def test_mistakes_in_what_a_person_wrote_are_said(raw, checked, no_overrides):
    add(raw, 40, 40)
    no_overrides.write_text("raw,action\nweb/real/gone.png,exclude\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"overrides\.csv:2: there is no raw file"):
        checked()
    no_overrides.write_text("raw,action\nweb/real/1.png,keep\n", encoding="utf-8")
    (raw.path / "groups.csv").write_text("raw,group\nweb/real/2.png,\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"groups\.csv:2: names no group"):
        checked()


@pytest.mark.parametrize(
    ("networks", "detectors", "said"),
    [
        (
            ("lenet5",),
            ("lenet5", "svm"),
            "registry.py: has no row for cnn, which params.yaml names",
        ),
        (("lenet5", "cnn", "mlp"), ("lenet5", "cnn", "mlp", "svm"), "train.mlp is missing, which"),
        (("lenet5", "cnn"), ("lenet5", "cnn"), r"differ in svm; write detectors: \[lenet5, cnn\]"),
    ],
)
def test_a_detector_that_does_not_stand_everywhere_is_named(
    monkeypatch, values, networks, detectors, said
):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(registry, "NETWORKS", networks)
    monkeypatch.setattr(registry, "DETECTORS", dict.fromkeys(detectors))
    with pytest.raises(UserError, match=said):
        doctor.check(values)


def test_the_repository_itself_is_sound(monkeypatch, values, project):
    monkeypatch.chdir(project)
    assert doctor.check(values).startswith("data/sample: ")
