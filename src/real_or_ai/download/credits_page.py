"""CREDITS.md: whose the pictures of the collection are, under which licence, and what was done."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from real_or_ai.conventions.errors import DownloadError
from real_or_ai.conventions.outputs import replacing
from real_or_ai.download.listed import Listed
from real_or_ai.download.reduced import QUALITY, SHORT_SIDE

NAME = "CREDITS.md"
REDUCED = (
    f"Each was made smaller, its short side {SHORT_SIDE} px at most, and saved anew as JPEG "
    f"{QUALITY}."
)
ORIGINALS = "Each is as its repository has it."


def write(folder: Path, listed: Sequence[Listed], *, originals: bool) -> None:
    """Writes it into `folder`. Raises DownloadError if the one that is there tells of the other
    form: reduced pictures and originals side by side would be twice the same.
    """
    page = folder / NAME
    own, other = (ORIGINALS, REDUCED) if originals else (REDUCED, ORIGINALS)
    if page.is_file() and other in page.read_text(encoding="utf-8"):
        there, asked = ("reduced", "whole") if originals else ("whole", "reduced")
        raise DownloadError(
            f"{folder}: holds the pictures {there}; to have them {asked}, give another folder with "
            "--into"
        )
    with replacing(page) as temporary:
        text = "\n".join(_lines(listed, own, originals=originals))
        temporary.write_text(text + "\n", encoding="utf-8")


def _lines(listed: Sequence[Listed], done: str, *, originals: bool) -> Iterator[str]:
    parts: dict[tuple[str, ...], list[Listed]] = defaultdict(list)
    for one in listed:
        parts[one.source, one.repository, one.commit, one.licence, one.credit].append(one)
    repositories = len({one.repository for one in listed})
    yield "# Credits"
    yield ""
    yield f"{len(listed)} pictures of {repositories} public repositories. {done}"
    for (source, repository, commit, licence, credit), own in parts.items():
        at = f"https://github.com/{repository}/blob/{commit}"
        yield ""
        yield f"## {source}"
        yield ""
        yield f"Pictures: {len(own)}, of https://github.com/{repository}/tree/{commit}"
        yield ""
        yield f"Licence: {licence}{'; ' if credit else ''}{credit}"
        yield ""
        for one in own:
            yield f"- {one.place(original=originals)}: {at}/{quote(one.path)}"
