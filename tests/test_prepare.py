import hashlib
import json
import os
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from conftest import encoded
from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import RawFolderError, UserError
from real_or_ai.conventions.labels import COPIES
from real_or_ai.pictures import decoding
from real_or_ai.stages.prepare import __main__ as prepare
from real_or_ai.stages.sample import treatments
from real_or_ai.stages.split import grouping


@pytest.fixture
def run(raw, no_overrides, tmp_path, prepare_params, strengths):
    """Prepares the raw folder: (rows of the manifest, rows of rejected) by raw file."""

    def prepared(**changes):
        params = prepare_params.model_copy(update={"max_rejected_share": 1.0} | changes)
        prepare.run(
            raw.path,
            no_overrides,
            tmp_path / "prepared",
            tmp_path / "prepare.json",
            params=params,
            strengths=strengths,
        )
        kept = tables.read(tmp_path / "prepared" / "manifest.csv")
        rejected = tables.read(tmp_path / "prepared" / "rejected.csv")
        return kept, rejected

    return prepared


def test_every_raw_file_stands_in_exactly_one_table(base, run, draw_scene):
    base.add("web/real/cut.jpg", encoded(draw_scene(3), "JPEG")[:2000])
    base.add("web/real/empty.jpg", b"")
    base.add("web/real/text.jpg", b"no picture")
    base.add("web/real/tiny.png", Image.new("RGB", (1, 1)))
    base.add("web/real/wide.png", Image.new("RGB", (5000, 10), "red"))
    base.add("web/real/blank.png", Image.new("RGB", (100, 100), "red"))
    base.add("web/real/copy.png", draw_scene(1))
    base.add('web/real/name\nwith, "all" of Ünïcode 🖼.png', draw_scene(4))
    base.add("web/ai/note.jpg", b"a note")
    base.add("web/ai/a.b.webp", encoded(draw_scene(5), "WEBP"))
    base.add("web/ai/really-png.jpg", draw_scene(6))
    base.add("notes.md", encoded(draw_scene(9)))  # what is a picture by content is looked at
    folder = base.path / "web" / "real"
    (folder / "dangling.png").symlink_to("nowhere")
    (folder / "loop.png").symlink_to("loop.png")
    (folder / "linked.png").symlink_to(base.add("../elsewhere.png", draw_scene(7)))
    (folder / "folder.png").mkdir()
    base.add("web/real/folder.png/inside.png", draw_scene(8))
    os.mkfifo(folder / "pipe.png")
    kept, rejected = run()

    names = {
        os.path.relpath(os.path.join(place, name), base.path)
        for place, _, files in os.walk(base.path)
        for name in files
    }
    assert Counter([*kept["raw"], *rejected["raw"]]) == Counter(names)
    reasons = dict(zip(rejected["raw"], rejected["reason"], strict=True))
    assert reasons == {
        "web/real/cut.jpg": "damaged",
        "web/real/empty.jpg": "empty file",
        "web/real/text.jpg": "not a picture",
        "web/real/tiny.png": "too small",
        "web/real/wide.png": "too small",
        "web/real/blank.png": "screenshot",
        "web/real/sound.png": "copy",
        "web/ai/note.jpg": "not a picture",
        "notes.md": "outside the class folders",
        "web/real/dangling.png": "unreadable file",
        "web/real/loop.png": "unreadable file",
        "web/real/pipe.png": "not a file",
    }


