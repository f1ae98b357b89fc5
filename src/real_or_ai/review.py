"""Pages of what `prepare` rejected, split and cropped, before and after.

One look finds its mistakes; a person overrules them with lines that the pages have ready.
"""

import base64
import io
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, groupby, islice
from math import ceil
from pathlib import Path
from urllib.parse import quote

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image, ImageDraw

from real_or_ai import images, manifest
from real_or_ai.errors import PictureError, UserError
from real_or_ai.labels import LABELS, ORIGINAL
from real_or_ai.outputs import replacing
from real_or_ai.parallel import in_order
from real_or_ai.params.prepare import PrepareParams

PREPARED = Path("data/prepared")
KINDS = ("rejected", "split", "cropped")
PER_PAGE = 500  # entries; some 10 MB with their pictures
LARGE, SMALL = 240, 116  # px of the longer side; two small pictures are as wide as a large one
RED, DARK = (225, 30, 30), (90, 0, 0)  # stripes, so that they show on red pictures too
SHADE = 0.6  # of the stripes over what is cut

Box = tuple[int, int, int, int]
Row = Mapping[str, object]


@dataclass(frozen=True)
class Section:
    """What happened to raw files: one of KINDS, and the reason, empty if none is known."""

    kind: str
    reason: str


@dataclass(frozen=True)
class Part:
    """What is left of a raw file: the picture, its tile or "", its box in the upright raw one."""

    picture: str
    tile: str
    box: Box


@dataclass(frozen=True)
class Entry:
    """A raw file that was not left whole."""

    raw: str
    label: str  # empty outside the class folders, as is the source
    source: str
    section: Section
    detail: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Review:
    """The entries, section by section, and how many raw files of each label there are in all."""

    entries: tuple[Entry, ...]
    files: Mapping[str, int]


@dataclass(frozen=True)
class Tally:
    """How many raw files of each label something happened to, and where they are shown."""

    title: str
    files: Mapping[str, int]
    link: str = ""
    is_part: bool = False  # of the nearest one above that is not


@dataclass(frozen=True)
class Thumbnail:
    """A small picture as a data URI with its size in px, or why there is none."""

    caption: str
    uri: str = ""
    width: int = 0
    height: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Shown:
    """An entry with its pictures and the lines that overrule it."""

    entry: Entry
    before: Thumbnail
    after: tuple[Thumbnail, ...]
    cut: tuple[Thumbnail, ...] = ()  # what an edge lost, larger than in `before`
    overrides: tuple[str, ...] = ()


def write(prepared: Path, into: Path, params: PrepareParams) -> str:
    """Writes the page `into`, and what is too much for it into -2, -3, ...; a sentence on them.

    Further pages of an earlier run are removed. Raises UserError if `into` cannot be a page, or if
    `prepared` is missing or was made from other raw files.
    """
    if into.suffix != ".html" or into.is_dir():
        raise UserError(f"{into}: cannot be a page; give a path that ends in .html")
    raw = Path(params.raw)
    review = read(prepared, raw)
    pages = [_page(into, number) for number in range(ceil(len(review.entries) / PER_PAGE) or 1)]
    names = [page.name for page in pages]
    show_one = partial(show, raw=raw, prepared=prepared, params=params)
    shown = in_order(show_one, review.entries, "review")
    for number, page in enumerate(pages):
        html = render(review, list(islice(shown, PER_PAGE)), names, number, params)
        with replacing(page) as temporary:
            temporary.write_bytes(html)
    for number in count(len(pages)):
        older = _page(into, number)
        if not older.is_file():
            break
        older.unlink()
    more = f" and {len(pages) - 1} more" if len(pages) > 1 else ""
    return (
        f"{into}{more}: {len(review.entries)} of {sum(review.files.values())} raw files were "
        "rejected, split or cropped; open it in a browser"
    )


def read(prepared: Path, raw: Path) -> Review:
    """The review of a prepared folder. Raises UserError if it was not made from `raw`."""
    kept, rejected = _rows(prepared / "manifest.csv"), _rows(prepared / "rejected.csv")
    for row in (*kept, *rejected):
        if not os.path.lexists(raw / str(row["raw"])):  # links that lead nowhere were rejected
            raise UserError(
                f"{raw}: holds no {row['raw']!r}, but {prepared} was made from it; run make repro "
                "first"
            )
    return judge(kept, rejected)


