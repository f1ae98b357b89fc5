import os

import pytest
from PIL import Image

from real_or_ai.conventions.errors import RawFolderError
from real_or_ai.stages.prepare import raw_folder

PICTURE = Image.new("RGB", (40, 40), "teal")


@pytest.fixture
def folders(prepare_params):
    return prepare_params.class_folders


@pytest.mark.parametrize(
    ("name", "label", "source", "generator"),
    [
        ("web/real/a.png", "real", "web", ""),
        ("web/ai/midjourney/v6/a.png", "ai", "web", "midjourney/v6"),
        ("real/a.png", "real", "unnamed", ""),
        ("AiArtData/AiArtData/a.jpg", "ai", "unnamed", ""),
        ("RealArt/RealArt/a.jpg", "real", "unnamed", ""),
        ("kaggle/AiArtData/AiArtData/a.jpg", "ai", "kaggle", ""),
        ("a/b/fake/x y\nz.png", "ai", "a/b", ""),
    ],
)
def test_a_path_says_class_source_and_generator(raw, folders, name, label, source, generator):
    raw.add(name, PICTURE)
    raw.add("other/ai/x.png", PICTURE)
    raw.add("other/real/x.png", PICTURE)
    found = {file.raw: file for file in raw_folder.walk(raw.path, folders).files}
    assert found[name] == raw_folder.RawFile(name, label, source, generator)


@pytest.mark.parametrize("name", ["web/ai/human/x.png", "web/real/b/generated/x.png"])
def test_a_path_of_both_classes_is_one_sentence(raw, folders, name):
    for other in ("a/ai/x.png", "a/real/x.png", name):
        raw.add(other, PICTURE)
    with pytest.raises(RawFolderError, match=r"names both classes, .* \(real\) and .* \(ai\)"):
        raw_folder.walk(raw.path, folders)


def test_files_are_sorted_and_groups_csv_is_no_picture(raw, folders):
    for name in ("real/b.png", "ai/z.png", "real/a.png", "groups.csv", "README.md"):
        raw.add(name, PICTURE)
    names = [file.raw for file in raw_folder.walk(raw.path, folders).files]
    assert names == ["README.md", "ai/z.png", "real/a.png", "real/b.png"]


def test_a_missing_and_an_empty_folder_are_named(tmp_path, folders):
    with pytest.raises(RawFolderError, match="nowhere: no such folder; put pictures into"):
        raw_folder.walk(tmp_path / "nowhere", folders)
    (tmp_path / "empty").mkdir()
    with pytest.raises(RawFolderError, match="empty: holds no pictures; put"):
        raw_folder.walk(tmp_path / "empty", folders)


def test_one_class_alone_is_refused(raw, folders):
    raw.add("web/real/a.png", PICTURE)
    with pytest.raises(RawFolderError, match="holds 1 of real and none of ai; put ai pictures"):
        raw_folder.walk(raw.path, folders)


def test_unknown_class_folders_are_named(raw, folders):
    raw.add("web/fotos/a.png", PICTURE)
    raw.add("web/real/a.png", PICTURE)
    with pytest.raises(RawFolderError, match=r"web/fotos: 1 picture files, but no folder"):
        raw_folder.walk(raw.path, folders)


def test_what_dvc_cannot_hash_is_named(raw):
    raw.add("web/real/good.png", PICTURE)
    folder = raw.path / "web" / "real"
    (folder / "dangling.png").symlink_to("nowhere.png")
    (folder / "loop.png").symlink_to("loop.png")
    (folder / "round-a.png").symlink_to("round-b.png")
    (folder / "round-b.png").symlink_to("round-a.png")
    (folder / "up").symlink_to("..")
    (folder / "linked.png").symlink_to("good.png")
    os.mkfifo(folder / "pipe.png")
    (folder / "linked-pipe.png").symlink_to("pipe.png")
    (folder / "device.png").symlink_to("/dev/null")
    raw.add("web/.dvcignore", b"")
    with open(os.path.join(os.fsencode(folder), b"\xff.png"), "wb"):
        pass
    assert [hazard.removeprefix(f"{raw.path}/web/") for hazard in raw_folder.hazards(raw.path)] == [
        ".dvcignore: DVC takes none inside of data; remove it",
        "real/dangling.png: a link that leads nowhere; remove it",
        "real/device.png: a special file, not a picture; remove it",
        "real/linked-pipe.png: a pipe, not a picture; remove it",
        "real/loop.png: a link that leads nowhere; remove it",
        "real/pipe.png: a pipe, not a picture; remove it",
        "real/round-a.png: a link that leads nowhere; remove it",
        "real/round-b.png: a link that leads nowhere; remove it",
        "real/up: a link to a folder, not followed; put the folder there",
        "real/\\xff.png: its name is not UTF-8; rename it",
    ]


def test_a_folder_that_may_not_be_read_is_not_passed_over(raw, folders, monkeypatch):
    for name in ("web/real/a.png", "web/ai/a.png", "web/ai/locked/b.png"):
        raw.add(name, PICTURE)
    locked = str(raw.path / "web/ai/locked")
    scandir, access = os.scandir, os.access  # as for somebody who is not root

    def denied(path):
        if str(path) == locked:
            raise PermissionError(13, "Permission denied", locked)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    monkeypatch.setattr(os, "access", lambda path, mode: path != locked and access(path, mode))
    names = [file.raw for file in raw_folder.walk(raw.path, folders).files]
    assert names == ["web/ai/a.png", "web/ai/locked", "web/real/a.png"]
    assert raw_folder.hazards(raw.path) == [
        f"{locked}: may not be read; change its permissions or remove it"
    ]


def test_a_class_behind_a_link_to_a_folder_is_missed_with_a_word_on_it(raw, folders, tmp_path):
    raw.add("web/ai/a.png", PICTURE)
    raw.add("../elsewhere/a.png", PICTURE)
    (raw.path / "web/real").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(
        RawFolderError, match=r"none of real \(web/real is a link to a folder, not followed\); put"
    ):
        raw_folder.walk(raw.path, folders)
