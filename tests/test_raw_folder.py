import os

import pytest
from PIL import Image

from real_or_ai import raw_folder
from real_or_ai.errors import RawFolderError

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
    found = {file.raw: file for file in raw_folder.walk(raw.path, folders)}
    assert found[name] == raw_folder.RawFile(name, label, source, generator)


def test_files_are_sorted_and_groups_csv_is_no_picture(raw, folders):
    for name in ("real/b.png", "ai/z.png", "real/a.png", "groups.csv", "README.md"):
        raw.add(name, PICTURE)
    names = [file.raw for file in raw_folder.walk(raw.path, folders)]
    assert names == ["README.md", "ai/z.png", "real/a.png", "real/b.png"]


def test_a_missing_and_an_empty_folder_are_named(tmp_path, folders):
    with pytest.raises(RawFolderError, match="nowhere: no such folder; put pictures into"):
        raw_folder.walk(tmp_path / "nowhere", folders)
    (tmp_path / "empty").mkdir()
    with pytest.raises(RawFolderError, match="empty: holds no files"):
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
    os.mkfifo(folder / "pipe.png")
    with open(os.path.join(os.fsencode(folder), b"\xff.png"), "wb"):
        pass
    found = raw_folder.hazards(raw.path)
    assert len(found) == 4
    for name in ("dangling.png: a link that leads nowhere", "loop.png: a link that leads nowhere"):
        assert any(name in hazard for hazard in found)
    assert any("pipe.png: a pipe" in hazard for hazard in found)
    assert any("\\xff.png: its name is not UTF-8" in hazard for hazard in found)