def judge(kept: Iterable[Row], rejected: Iterable[Row]) -> Review:
    """The review of the rows of manifest.csv and of rejected.csv."""
    rows_of: dict[str, list[Row]] = defaultdict(list)
    for row in kept:
        if row["view"] == ORIGINAL:
            rows_of[str(row["raw"])].append(row)
    files = Counter(str(rows[0]["label"]) for rows in rows_of.values())
    entries = [_cut(rows) for rows in rows_of.values() if any(row["crop_box"] for row in rows)]
    for row in rejected:
        raw, label, source, reason, detail = (str(row[name]) for name in manifest.REJECTED)
        files[label] += 1
        entries.append(Entry(raw, label, source, Section("rejected", reason), detail))
    entries.sort(key=lambda one: (KINDS.index(one.section.kind), one.section.reason, one.raw))
    return Review(tuple(entries), files)


def tally(review: Review, links: Mapping[Section, str]) -> list[Tally]:
    """The review in numbers: each kind and its reasons, what was left whole, all."""
    files_of: dict[Section, Counter[str]] = defaultdict(Counter)
    for entry in review.entries:
        files_of[entry.section][entry.label] += 1
    lines = []
    whole = Counter(review.files)
    for kind in KINDS:
        own = {section: files for section, files in files_of.items() if section.kind == kind}
        total = sum(own.values(), Counter[str]())
        whole -= total
        lines.append(Tally(kind, total, links.get(Section(kind, ""), "")))
        lines += [
            Tally(section.reason, files, links[section], is_part=True)
            for section, files in own.items()
            if section.reason
        ]
    return [*lines, Tally("left whole", whole), Tally("all raw files", review.files)]


def show(entry: Entry, *, raw: Path, prepared: Path, params: PrepareParams) -> Shown:
    """The entry with its pictures; where a file cannot be read, the reason stands for it."""
    boxes = [part.box for part in entry.parts]
    after = []
    for part in entry.parts:
        caption = part.tile or "After"
        try:
            image = _decoded(prepared / part.picture, params)
            after.append(_thumbnail(caption, image, SMALL if len(boxes) > 1 else LARGE))
        except PictureError as error:
            after.append(_problem(caption, error))
    try:
        image = _decoded(raw / entry.raw, params)
    except PictureError as error:
        return Shown(entry, _problem("Before", error), tuple(after))
    return Shown(
        entry,
        before=_thumbnail("Before", image, LARGE, boxes),
        after=tuple(after),
        cut=tuple(
            _thumbnail(f"Cut from the {edge}", image.crop(band), 2 * LARGE)
            for edge, band in _bands(image.size, boxes).items()
        ),
        overrides=override_lines(entry, image.size),
    )


def override_lines(entry: Entry, size: tuple[int, int]) -> tuple[str, ...]:
    """What a person may want to say of the file, as lines of the table of overrides.

    size: of the upright raw picture. None without a class, which nobody can overrule, or with a
    name that is not UTF-8, which no editor would keep.
    """
    if not entry.label or entry.raw != entry.raw.encode("utf-8", "ignore").decode("utf-8"):
        return ()
    boxes = [part.box for part in entry.parts] or [(0, 0, *size)]
    left, top, right, bottom = zip(*boxes, strict=True)
    crop = f"crop {min(left)} {min(top)} {max(right)} {max(bottom)}"
    quoted = entry.raw.replace('"', '""')
    return tuple(f'"{quoted}",{action}' for action in ("keep", "exclude", crop, "grid 2 2"))


