import pytest
from PIL import Image

from conftest import ROOT
from real_or_ai.conventions.errors import ParamsError, RawFolderError, UserError
from real_or_ai.experiments import doctor
from real_or_ai.experiments.running import changed


@pytest.fixture
def checked(values, raw, no_overrides):
    """Runs the doctor on the raw folder, with changes."""

    def check(**changes: str) -> str:
        paths = {"prepare.raw": str(raw.path), "prepare.overrides": str(no_overrides)}
        return doctor.check(changed(values, paths | changes))

    return check


def add(raw, real: int, ai: int, source: str = "web") -> None:
    for label, count in (("real", real), ("ai", ai)):
        for number in range(count):
            raw.add(f"{source}/{label}/{number}.png", Image.new("RGB", (8, 8)))


def test_a_sound_folder_is_summed_up(raw, checked):
    add(raw, 40, 33)
    add(raw, 5, 5, "elsewhere")
    assert checked() == (
        f"{raw.path}: 40 real and 33 ai files to learn from; sources: elsewhere, web"
    )


def test_too_few_files_are_named_with_a_size_that_works(raw, checked):
    add(raw, 40, 7)  # even seven grids of 64 are too few
    add(raw, 50, 50, "elsewhere")
    with pytest.raises(RawFolderError) as raised:
        checked(**{"split.test": "450"})
    assert str(raised.value) == (
        f"{raw.path}: holds 7 ai files outside the external sources (elsewhere), but split.test "
        "asks for 450 and train and val need more; set split.test to 5 or less, or add pictures"
    )
    checked(**{"split.test": "5"})


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
    with pytest.raises(RawFolderError, match="holds 8 real files"):
        check(**{"sample.pictures": "20", "split.test": "150"})


def test_weights_that_are_nowhere_are_said(raw, checked):
    add(raw, 40, 40)
    with pytest.raises(
        ParamsError, match=r"features.weights is imagnet, neither a file nor one of"
    ):
        checked(**{"features.weights": "imagnet"})


def test_a_missing_overrides_table_is_said(raw, checked):
    add(raw, 40, 40)
    with pytest.raises(UserError, match=r"gone\.csv: no such table"):
        checked(**{"prepare.overrides": "gone.csv"})


def test_mistakes_in_what_a_person_wrote_are_said(raw, checked, no_overrides):
    add(raw, 40, 40)
    no_overrides.write_text("raw,action\nweb/real/gone.png,exclude\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"overrides\.csv:2: there is no raw file"):
        checked()
    no_overrides.write_text("raw,action\nweb/real/1.png,exclude\n", encoding="utf-8")
    (raw.path / "groups.csv").write_text("raw,group\nweb/real/2.png,\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"groups\.csv:2: names no group"):
        checked()


def test_the_repository_itself_is_sound(monkeypatch, values):
    monkeypatch.chdir(ROOT)
    assert doctor.check(values).startswith("data/sample: ")
