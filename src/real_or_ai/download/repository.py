"""The report's own pictures, and its second test set, from its author's public repository."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import requests

from real_or_ai.conventions.errors import DownloadError
from real_or_ai.download import files
from real_or_ai.download.files import Wanted

NAME = "MihalisSD/AI-Generated-Images-vs-Real-Images-Classification"
LISTING = "https://api.github.com/repos/{name}/git/trees/HEAD?recursive=1"
FILE = "https://raw.githubusercontent.com/{name}/{commit}/{path}"
# Its folders -> sources here; that of my_test is the one that split.external names.
SOURCES = {"data/train_val": "kaggle", "data/test": "kaggle", "data/my_test": "elsewhere"}
MAX_FILE = 200_000_000  # bytes


def fetch(folder: Path) -> int:
    """Puts the pictures into `folder` as <source>/<class>/...; returns how many are missing.

    Raises DownloadError if the repository cannot be listed, holds none of these folders, or lacks
    too many files.
    """
    wanted = list(_wanted(_listing()))
    if not wanted:
        raise DownloadError(
            f"github.com/{NAME}: holds none of {', '.join(SOURCES)} any more; use the Kaggle set: "
            "real-or-ai download kaggle"
        )
    return files.fetch(wanted, folder)


def _listing() -> list[dict[str, Any]]:
    """All of its files, as Git lists a tree."""
    address = LISTING.format(name=NAME)
    try:
        answer = requests.get(address, timeout=files.TIMEOUT)
        answer.raise_for_status()
        tree = answer.json()["tree"]
    except (requests.RequestException, KeyError, TypeError) as error:
        raise DownloadError(
            f"{address}: could not be listed ({type(error).__name__}); check the network, or use "
            "the Kaggle set: real-or-ai download kaggle"
        ) from error
    return [one for one in tree if one.get("type") == "blob"]


def _wanted(tree: list[dict[str, Any]]) -> Iterator[Wanted]:
    for one in tree:
        path = PurePosixPath(one["path"])
        for start, source in SOURCES.items():
            below = path.relative_to(start).parts if path.is_relative_to(start) else ()
            if len(below) < 2 or one["size"] > MAX_FILE:
                continue
            label = "ai" if below[0].lower().startswith("ai") else "real"
            # Two folders end in one: their names keep the files apart.
            name = "-".join([PurePosixPath(start).name, *below[1:]])
            place = PurePosixPath(source, label, name)
            url = FILE.format(name=NAME, commit="HEAD", path=quote(str(path)))
            yield Wanted(url, place, int(one["size"]), str(one["sha"]))
