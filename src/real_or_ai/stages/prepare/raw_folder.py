"""A raw folder, `<raw>/<source>/<class>/...`: which files it holds and what their path says."""

import os
import stat
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from real_or_ai.conventions.errors import RawFolderError
from real_or_ai.conventions.labels import LABELS, Label
from real_or_ai.conventions.tables import RejectedRow

UNNAMED = "unnamed"  # the source of a plain real/ + ai/ pair
GROUPS_CSV = "groups.csv"  # optional, at the root: raw, group
DVCIGNORE = ".dvcignore"
SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .avif .gif .bmp .tif .tiff .heic .heif".split()
)  # said to be pictures; every file is tried, these only tell a class folder's lack from a note


@dataclass(frozen=True)
class RawFile:
    """A file below a raw folder; label and source are empty where no folder names its class."""

    raw: str  # path below the raw folder, with slashes
    label: str
    source: str
    generator: str

    def rejected(self, reason: str, detail: str = "") -> RejectedRow:
        """Why it is not used."""
        return RejectedRow(self.raw, self.label, self.source, reason, detail)


ClassFolders = Mapping[Label, Sequence[str]]  # names of folders that hold each


def walk(folder: Path, class_folders: ClassFolders) -> list[RawFile]:
    """Every file below `folder`, sorted by path.

    Links to folders, which neither this nor DVC follows, and folders that may not be read stand
    there as files.

    Raises RawFolderError if the folder is missing, empty, holds pictures outside the class
    folders or below folders of both classes, or holds only one class.
    """
    if not folder.is_dir():
        raise RawFolderError(
            f"{folder}: no such folder; put pictures into {folder}/<source>/real and "
            f"{folder}/<source>/ai, or set prepare.raw to a folder that has them (the report's "
            "come with: real-or-ai download kaggle)"
        )
    names = sorted(_files(folder))
    if not names:
        raise RawFolderError(
            f"{folder}: holds no files; put pictures into {folder}/<source>/real and "
            f"{folder}/<source>/ai"
        )
    label_of = {name: label for label, own in class_folders.items() for name in own}
    files = [_read_path(name, label_of) for name in names if name != GROUPS_CSV]
    _demand_known_class_folders(folder, files, class_folders)
    _demand_one_class(folder, files, label_of)
    _demand_both_classes(folder, files, class_folders)
    return files


def hazards(folder: Path) -> list[str]:
    """A sentence for each entry that DVC cannot hash or passes over without a word."""
    found = []
    for place, folders, names in os.walk(folder):
        for name in sorted([*folders, *names]):
            path = os.path.join(place, name)
            shown = os.fsencode(path).decode("utf-8", "backslashreplace")
            try:
                os.fsencode(name).decode("utf-8")
            except UnicodeDecodeError:
                found.append(f"{shown}: its name is not UTF-8; rename it")
                continue
            if name == DVCIGNORE:
                found.append(f"{shown}: DVC takes none inside of data; remove it")
            elif os.path.islink(path) and os.path.isdir(path):
                found.append(f"{shown}: a link to a folder, not followed; put the folder there")
            elif os.path.islink(path) and not os.path.exists(path):
                found.append(f"{shown}: a link that leads nowhere; remove it")
            elif os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
                kind = "pipe" if stat.S_ISFIFO(os.stat(path).st_mode) else "special file"
                found.append(f"{shown}: a {kind}, not a picture; remove it")
            elif not os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0)):
                found.append(f"{shown}: may not be read; change its permissions or remove it")
    return found


def _files(folder: Path) -> list[str]:
    """Paths of all but readable folders: dangling links and pipes are among them."""
    found = []

    def unreadable(error: OSError) -> None:
        found.append(Path(error.filename).relative_to(folder).as_posix())

    for place, folders, names in os.walk(folder, onerror=unreadable):
        linked = [name for name in folders if os.path.islink(os.path.join(place, name))]
        found += [Path(place, name).relative_to(folder).as_posix() for name in names + linked]
    return found


def _read_path(raw: str, label_of: Mapping[str, Label]) -> RawFile:
    """The class is the deepest folder with a class name; above it stands the source."""
    folders = PurePosixPath(raw).parts[:-1]
    depths = [depth for depth, name in enumerate(folders) if name in label_of]
    if not depths:
        return RawFile(raw, label="", source="", generator="")
    deepest = depths[-1]
    # AiArtData/AiArtData/x.jpg, as in the Kaggle zip: a class name above is not a source.
    above = [name for name in folders[:deepest] if name not in label_of]
    return RawFile(
        raw,
        label=label_of[folders[deepest]],
        source="/".join(above) or UNNAMED,
        generator="/".join(folders[deepest + 1 :]),
    )


def _demand_known_class_folders(
    folder: Path, files: list[RawFile], class_folders: ClassFolders
) -> None:
    strays = Counter(
        str(PurePosixPath(file.raw).parent)
        for file in files
        if not file.label and PurePosixPath(file.raw).suffix.lower() in SUFFIXES
    )
    if strays:
        place, count = strays.most_common(1)[0]
        real, ai = (", ".join(class_folders[label]) for label in LABELS)
        raise RawFolderError(
            f"{folder / place}: {count} picture files, but no folder in that path names a class; "
            f"rename a folder to one of {real} (real) or {ai} (ai), or add its name to "
            "prepare.class_folders"
        )


def _demand_one_class(folder: Path, files: list[RawFile], label_of: Mapping[str, Label]) -> None:
    """ai/human/x.png may be an AI picture of a person, or a picture of the class human."""
    for file in files:
        above = PurePosixPath(file.raw).parent
        names = {label_of[name]: name for name in above.parts if name in label_of}
        if len(names) > 1:
            said = " and ".join(f"{names[label]} ({label})" for label in LABELS)
            raise RawFolderError(
                f"{folder / above}: names both classes, {said}; rename one of the two folders, or "
                "take its name out of prepare.class_folders"
            )


def _demand_both_classes(folder: Path, files: list[RawFile], class_folders: ClassFolders) -> None:
    counts = Counter(file.label for file in files)
    for label in LABELS:
        if not counts[label]:
            there = ", ".join(f"{counts[other]} of {other}" for other in LABELS if counts[other])
            links = [file.raw for file in files if (folder / file.raw).is_dir()]
            unfollowed = f" ({links[0]} is a link to a folder, not followed)" if links else ""
            raise RawFolderError(
                f"{folder}: holds {there or 'no picture of either class'} and none of {label}"
                f"{unfollowed}; "
                f"put {label} pictures into a folder named {' or '.join(class_folders[label])}"
            )