def test_prepared_pictures_are_what_the_manifest_says(base, run, draw_scene, tmp_path):
    grid = Image.new("RGB", (320, 320))
    for place in range(4):
        tile = draw_scene(20 + place, "ai", size=(160, 160))
        grid.paste(tile, (place % 2 * 160, place // 2 * 160))
    base.add("web/ai/dalle/grid.png", grid)
    base.add("web/ai/dalle/signed.png", treatments.squares(draw_scene(30, "ai", size=(300, 300))))
    kept, _ = run()
    for row in kept.itertuples():
        raw_image = decoding.decode((base.path / row.raw).read_bytes(), 10**8).image
        prepared = decoding.decode((tmp_path / "prepared" / row.picture).read_bytes(), 10**8).image
        box = tuple(map(int, row.crop_box.split())) if row.crop_box else (0, 0, *raw_image.size)
        assert prepared.tobytes() == raw_image.crop(box).tobytes()
        assert prepared.size == (row.width, row.height)
    tiles = kept[kept["raw"] == "web/ai/dalle/grid.png"]
    assert list(tiles["tile"]) == ["r0c0", "r0c1", "r1c0", "r1c1"]
    assert set(tiles["generator"]) == {"dalle"}
    signed = kept[kept["raw"] == "web/ai/dalle/signed.png"].iloc[0]
    assert signed["crop_box"].startswith("0 0 300 29")
    whole = kept[kept["raw"] == "web/real/sound.png"].iloc[0]
    assert (whole["raw_format"], whole["raw_width"], whole["raw_height"]) == ("PNG", 240, 200)
    assert whole["raw_bytes"] == (base.path / "web/real/sound.png").stat().st_size


def test_the_manifest_says_how_a_file_was_encoded(base, run, draw_scene):
    options = {"quality": 90, "subsampling": "4:2:2", "comment": "hi"}
    base.add("web/real/shot.jpg", encoded(draw_scene(40), "JPEG", **options))
    kept = run()[0].set_index("raw")
    columns = ["raw_jpeg_quality", "raw_jpeg_subsampling", "raw_metadata"]
    assert list(kept.loc["web/real/shot.jpg", columns]) == ["90", "4:2:2", "comment"]
    assert list(kept.loc["web/real/sound.png", columns]) == ["", "", ""]


def test_what_both_classes_claim_is_rejected(base, run, draw_scene):
    base.add("web/real/claimed.png", draw_scene(9))
    base.add("web/ai/claimed.bmp", encoded(draw_scene(9), "BMP"))
    _, rejected = run()
    assert dict(zip(rejected["raw"], rejected["reason"], strict=True)) == {
        "web/real/claimed.png": "in both classes",
        "web/ai/claimed.bmp": "in both classes",
    }


def test_what_only_hashes_alike_is_no_copy(base, run, draw_scene):
    near = draw_scene(9)
    near.putpixel((0, 0), (1, 2, 3))
    base.add("web/real/one.png", draw_scene(9))
    base.add("web/real/near.png", near)
    kept, rejected = run()
    twins = kept[kept["raw"].isin(["web/real/one.png", "web/real/near.png"])]
    assert len(twins) == 2
    assert twins["phash"].nunique() == 1
    assert rejected.empty


def test_a_person_can_exclude_a_file(base, run, draw_scene, no_overrides):
    base.add("web/real/out.png", draw_scene(10))
    no_overrides.write_text("raw,action\nweb/real/out.png,exclude\n", encoding="utf-8")
    _, rejected = run()
    assert list(rejected["reason"]) == ["excluded by a person"]


def test_a_persons_word_beats_detection(base, run, draw_scene, no_overrides):
    base.add("web/ai/page.png", treatments.screenshot(draw_scene(10)))
    base.add("web/ai/signed.png", treatments.squares(draw_scene(11, size=(300, 300))))
    base.add("web/ai/cut.png", draw_scene(12))
    base.add("web/ai/sheet.png", draw_scene(13, size=(302, 200)))
    no_overrides.write_text(
        "raw,action\nweb/ai/page.png,keep\nweb/ai/signed.png,keep\n"
        "web/ai/cut.png,crop 10 20 110 90\nweb/ai/sheet.png,grid 2 3\n",
        encoding="utf-8",
    )
    kept, rejected = run()
    assert rejected.empty
    boxes = {raw: list(rows["crop_box"]) for raw, rows in kept.groupby("raw")}
    assert boxes["web/ai/page.png"] == boxes["web/ai/signed.png"] == [""]
    assert boxes["web/ai/cut.png"] == ["10 20 110 90"]
    assert boxes["web/ai/sheet.png"][:4] == [
        "0 0 100 100", "100 0 201 100", "201 0 302 100", "0 100 100 200"
    ]  # fmt: skip
    assert list(kept.loc[kept["raw"] == "web/ai/sheet.png", "tile"])[-1] == "r1c2"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            "raw,action\nweb/real/none.png,exclude\n",
            ":2: there is no raw file 'web/real/none.png'; .* name this one's own in prepare.overr",
        ),
        (
            "raw,action\nweb/real/sound.png,burn\n",
            ":2: action is 'burn'; known are keep, exclude, crop, grid",
        ),
        (
            "raw,action\nweb/real/sound.png,crop 0 0 9\n",
            ":2: .* expected `crop x0 y0 x1 y1` in whole",
        ),
        ("raw,action\nweb/real/sound.png,crop 9 0 9 9\n", ":2: .* is no box"),
        ("raw,action\nweb/real/sound.png,crop 0 0 241 9\n", "the upright picture is 240x200"),
        ("raw,action\nweb/real/sound.png,grid 0 2\n", ":2: .* has no tiles"),
        ("raw,action\n" + 2 * "web/real/sound.png,keep\n", ":3: names 'web/real/sound.png' again"),
        ("file,action\n", "its first line must be `raw,action`"),
        ("raw,action\na,b,c\n", ":2: has 3 columns, expected raw,action"),
    ],
)
@pytest.mark.usefixtures("base")
def test_a_mistake_in_the_overrides_is_one_sentence(run, no_overrides, lines, message):
    no_overrides.write_text(lines, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        run()


def ties(kept):
    return dict(zip(kept["raw"], map(json.loads, kept["ties"]), strict=True))


def test_a_mistake_found_in_another_process_is_the_same_sentence(base, run, no_overrides):
    for number in range(40):
        base.add(f"web/real/{number}.png", Image.new("RGB", (50, 40), (number, 9, 9)))
    no_overrides.write_text("raw,action\nweb/real/7.png,crop 0 0 51 9\n", encoding="utf-8")
    with pytest.raises(UserError, match="the upright picture is 50x40; correct the box"):
        run()


def test_groups_csv_ties_raw_files(base, run):
    table = base.path / "groups.csv"
    table.write_text(
        "raw,group\nweb/real/sound.png,p1\nweb/ai/sound.png,p1\nweb/ai/sound.png,p2\n", "utf-8"
    )
    assert ties(run()[0]) == {
        "web/ai/sound.png": ["file web/ai/sound.png", "group p1", "group p2"],
        "web/real/sound.png": ["file web/real/sound.png", "group p1"],
    }
    table.write_text("raw,group\nweb/real/gone.png,p1\n", encoding="utf-8")
    sentence = r"there is no raw file 'web/real/gone\.png'; correct or delete the line$"
    with pytest.raises(UserError, match=sentence):
        run()


def test_a_copy_hands_on_what_it_was_tied_to(base, run, draw_scene):
    """Else a tile's twin and the other tiles of its grid could end in train and in test."""
    tiles = [draw_scene(40 + place, size=(160, 160)) for place in range(4)]
    grid = Image.new("RGB", (320, 320))
    for place, tile in enumerate(tiles):
        grid.paste(tile, (place % 2 * 160, place // 2 * 160))
    base.add("web/real/a-twin.png", tiles[0])
    base.add("web/real/grid.png", grid)
    base.add("web/real/z-twin.png", tiles[3])
    (base.path / "groups.csv").write_text("raw,group\nweb/real/z-twin.png,p\n", encoding="utf-8")
    kept, rejected = run()
    assert list(rejected["raw"]) == ["web/real/z-twin.png"]
    groups = {member.picture: member.group for member in grouping.grouped(kept, max_distance=0)}
    of_raw = {row.raw: groups[row.picture] for row in kept.itertuples()}
    assert of_raw["web/real/a-twin.png"] == of_raw["web/real/grid.png"]
    assert of_raw["web/real/sound.png"] != of_raw["web/real/grid.png"]
    last = kept[kept["tile"] == "r1c1"].iloc[0]
    assert json.loads(last["ties"]) == [
        "file web/real/grid.png",
        "file web/real/z-twin.png",
        "group p",
    ]


def test_a_class_that_does_not_survive_is_named(raw, run, draw_scene):
    raw.add("web/real/a.png", draw_scene(1))
    raw.add("web/ai/a.png", b"no picture")
    with pytest.raises(RawFolderError, match=r"no ai picture is left .* not a picture \(1\)"):
        run()


def test_too_many_rejected_files_fail_with_the_reasons(base, run, tmp_path):
    for number in range(8):
        base.add(f"web/real/{number}.jpg", b"" if number % 2 else b"no")
    with pytest.raises(RawFolderError) as raised:
        run(max_rejected_share=0.5)
    message = str(raised.value)
    assert "8 of 10 raw files are rejected" in message
    assert "not a picture (4)" in message
    assert "empty file (4)" in message
    assert not (tmp_path / "prepared").exists()


def test_a_credential_that_takes_too_much_rejects_the_picture(base, run, draw_scene):
    base.add("web/ai/bar.png", treatments.strip(draw_scene(11, size=(240, 80))))
    _, rejected = run(max_cropped_share=0.1)
    assert list(rejected["reason"]) == ["credential too large"]


def test_large_pictures_are_refused_before_decoding(base, run):
    base.add("web/ai/bomb.png", encoded(Image.new("1", (20000, 20000))))
    _, rejected = run()
    assert list(rejected["reason"]) == ["too many pixels"]


def test_raw_files_are_never_written_to(base, run):
    before = {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in base.path.rglob("*.png")
    }
    run()
    after = {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in base.path.rglob("*.png")
    }
    assert before == after


def test_hashes_are_alike_for_near_duplicates_only(base, run, draw_scene):
    image = draw_scene(12)
    base.add("web/real/a.png", image)
    base.add("web/real/b.jpg", encoded(image.resize((200, 167)), "JPEG", quality=80))
    kept, _ = run()
    bits = {
        row.raw: np.unpackbits(np.frombuffer(bytes.fromhex(row.phash), np.uint8))
        for row in kept.itertuples()
    }
    assert all(len(one) == 256 for one in bits.values())
    assert (bits["web/real/a.png"] != bits["web/real/b.jpg"]).sum() <= 24
    assert (bits["web/real/a.png"] != bits["web/real/sound.png"]).sum() > 80


def test_the_papers_copies_stand_beside_their_original(base, run, draw_scene, tmp_path):
    grid = Image.new("RGB", (320, 320))
    for place in range(4):
        grid.paste(draw_scene(20 + place, "ai", (160, 160)), (place % 2 * 160, place // 2 * 160))
    base.add("web/ai/grid.png", grid)
    originals, _ = run()
    metrics = (tmp_path / "prepare.json").read_bytes()
    kept, _ = run(protocol="paper")
    assert (tmp_path / "prepare.json").read_bytes() == metrics  # copies are not prepared twice
    assert list(kept["view"]) == ["original", *COPIES] * len(originals)
    pd.testing.assert_frame_equal(
        kept[kept["view"] == "original"].reset_index(drop=True), originals
    )
    own = ["picture", "view", "sha256", "phash", "width", "height"]
    for start in range(0, len(kept), 5):
        rows = kept.iloc[start : start + 5]
        assert (rows.drop(columns=own).nunique() == 1).all()
        assert rows["sha256"].nunique() == 5
        for row in rows.iloc[1:].itertuples():
            path = tmp_path / "prepared" / row.picture
            assert hashlib.sha256(path.read_bytes()).hexdigest() == row.sha256
            with Image.open(path) as image:
                assert (image.format, image.size) == ("PNG", (row.width, row.height))
    again, _ = run(protocol="paper")
    pd.testing.assert_frame_equal(again, kept)


@pytest.mark.usefixtures("base")
def test_copies_do_not_change_the_groups(run):
    alone, _ = run()
    kept, _ = run(protocol="paper")
    members = grouping.grouped(kept, max_distance=24)
    assert [one for one in members if one.view == "original"] == grouping.grouped(alone, 24)
    groups = {row.picture: row.raw for row in kept.itertuples()}
    assert {groups[one.picture] for one in members} == {groups[one.group] for one in members}
    assert len({one.group for one in members}) == len(alone)