def render(
    review: Review, shown: Sequence[Shown], pages: Sequence[str], number: int, params: PrepareParams
) -> bytes:
    """The page of this number, from 0, as HTML that needs no other file; pages: all their names."""
    environment = Environment(
        loader=PackageLoader("real_or_ai", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    links = _links(review, pages)
    totals = Counter(entry.section for entry in review.entries)
    html = environment.get_template("review.html.jinja").render(
        params=params,
        labels=[label for label in (*LABELS, "") if label or review.files.get(label)],
        files=review.files,
        tallies=tally(review, links),
        sections=[
            (section, links[section].rpartition("#")[2], totals[section], list(own))
            for section, own in groupby(shown, key=lambda one: one.entry.section)
        ],
        pages=pages,
        page=pages[number],
    )
    html = html.replace("\r", "&#13;")  # of a name: HTML would read it as the end of a line
    return html.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").encode()


def _rows(path: Path) -> list[dict[str, object]]:
    try:
        return manifest.rows(manifest.read(path))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run make repro first") from None


def _cut(rows: Sequence[Row]) -> Entry:
    """The entry of a raw file that was cropped or split, from its rows of the manifest."""
    first = rows[0]
    parts = tuple(
        Part(str(row["picture"]), str(row["tile"]), _box(str(row["crop_box"]))) for row in rows
    )
    left = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (part.box for part in parts))
    area = int(str(first["raw_width"])) * int(str(first["raw_height"]))
    removed = "; ".join(dict.fromkeys(str(row["removed"]) for row in rows if row["removed"]))
    share = f"{1 - left / area:.1%} cut away"
    if any(row["tile"] for row in rows):
        section = Section("split", "")
        dropped = f"{first['dropped_tiles']} dropped" if first["dropped_tiles"] else ""
        detail = "; ".join(filter(None, (f"{len(rows)} tiles", dropped, removed, share)))
    else:
        section, detail = Section("cropped", removed), share
    raw, label, source = (str(first[name]) for name in ("raw", "label", "source"))
    return Entry(raw, label, source, section, detail, parts)


def _box(text: str) -> Box:
    x0, y0, x1, y1 = map(int, text.split())
    return x0, y0, x1, y1


def _page(into: Path, number: int) -> Path:
    return into.with_stem(f"{into.stem}-{number + 1}") if number else into


def _links(review: Review, pages: Sequence[str]) -> dict[Section, str]:
    """Where each section begins."""
    links: dict[Section, str] = {}
    for index, entry in enumerate(review.entries):
        if entry.section not in links:
            links[entry.section] = f"{quote(pages[index // PER_PAGE])}#section-{len(links) + 1}"
    return links


def _decoded(path: Path, params: PrepareParams) -> Image.Image:
    return images.decode(images.read_bytes(path, params.max_bytes), params.max_pixels).image


def _problem(caption: str, error: PictureError) -> Thumbnail:
    return Thumbnail(caption, problem=f"{error.reason}: {error.detail}")


def _thumbnail(caption: str, image: Image.Image, side: int, boxes: Sequence[Box] = ()) -> Thumbnail:
    """The image in at most `side` pixels; what lies outside the boxes, if any, is striped red."""
    small = image.copy()
    small.thumbnail((side, side))
    if boxes:
        small = _marked(small, [_scaled(box, image.size, small.size) for box in boxes])
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=75)
    uri = "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
    return Thumbnail(f"{caption}, {image.width}x{image.height}", uri, *small.size)


def _marked(image: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    """The image with red stripes over what is in no box, and a red line around each box."""
    pixels = np.asarray(image, dtype=np.float32)
    y, x = np.indices(pixels.shape[:2])
    stripes = np.where(((x + y) // 4 % 2 == 0)[..., None], RED, DARK)
    cut = np.ones(pixels.shape[:2], dtype=np.bool_)
    for x0, y0, x1, y1 in boxes:
        cut[y0:y1, x0:x1] = False
    striped = SHADE * stripes + (1 - SHADE) * pixels
    marked = Image.fromarray(np.where(cut[..., None], striped, pixels).astype(np.uint8))
    canvas = ImageDraw.Draw(marked)
    for x0, y0, x1, y1 in boxes:
        canvas.rectangle((x0, y0, x1 - 1, y1 - 1), outline=RED)
    return marked


def _bands(size: tuple[int, int], boxes: Sequence[Box]) -> dict[str, Box]:
    """What a picture of this size lost at each edge where it was cropped; nothing if split."""
    if len(boxes) != 1:
        return {}
    (width, height), (x0, y0, x1, y1) = size, boxes[0]
    bands = {
        "top": (0, 0, width, y0),
        "bottom": (0, y1, width, height),
        "left": (0, y0, x0, y1),
        "right": (x1, y0, width, y1),
    }
    return {edge: box for edge, box in bands.items() if box[0] < box[2] and box[1] < box[3]}


def _scaled(box: Box, size: tuple[int, int], small: tuple[int, int]) -> Box:
    """The box in the small image, rounded inwards: what is cut stays visible, however thin."""
    (x0, y0, x1, y1), (width, height), (across, down) = box, size, small
    left = min(-(-x0 * across // width), across - 1)
    top = min(-(-y0 * down // height), down - 1)
    return left, top, max(x1 * across // width, left + 1), max(y1 * down // height, top + 1)
