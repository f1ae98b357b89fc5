"""The collection as its repositories serve it: reduced, with groups and credits, and the list."""

import csv
import hashlib
import io
import re
from collections import Counter
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from PIL import Image

from conftest import ROOT
from loopback import held, serving
from real_or_ai.conventions.errors import DownloadError
from real_or_ai.download import collection, listed, repository
from real_or_ai.stages.prepare import annotations, raw_folder

COLUMNS = (
    "file,label,source,generator,kind,group,repository,commit,path,bytes,sha256,format,width,"
    "height,licence,credit"
).split(",")


def drawn(seed: int, size: tuple[int, int]) -> Image.Image:
    """Coarse noise."""
    small = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


class Repositories:
    """Public repositories on loopback, and the list of what is wanted of them."""

    def __init__(self, server) -> None:
        self.server = server
        self.rows: list[dict[str, str]] = []

    def add(self, path: str, data: bytes, label: str = "real", **cells: str) -> str:
        """Puts a picture there and into the list; where it is to go."""
        form = "PNG" if data.startswith(b"\x89PNG") else "JPEG"
        digest = hashlib.sha256(data).hexdigest()
        row = dict.fromkeys(COLUMNS, "") | {
            "label": label, "source": "s", "kind": "k", "repository": "a/b", "commit": "c" * 40,
            "path": path, "bytes": str(len(data)), "sha256": digest, "format": form,
            "licence": "CC0",
        } | cells  # fmt: skip
        row["file"] = f"{row['source']}/{label}/{row['kind']}/{digest[:16]}.jpg"
        self.rows.append(row)
        self.server.held[f"{row['repository']}/{row['commit']}/{path}"] = data
        return row["file"]

    def list(self) -> None:
        collection.LIST.parent.mkdir(exist_ok=True)
        with collection.LIST.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            table.writeheader()
            table.writerows(self.rows)


@pytest.fixture
def there(monkeypatch, tmp_path):
    with serving(monkeypatch) as server:
        monkeypatch.setattr(repository, "FILE", server.address + "/{name}/{commit}/{path}")
        monkeypatch.chdir(tmp_path)
        yield Repositories(server)


def fetched(there: Repositories, **options: bool) -> dict[str, bytes]:
    there.list()
    assert collection.fetch(Path("data/c"), **options) == 0
    return held(Path("data/c"))


def test_each_is_kept_reduced_under_the_lists_name(there):
    name = there.add("jpg/Olympus μ #1 100%.jpg", encoded(drawn(1, (800, 600)), quality=95))
    got = fetched(there)
    assert set(got) == {name, "CREDITS.md", "groups.csv"}
    kept = Image.open(io.BytesIO(got[name]))
    assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (427, 320))
    quality_88 = encoded(Image.new("RGB", (8, 8)), quality=88)
    assert kept.quantization == Image.open(io.BytesIO(quality_88)).quantization
    wanted = drawn(1, (800, 600)).resize((427, 320), Image.Resampling.LANCZOS)
    assert np.abs(np.asarray(kept, float) - np.asarray(wanted, float)).mean() < 3


def test_upright_over_white_and_small_ones_keep_their_size(there):
    exif = Image.Exif()
    exif[274] = 6  # a quarter turn to the right
    upright = drawn(2, (600, 400))
    turned = there.add(
        "a.jpg", encoded(upright.transpose(Image.Transpose.ROTATE_90), exif=exif, quality=95)
    )
    clear = Image.new("RGBA", (100, 50), (255, 0, 0, 0))
    white = there.add("b.png", encoded(clear, "PNG"))
    got = {name: Image.open(io.BytesIO(data)) for name, data in fetched(there).items()
           if name.endswith(".jpg")}  # fmt: skip
    assert got[turned].size == (480, 320)
    assert not got[turned].getexif()
    wanted = np.asarray(upright.resize((480, 320), Image.Resampling.LANCZOS), float)
    assert np.abs(np.asarray(got[turned], float) - wanted).mean() < 3
    assert got[white].size == (100, 50)
    assert np.asarray(got[white]).min() == 255


