import base64
import io
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from conftest import RawFolder, encoded
from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.tables import PreparedRow, RejectedRow
from real_or_ai.review import overview as review
from real_or_ai.stages.prepare import annotations

GRAY = Image.new("RGB", (200, 100), (120, 120, 120))


@dataclass
class Prepared:
    """A raw folder and what `prepare` might have made of it, written by hand."""

    raw: RawFolder
    path: Path
    kept: list = field(default_factory=list)
    rejected: list = field(default_factory=list)

    def keep(self, name: str, box: str = "", *, tile: str = "", image=GRAY, **more: str) -> None:
        """One row of the manifest; a raw file that has tiles is kept once for each."""
        self.raw.add(name, image)
        picture = f"{len(self.kept)}.png"
        upright = image if isinstance(image, Image.Image) else GRAY
        clean = upright.crop(tuple(map(int, box.split()))) if box else upright
        (self.path / picture).write_bytes(encoded(clean))
        source, label, *_ = name.split("/")
        facts = {
            "picture": picture,
            "view": "original",
            "label": label,
            "source": source,
            "raw": name,
            "tile": tile,
        }
        facts |= {"crop_box": box, "raw_width": upright.width, "raw_height": upright.height}
        facts |= {"raw_bytes": 1, "dropped_tiles": 0, "width": clean.width, "height": clean.height}
        blank = dict.fromkeys(tables.columns(PreparedRow), "") | {"ties": "[]"}
        self.kept.append(blank | facts | more)

    def reject(self, name: str, reason: str, detail: str = "", image: Image.Image | bytes = GRAY):
        self.raw.add(name, image)
        source, label, *_ = name.split("/") if "/" in name else ("", "")
        self.rejected.append(RejectedRow(name, label, source, reason, detail))

    def write(self) -> None:
        kept = pd.DataFrame(self.kept, columns=tables.columns(PreparedRow))
        tables.save(self.path / "manifest.csv", PreparedRow, kept)
        tables.write(self.path / "rejected.csv", RejectedRow, self.rejected)


@pytest.fixture
def prepared(raw, tmp_path):
    folder = Prepared(raw, tmp_path / "prepared")
    folder.path.mkdir()
    return folder


@pytest.fixture
def written(prepared, prepare_params, tmp_path):
    """Writes the review of `prepared`: the page."""

    def write() -> Page:
        prepared.write()
        params = prepare_params.model_copy(update={"raw": str(prepared.raw.path)})
        review.write(prepared.path, tmp_path / "review.html", params)
        return Page(tmp_path / "review.html")

    return write


