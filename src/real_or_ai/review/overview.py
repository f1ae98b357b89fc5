"""Pages of what `prepare` rejected, split and cropped, before and after.

One look finds its mistakes; a person overrules them with lines that the pages have ready.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, groupby, islice
from math import ceil
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from real_or_ai.conventions.arrays import Box
from real_or_ai.conventions.errors import PictureError, UserError
from real_or_ai.conventions.labels import LABELS
from real_or_ai.conventions.outputs import replacing
from real_or_ai.pictures import decoding
from real_or_ai.pictures.parallel import in_order
from real_or_ai.review import entries
from real_or_ai.review.entries import Entry, Review, Section
from real_or_ai.review.thumbnails import Thumbnail, problem, thumbnail
from real_or_ai.stages.prepare import PrepareParams

PREPARED = Path("data/prepared")
PER_PAGE = 500  # entries; some 10 MB with their pictures
LARGE, SMALL = 240, 116  # px of the longer side; two small pictures are as wide as a large one


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
    review = entries.read(prepared, raw)
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


def show(entry: Entry, *, raw: Path, prepared: Path, params: PrepareParams) -> Shown:
    """The entry with its pictures; where a file cannot be read, the reason stands for it."""
    boxes = [part.box for part in entry.parts]
    after = []
    for part in entry.parts:
        caption = part.tile or "After"
        try:
            image = _decoded(prepared / part.picture, params)
            after.append(thumbnail(caption, image, SMALL if len(boxes) > 1 else LARGE))
        except PictureError as error:
            after.append(problem(caption, error))
    try:
        image = _decoded(raw / entry.raw, params)
    except PictureError as error:
        return Shown(entry, problem("Before", error), tuple(after))
    return Shown(
        entry,
        before=thumbnail("Before", image, LARGE, boxes),
        after=tuple(after),
        cut=tuple(
            thumbnail(f"Cut from the {edge}", image.crop(band), 2 * LARGE)
            for edge, band in _bands(image.size, boxes).items()
        ),
        overrides=entries.override_lines(entry, image.size),
    )


def render(
    review: Review, shown: Sequence[Shown], pages: Sequence[str], number: int, params: PrepareParams
) -> bytes:
    """The page of this number, from 0, as HTML that needs no other file; pages: all their names."""
    environment = Environment(
        loader=PackageLoader("real_or_ai.review", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    links = _links(review, pages)
    totals = Counter(entry.section for entry in review.entries)
    html = environment.get_template("overview.html.jinja").render(
        params=params,
        labels=[label for label in (*LABELS, "") if label or review.files.get(label)],
        files=review.files,
        tallies=entries.tally(review, links),
        sections=[
            (section, links[section].rpartition("#")[2], totals[section], list(own))
            for section, own in groupby(shown, key=lambda one: one.entry.section)
        ],
        pages=pages,
        page=pages[number],
    )
    html = html.replace("\r", "&#13;")  # of a name: HTML would read it as the end of a line
    return html.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").encode()


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
    return decoding.decode(decoding.read_bytes(path, params.max_bytes), params.max_pixels).image


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