def test_originals_are_byte_for_byte_and_by_their_own_suffix(there):
    data = encoded(drawn(3, (400, 400)), "PNG")
    name = there.add("a.png", data, group="g")
    got = fetched(there, originals=True)
    original = name.replace(".jpg", ".png")
    assert got[original] == data
    assert got["groups.csv"].decode() == f"raw,group\n{original},g\n"
    there.server.asked.clear()
    fetched(there, originals=True)
    assert not there.server.asked
    with pytest.raises(
        DownloadError, match=r"data/c: holds the pictures whole; to have them reduced, give"
    ):
        collection.fetch(Path("data/c"))
    assert held(Path("data/c")) == got


def test_reduced_pictures_are_not_joined_by_originals(there):
    there.add("a.png", encoded(drawn(3, (40, 40)), "PNG"))
    got = fetched(there)
    with pytest.raises(
        DownloadError, match=r"data/c: holds the pictures reduced; to have them whole"
    ):
        collection.fetch(Path("data/c"), originals=True)
    assert held(Path("data/c")) == got


def test_after_a_stop_only_the_rest_is_asked_for(there, monkeypatch):
    names = [there.add(f"{n}.jpg", encoded(drawn(n, (64, 64))), group="g") for n in range(8)]
    whole = collection.as_small_jpeg
    reduced: list[bytes] = []

    def stopped(data: bytes) -> bytes:
        reduced.append(data)
        if len(reduced) == 5:
            raise KeyboardInterrupt
        return whole(data)

    monkeypatch.setattr(collection, "as_small_jpeg", stopped)
    there.list()
    with pytest.raises(KeyboardInterrupt):
        collection.fetch(Path("data/c"))
    came = set(held(Path("data/c"))) & set(names)
    assert 0 < len(came) < 8
    # What came is of use as it is: groups of it alone.
    rows = Path("data/c/groups.csv").read_text("utf-8").splitlines()[1:]
    assert {row.removesuffix(",g") for row in rows} == came
    monkeypatch.setattr(collection, "as_small_jpeg", whole)
    empty = min(came)  # as a power cut leaves it
    (Path("data/c") / empty).write_bytes(b"")
    there.server.asked.clear()
    got = fetched(there)
    assert sum(there.server.asked.values()) == 8 - len(came) + 1
    assert set(names) < set(got)
    assert all(Image.open(io.BytesIO(got[name])).size == (64, 64) for name in names)


def test_whatever_the_server_does_what_is_lost_is_a_line(there):
    places = [there.add(f"{n}.jpg", encoded(drawn(n, (64, 64))), group="g") for n in range(60)]
    at = f"a/b/{'c' * 40}"
    there.server.first = {
        f"{at}/0.jpg": ["503", "slow"], f"{at}/1.jpg": ["break"], f"{at}/2.jpg": ["429", "500"],
    }  # fmt: skip
    del there.server.held[f"{at}/7.jpg"]
    there.server.held[f"{at}/8.jpg"] = there.server.held[f"{at}/9.jpg"]
    no_picture = b"\xff\xd8\xff" + bytes(500)
    places.append(there.add("60.jpg", no_picture, group="g"))
    there.list()
    assert collection.fetch(Path("data/c")) == 3
    lost = {places[n]: n for n in (7, 8, 60)}
    with Path("data/c/missing.csv").open(encoding="utf-8") as file:
        told = {row["file"]: row["reason"] for row in csv.DictReader(file)}
    assert {lost[place]: reason.partition(" (")[0] for place, reason in told.items()} == {
        7: "the server answers 404", 8: "has changed", 60: "cannot be read as a picture",
    }  # fmt: skip
    assert set(held(Path("data/c"))) == (
        set(places) - set(lost) | {"CREDITS.md", "groups.csv", "missing.csv"}
    )


def test_more_than_a_twentieth_lost_is_an_error_and_the_rest_is_kept(there):
    data = encoded(drawn(1, (64, 64)))
    names = [there.add(f"{n}.jpg", data + bytes(n), group="g") for n in range(80)]
    for n in range(80):
        if n % 16 == 0:
            del there.server.held[f"a/b/{'c' * 40}/{n}.jpg"]
    there.list()
    with pytest.raises(
        DownloadError, match=r"404, and 4 more of 80 files could not be had; data/c"
    ):
        collection.fetch(Path("data/c"))
    came = set(held(Path("data/c"))) & set(names)
    assert len(came) >= 60
    rows = Path("data/c/groups.csv").read_text("utf-8").splitlines()[1:]
    assert {row.removesuffix(",g") for row in rows} == came


