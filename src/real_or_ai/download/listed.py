"""The list of the collection, data/collection.csv: facts of pictures, and no picture.

Its column `file` is where a picture stands: <source>/<class>/<kind>/<name>. The kind is the
generator, but where a source shows a picture each of many models, and for real pictures, which
have none: a folder for each picture would say nothing.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath

from real_or_ai.conventions.errors import DownloadError
from real_or_ai.conventions.handwritten import read_text

SUFFIX = {"JPEG": ".jpg", "PNG": ".png"}


@dataclass(frozen=True)
class Listed:
    """A row of the list; these of its columns are needed for fetching."""

    file: str  # the reduced picture, below the folder
    source: str
    group: str  # of pictures that belong together, or empty
    repository: str
    commit: str
    path: str  # of the original, in the repository
    bytes: str  # of the original, as is all that follows
    sha256: str
    format: str
    licence: str
    credit: str

    def place(self, *, original: bool) -> PurePosixPath:
        """Where the reduced picture or the original goes, below the folder."""
        place = PurePosixPath(self.file)
        return place.with_suffix(SUFFIX[self.format]) if original else place


def read(path: Path) -> list[Listed]:
    """The rows of the list. Raises DownloadError if there is none or it is no such list."""
    try:
        text = read_text(path)
    except FileNotFoundError:
        raise DownloadError(f"{path}: not found; run this in the project's folder") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    names = [field.name for field in fields(Listed)]
    if lacking := [name for name in names if name not in (reader.fieldnames or ())]:
        raise DownloadError(
            f"{path}: lacks the columns {', '.join(lacking)}; put it back: git checkout {path}"
        )
    listed = []
    for row in reader:
        if not _is_sound(row):
            raise DownloadError(
                f"{path}:{reader.line_num}: expected a file below the folder, and the bytes, "
                "SHA-256 and format (JPEG, PNG) of its original; correct the line, or put the list "
                f"back: git checkout {path}"
            )
        listed.append(Listed(**{name: row[name] for name in names}))
    return listed


def _is_sound(row: Mapping[str | None, str | None]) -> bool:
    if None in row or None in row.values():  # too many cells, or too few
        return False
    place = PurePosixPath(row["file"] or "")
    return (
        len(place.parts) > 1
        and not {"/", ".."} & set(place.parts)
        and (row["bytes"] or "").isdecimal()
        and re.fullmatch("[0-9a-f]{64}", row["sha256"] or "") is not None
        and row["format"] in SUFFIX
    )
