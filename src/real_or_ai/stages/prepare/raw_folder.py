"""A raw folder, `<raw>/<source>/<class>/...`: which files it holds and what their path says."""

import os
import stat
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from real_or_ai.conventions.errors import RawFolderError
from real_or_ai.conventions.handwritten import composed
from real_or_ai.conventions.labels import LABELS, Label
from real_or_ai.conventions.tables import RejectedRow
from real_or_ai.pictures import offered

UNNAMED = "unnamed"  # the source of a plain real/ + ai/ pair
GROUPS_CSV = "groups.csv"  # optional, at the root: raw, group
DVCIGNORE = ".dvcignore"


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


@dataclass(frozen=True)
class RawFiles:
    """What a raw folder holds: the files, sorted by path, and how many are left out, by kind."""

    files: list[RawFile]
    left_out: Counter[str] = field(default_factory=Counter)


ClassFolders = Mapping[Label, Sequence[str]]  # names of folders that hold each


def walk(folder: Path, class_folders: ClassFolders) -> RawFiles:
    """Every file below `folder` that is offered as a picture.

    Links to folders, which neither this nor DVC follows, and folders that may not be read stand
    there as files.

    Raises RawFolderError if the folder is missing, holds no pictures, holds some outside the class
    folders or below folders of both classes, or holds only one class.
    """
    if not folder.is_dir():
        raise RawFolderError(
            f"{folder}: no such folder; put pictures into {folder}/<source>/real and "
            f"{folder}/<source>/ai, or set prepare.raw to a folder that has them (the report's "
            "come with: real-or-ai download kaggle)"
        )
    left_out: Counter[str] = Counter()
    names = sorted(
        os.path.relpath(path, folder).replace(os.sep, "/")
        for path in offered.walk(str(folder), left_out)
        if path != str(folder)
    )
    if GROUPS_CSV in names:
        names.remove(GROUPS_CSV)
    elif (folder / GROUPS_CSV).is_file():  # no picture, but in use
        left_out -= Counter([PurePosixPath(GROUPS_CSV).suffix])
    if not names:
        beside = f" ({offered.told(left_out)})" if left_out else ""
        raise RawFolderError(
            f"{folder}: holds no pictures{beside}; put some into {folder}/<source>/real and "
            f"{folder}/<source>/ai"
        )
    label_of = {composed(name): label for label, own in class_folders.items() for name in own}
    files = [_read_path(name, label_of) for name in names]
    _demand_known_class_folders(folder, files, class_folders)
    _demand_one_class(folder, files, label_of)
    _demand_both_classes(folder, files, class_folders)
    return RawFiles(files, left_out)


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


def _read_path(raw: str, label_of: Mapping[str, Label]) -> RawFile:
    """The class is the deepest folder with a class name; above it stands the source."""
    folders = [composed(name) for name in PurePosixPath(raw).parts[:-1]]
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
        if not file.label and PurePosixPath(file.raw).suffix.lower() in offered.SUFFIXES
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
        names = {label_of[name]: name for name in map(composed, above.parts) if name in label_of}
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
