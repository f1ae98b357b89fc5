"""Pictures of public repositories with stated licences: each as of a commit, by a list."""

import csv
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from real_or_ai.conventions.outputs import replacing
from real_or_ai.download import credits_page, files, listed, repository
from real_or_ai.download.files import Wanted
from real_or_ai.download.listed import Listed
from real_or_ai.download.reduced import as_small_jpeg

LIST = Path("data/collection.csv")
GROUPS = "groups.csv"  # as `prepare` reads it


def fetch(folder: Path, *, originals: bool = False) -> int:
    """Puts the pictures into `folder`, with CREDITS.md and groups.csv. Returns how many it lacks.

    originals: byte for byte, instead of reduced. Raises DownloadError if the list cannot be used,
    the folder holds the other form, or too many are missing.
    """
    rows = listed.read(LIST)
    credits_page.write(folder, rows, originals=originals)
    wanted = [_wanted(one, original=originals) for one in rows]
    try:
        return files.fetch(wanted, folder, None if originals else as_small_jpeg)
    finally:  # what has come by then may be used as it is
        _write_groups(folder, rows, originals=originals)


def _wanted(one: Listed, *, original: bool) -> Wanted:
    url = repository.FILE.format(name=one.repository, commit=one.commit, path=quote(one.path))
    return Wanted(url, one.place(original=original), int(one.bytes), one.sha256)


def _write_groups(folder: Path, rows: Sequence[Listed], *, originals: bool) -> None:
    """Of the pictures that are there: `prepare` takes a name without its file for a mistake."""
    pairs = [(str(one.place(original=originals)), one.group) for one in rows if one.group]
    with replacing(folder / GROUPS) as temporary, temporary.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("raw", "group"))
        table.writerows(pair for pair in pairs if (folder / pair[0]).is_file())