class Page(HTMLParser):
    """What a browser reads in a page: its tags and the texts of each kind of element."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(path.read_bytes().decode("utf-8"))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "input"):
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def values(self, attribute: str) -> list[str]:
        return [attrs[attribute] for _, attrs in self.tags if attribute in attrs]

    @property
    def files(self) -> list[str]:
        return self.texts.get("h3", [])

    @property
    def headings(self) -> list[str]:
        return self.texts.get("h2", [])

    @property
    def lines(self) -> list[str]:
        return [line for line in self.texts.get("code", []) if line.startswith('"')]

    def table(self) -> dict[str, list[str]]:
        rows = [row.split("\n") for row in self.texts["tr"][1:]]
        return {title: [cell for cell in cells if cell] for title, *cells in rows}


def test_every_file_that_was_not_left_whole_is_shown_once(prepared, written):
    prepared.keep("web/real/whole.png")
    prepared.keep("web/ai/cropped.png", "0 0 200 90")
    for tile, box in (("r0c0", "0 0 100 100"), ("r0c1", "100 0 200 100")):
        prepared.keep("web/ai/grid.png", box, tile=tile)
    prepared.reject("web/real/page.png", "screenshot", "page of text")
    prepared.reject("web/ai/out.png", "excluded by a person")
    page = written()
    assert page.files == [
        "web/ai/out.png", "web/real/page.png", "web/ai/grid.png", "web/ai/cropped.png"
    ]  # fmt: skip
    assert page.headings == [
        "rejected: excluded by a person (1 in all)",
        "rejected: screenshot (1 in all)",
        "split (1 in all)",
        "cropped (1 in all)",
    ]
    assert [text for text in page.texts["p"] if text.startswith(("ai", "real"))] == [
        "ai, source web",
        "real, source web; page of text",
        "ai, source web; 2 tiles; 0.0% cut away",
        "ai, source web; 10.0% cut away",
    ]
    assert page.texts["figcaption"] == [
        "Before, 200x100", "Before, 200x100",
        "Before, 200x100", "r0c0, 100x100", "r0c1, 100x100",
        "Before, 200x100", "After, 200x90", "Cut from the bottom, 200x10",
    ]  # fmt: skip


def test_what_was_removed_is_the_reason_where_the_manifest_knows_it(prepared, written):
    prepared.keep("web/ai/a.png", "0 0 200 90", removed="colour squares")
    prepared.keep("web/ai/b.png", "0 0 200 80", removed="corner text")
    for tile, box in (("r0c0", "0 0 100 100"), ("r0c1", "100 0 200 90")):
        prepared.keep("web/ai/c.png", box, tile=tile, removed="corner text" if "9" in box else "")
    page = written()
    assert page.headings == [
        "split (1 in all)", "cropped: colour squares (1 in all)", "cropped: corner text (1 in all)"
    ]  # fmt: skip
    assert "ai, source web; 2 tiles; corner text; 5.0% cut away" in page.texts["p"]


def test_the_table_compares_the_classes(prepared, written):
    for number in range(3):
        prepared.keep(f"web/real/{number}.png")
    prepared.keep("web/real/cropped.png", "0 0 200 90")
    prepared.keep("web/ai/grid.png", "0 0 100 100", tile="r0c0")
    prepared.keep("web/ai/grid.png", "100 0 200 100", tile="r0c1")
    prepared.reject("web/ai/page.png", "screenshot")
    prepared.reject("notes.md", "outside the class folders", image=b"notes")
    assert written().table() == {
        "rejected": ["0 (0.0%)", "1 (50.0%)", "1 (100.0%)"],
        "outside the class folders": ["0 (0.0%)", "0 (0.0%)", "1 (100.0%)"],
        "screenshot": ["0 (0.0%)", "1 (50.0%)", "0 (0.0%)"],
        "split": ["0 (0.0%)", "1 (50.0%)", "0 (0.0%)"],
        "cropped": ["1 (25.0%)", "0 (0.0%)", "0 (0.0%)"],
        "left whole": ["3 (75.0%)", "0 (0.0%)", "0 (0.0%)"],
        "all raw files": ["4 (100.0%)", "2 (100.0%)", "1 (100.0%)"],
    }


def test_with_everything_whole_the_page_says_so(prepared, written):
    prepared.keep("web/real/a.png")
    page = written()
    assert (
        "Nothing was rejected, split or cropped: every raw file was left whole." in page.texts["p"]
    )
    assert not page.files


HOSTILE = [
    'web/ai/line\nand\rreturn, "quoted".png',
    "web/ai/<img src=x onerror=alert(1)>.png",
    "web/ai/'&amp;{{ raw }}{% raw %}.png",
    "web/ai/ leading, Ünïcode 🖼.png",
]


def test_names_are_text_whatever_they_hold(prepared, written, tmp_path):
    for name in [*HOSTILE, "web/ai/not-utf-8-\udcff.png"]:
        prepared.reject(name, "screenshot", f"like {name}")
    page = written()
    assert sorted(page.files) == sorted([*HOSTILE, r"web/ai/not-utf-8-\xff.png"])
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert b"\r" not in (tmp_path / "review.html").read_bytes()


def test_a_line_that_overrules_is_one_that_prepare_reads(prepared, written, tmp_path):
    for name in HOSTILE:
        prepared.keep(name, "10 20 200 90")
    lines = written().lines
    assert len(lines) == 4 * len(HOSTILE)
    table = tmp_path / "copied.csv"
    actions = ("keep", "exclude", "crop 10 20 200 90", "grid 2 2")
    for action in actions:
        chosen = [line for line in lines if line.endswith(f",{action}")]
        table.write_text("\n".join(["raw,action", *chosen]), encoding="utf-8", newline="")
        said = annotations.read_overrides(table, set(HOSTILE))
        verb, *numbers = action.split()
        assert said == dict.fromkeys(HOSTILE, annotations.Override(verb, tuple(map(int, numbers))))


def test_no_line_is_offered_where_none_would_help(prepared, written):
    prepared.reject("notes.png", "outside the class folders")
    prepared.reject("web/ai/\udcff.png", "screenshot")
    prepared.reject("web/ai/text.png", "not a picture", image=b"text")
    assert written().lines == []


def test_the_page_needs_nothing_but_itself(prepared, written, tmp_path):
    prepared.keep("web/ai/a.png", "0 0 200 90")
    page = written()
    assert all(source.startswith("data:image/webp;base64,") for source in page.values("src"))
    assert len(page.values("src")) == 3
    assert {link.partition("#")[0] for link in page.values("href")} == {"review.html"}
    assert "link" not in dict(page.tags)
    assert b"http" not in (tmp_path / "review.html").read_bytes().replace(b"http-equiv", b"")
    assert all(attrs["alt"] for tag, attrs in page.tags if tag == "img")


def test_a_picture_that_cannot_be_read_is_a_sentence(prepared, written):
    prepared.reject("web/ai/text.jpg", "not a picture", image=b"text")
    prepared.reject("web/ai/gone.jpg", "unreadable file")
    gone = prepared.raw.path / "web/ai/gone.jpg"
    gone.unlink()
    gone.symlink_to("nowhere")
    prepared.keep("web/ai/lost.png", "0 0 200 90")
    (prepared.path / "0.png").unlink()
    page = written()
    assert [text for text in page.texts["p"] if ": " in text] == [
        "not a picture: 4 bytes of no known format",
        "unreadable file: No such file or directory",
        "unreadable file: No such file or directory",
    ]
    assert len(page.values("src")) == 2


def decoded(uri: str) -> np.ndarray:
    with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_what_is_cut_is_red_and_what_is_kept_is_as_it_was(prepared, written):
    prepared.keep("web/ai/a.png", "40 0 200 60")
    before = decoded(written().values("src")[0])
    reddish = before[..., 0] - before[..., 1] > 20
    assert reddish[65:].all()
    assert reddish[:, :35].all()
    assert np.abs(before[5:55, 45:195] - 120).max() < 12


def test_a_thin_cut_still_shows(prepared, written):
    large = Image.new("RGB", (3000, 3000), (120, 120, 120))
    prepared.keep("web/ai/a.png", "0 0 3000 2999", image=large)
    before = decoded(written().values("src")[0])
    assert before.shape == (240, 240, 3)
    assert (before[-1, :, 0] - before[-1, :, 1] > 20).all()


def test_a_box_lies_in_the_upright_picture(prepared, written):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    lying = encoded(GRAY, "JPEG", exif=exif)
    prepared.keep("web/ai/a.jpg", "0 0 100 50", image=lying)
    page = written()
    assert page.texts["figcaption"][0] == "Before, 100x200"
    before = decoded(page.values("src")[0])
    assert (before[60:, :, 0] - before[60:, :, 1] > 20).all()


def test_many_entries_stand_on_several_pages(prepared, written, monkeypatch, tmp_path):
    monkeypatch.setattr(review, "PER_PAGE", 2)
    for number in range(3):
        prepared.reject(f"web/ai/{number}.png", "screenshot")
    for number in range(3):
        prepared.keep(f"web/real/{number}.png", "0 0 200 90")
    first = written()
    names = ["review.html", "review-2.html", "review-3.html"]
    pages = [Page(tmp_path / name) for name in names]
    assert [file for page in pages for file in page.files] == [
        *(f"web/ai/{number}.png" for number in range(3)),
        *(f"web/real/{number}.png" for number in range(3)),
    ]
    assert [page.headings for page in pages] == [
        ["rejected: screenshot (3 in all)"],
        ["rejected: screenshot (3 in all)", "cropped (3 in all)"],
        ["cropped (3 in all)"],
    ]
    for page in pages:
        assert [href for href in page.values("href") if "#" not in href] == 2 * names
    assert {"review.html#section-1", "review-2.html#section-2"} <= set(first.values("href"))
    assert "section-2" in pages[1].values("id")

    prepared.rejected.clear()
    prepared.kept = prepared.kept[:1]
    written()
    assert [path.name for path in tmp_path.glob("review*")] == ["review.html"]


def test_many_pictures_are_read_in_other_processes(prepared, written):
    for number in range(40):
        prepared.reject(f"web/ai/{number:02}.png", "screenshot")
    assert written().files == [f"web/ai/{number:02}.png" for number in range(40)]


def test_tables_of_another_raw_folder_are_refused(prepared, written, tmp_path):
    prepared.keep("web/ai/a.png")
    (prepared.raw.path / "web/ai/a.png").unlink()
    with pytest.raises(UserError) as raised:
        written()
    assert str(raised.value) == (
        f"{tmp_path}/raw: holds no 'web/ai/a.png', but {tmp_path}/prepared was made from it; run "
        "make repro first"
    )
    assert not list(tmp_path.glob("review*"))


def test_without_tables_there_is_nothing_to_show(prepare_params, tmp_path):
    with pytest.raises(UserError, match=r"prepared/manifest\.csv: not found; run make repro first"):
        review.write(tmp_path / "prepared", tmp_path / "review.html", prepare_params)


@pytest.mark.parametrize("into", ["review.txt", "folder.html"])
def test_a_page_ends_in_html(prepare_params, tmp_path, into):
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(UserError, match=r"cannot be a page; give a path that ends in \.html"):
        review.write(tmp_path, tmp_path / into, prepare_params)