def test_prepare_takes_the_folder_and_its_groups(there, prepare_params):
    """Whatever is missing: a name without its file would be taken for a mistake."""
    for label in ("real", "ai"):
        for n in range(40):
            there.add(f"{label}{n}.jpg", encoded(drawn(n, (64, 64)), quality=50 + n), label,
                      group=f"{label} {n // 2}" if n < 4 else "", kind=f"k{label}")  # fmt: skip
    del there.server.held[f"a/b/{'c' * 40}/real0.jpg"]
    there.list()
    assert collection.fetch(Path("data/c")) == 1
    found = raw_folder.walk(Path("data/c"), prepare_params.class_folders)
    assert Counter((file.source, file.label, file.generator) for file in found.files) == {
        ("s", "real", "kreal"): 39, ("s", "ai", "kai"): 40,
    }  # fmt: skip
    groups = annotations.read_groups(
        Path("data/c") / raw_folder.GROUPS_CSV, {file.raw for file in found.files}
    )
    assert Counter(group for own in groups.values() for group in own) == {
        "real 0": 1, "real 1": 2, "ai 0": 2, "ai 1": 2,
    }  # fmt: skip


def test_credits_name_the_licence_the_commit_and_each_original(there):
    there.add("x y.jpg", encoded(drawn(1, (64, 64))), source="one", licence="MIT")
    name = there.add(
        "b.jpg", encoded(drawn(2, (64, 64))), source="two", repository="u/v",
        licence="CC BY 4.0", credit="credits in its A.md",
    )  # fmt: skip
    text = fetched(there)["CREDITS.md"].decode()
    assert "2 pictures of 2 public repositories" in text
    assert "its short side 320 px at most, and saved anew as JPEG 88" in text
    one, two = text.split("\n## ")[1:]
    assert "\n\nLicence: MIT\n\n" in one
    assert f"https://github.com/a/b/blob/{'c' * 40}/x%20y.jpg" in one
    assert f"Pictures: 1, of https://github.com/u/v/tree/{'c' * 40}" in two
    assert "Licence: CC BY 4.0; credits in its A.md" in two
    assert f"- {name}: https://github.com/u/v/blob/{'c' * 40}/b.jpg" in two


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("s/real/k/", "../real/k/", ":2: expected a file below the folder"),
        ("s/real/k/", "/s/real/k/", ":2: expected a file below the folder"),
        (",JPEG,", ",TIFF,", ":2: expected a file"),
        (",CC0,", "", ":2: expected a file"),
        (",CC0,", ",CC0,x,y,", ":2: expected a file"),
        ("sha256", "sha1", ": lacks the columns sha256; put it back: git checkout data/coll"),
    ],
)
def test_a_list_that_is_none_is_one_sentence(there, old, new, told):
    there.add("a.jpg", encoded(drawn(1, (64, 64))))
    there.list()
    text = collection.LIST.read_text("utf-8")
    assert old in text
    collection.LIST.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DownloadError, match=f"^data/collection.csv{told}"):
        collection.fetch(Path("data/c"))
    assert not Path("data/c").exists()


def test_without_a_list_it_says_where_to_be(there):
    with pytest.raises(DownloadError, match=r"collection.csv: not found; run this in the project"):
        collection.fetch(Path("data/c"))
    assert not there.server.asked


def test_the_projects_own_list_is_whole(prepare_params):
    """Each picture has a licence and a place that says its class and source, and none is twice."""
    path = ROOT / "data/collection.csv"
    rows = listed.read(path)
    with path.open(encoding="utf-8") as file:
        cells = list(csv.DictReader(file))
    assert len(rows) == len({row.file for row in rows}) == len({row.sha256 for row in rows}) > 1500
    assert list(cells[0]) == COLUMNS
    for row in cells:
        assert row["licence"]
        assert re.fullmatch("[0-9a-f]{40}", row["commit"])
        assert PurePosixPath(row["file"]) == PurePosixPath(
            row["source"], row["label"], row["kind"], f"{row['sha256'][:16]}.jpg"
        )
        named = [name for name in PurePosixPath(row["file"]).parts
                 for own in prepare_params.class_folders.values() if name in own]  # fmt: skip
        assert named == [row["label"]]
    assert max(int(row.bytes) for row in rows) < 10_000_000
