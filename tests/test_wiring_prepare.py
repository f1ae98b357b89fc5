"""That `prepare` cuts where a person says, draws each picture's own copies and counts right."""

import json

import numpy as np
import pytest
from PIL import Image

from conftest import encoded
from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import RawFolderError
from real_or_ai.pictures import decoding
from real_or_ai.stages.prepare import __main__ as stage


@pytest.fixture
def run(raw, no_overrides, tmp_path, prepare_params, strengths):
    """Prepares the raw folder: (manifest, rejected, prepare.json)."""

    def prepared(**changes):
        stage.run(
            raw.path,
            no_overrides,
            tmp_path / "prepared",
            tmp_path / "prepare.json",
            params=prepare_params.model_copy(update=changes),
            strengths=strengths,
        )
        read = (tables.read(tmp_path / f"prepared/{name}.csv") for name in ("manifest", "rejected"))
        return *read, json.loads((tmp_path / "prepare.json").read_text(encoding="utf-8"))

    return prepared


def places(width: int, height: int) -> np.ndarray:
    """Each pixel says its column and row in red and green; blue is rough, as in photographs."""
    rows, columns = np.mgrid[:height, :width]
    blue = np.random.default_rng(width).integers(0, 255, (height, width))
    return np.stack([columns, rows, blue], axis=2).astype(np.uint8)


def pixels(tmp_path, name: str) -> np.ndarray:
    data = (tmp_path / "prepared" / name).read_bytes()
    return np.asarray(decoding.decode(data, 10**7).image)


def test_a_grid_by_a_person_is_cut_to_the_pixel(base, run, no_overrides, tmp_path):
    """197 = 65 + 66 + 66 columns, 151 = 75 + 76 rows."""
    whole = places(197, 151)
    base.add("web/ai/grid.png", Image.fromarray(whole))
    no_overrides.write_text('raw,action\n"web/ai/grid.png",grid 2 3\n', encoding="utf-8")
    kept, _, numbers = run()
    tiles = kept[kept["raw"] == "web/ai/grid.png"].set_index("tile")
    assert sorted(tiles.index) == ["r0c0", "r0c1", "r0c2", "r1c0", "r1c1", "r1c2"]
    xs, ys = [0, 65, 131, 197], [0, 75, 151]
    for row in range(2):
        for column in range(3):
            one = tiles.loc[f"r{row}c{column}"]
            x0, x1, y0, y1 = xs[column], xs[column + 1], ys[row], ys[row + 1]
            assert one["crop_box"] == f"{x0} {y0} {x1} {y1}"
            assert np.array_equal(pixels(tmp_path, one["picture"]), whole[y0:y1, x0:x1])
    assert numbers["ai"]["split"] == 1
    assert numbers["ai"]["pictures"] == 7


def test_every_picture_loses_the_margin_that_is_asked(base, run, tmp_path):
    whole = places(200, 150)
    base.add("web/real/places.png", Image.fromarray(whole))
    kept, *_ = run(crop_both_classes=0.1)
    one = kept[kept["raw"] == "web/real/places.png"].iloc[0]
    assert one["crop_box"] == "20 15 180 135"
    assert np.array_equal(pixels(tmp_path, one["picture"]), whole[15:135, 20:180])


def test_each_pictures_copies_are_its_own(base, run, tmp_path):
    """Two grays with the same noise on them would differ by the same everywhere."""
    flat = {"a": 96, "b": 144}
    for name, gray in flat.items():  # the frame keeps them from being blank
        image = Image.fromarray(places(160, 120))
        image.paste((gray,) * 3, (40, 30, 120, 90))
        base.add(f"web/real/{name}.png", image)
    kept, *_ = run(protocol="paper")
    assert sorted(kept["view"].unique()) == ["crop", "flip", "noise", "original", "rotate"]
    noise = {}
    for name, gray in flat.items():
        rows = kept[(kept["raw"] == f"web/real/{name}.png") & (kept["view"] == "noise")]
        middle = pixels(tmp_path, rows["picture"].iloc[0])[40:80, 50:110].astype(float)
        noise[name] = (middle - gray).ravel()
    assert abs(np.corrcoef(noise["a"], noise["b"])[0, 1]) < 0.1


def test_the_limit_of_rejections_is_met_exactly(base, run):
    base.add("web/real/cut.jpg", encoded(Image.fromarray(places(80, 80)), "JPEG")[:700])
    base.add("web/ai/note.jpg", b"a note")
    _, rejected, numbers = run(max_rejected_share=0.5)
    assert len(rejected) == 2
    for label in ("real", "ai"):
        found = numbers[label]
        assert (found["raw_files"], found["rejected"], found["pictures"]) == (2, 1, 1)
    with pytest.raises(RawFolderError, match="2 of 4 raw files are rejected"):
        run(max_rejected_share=0.49)


def test_pictures_that_share_their_first_row_are_two(base, run):
    """And their hash: neither is a copy of the other."""
    first = places(120, 120)
    second = first.copy()
    second[60, 60] ^= 1
    base.add("web/real/first.png", Image.fromarray(first))
    base.add("web/real/second.png", Image.fromarray(second))
    kept, rejected, _ = run()
    assert rejected.empty
    looks = kept[kept["raw"].isin(["web/real/first.png", "web/real/second.png"])]["phash"]
    assert len(looks) == 2
    assert looks.nunique() == 1


def test_what_is_left_whole_is_the_raw_files_bytes(base, run, tmp_path, draw_scene):
    data = encoded(draw_scene(5), "JPEG", quality=80)
    base.add("web/real/whole.jpg", data)
    kept, *_ = run()
    (name,) = kept.loc[kept["raw"] == "web/real/whole.jpg", "picture"]
    assert (tmp_path / "prepared" / name).read_bytes() == data


def test_groups_by_a_person_tie(base, run):
    base.add("groups.csv", b"raw,group\nweb/real/sound.png,trip\nweb/ai/sound.png,trip\n")
    kept, *_ = run()
    assert all("group trip" in json.loads(ties) for ties in kept["ties"])
