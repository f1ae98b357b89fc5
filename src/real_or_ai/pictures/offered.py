"""Which files below a folder are offered as pictures, and what of the rest is left out and why.

The one answer for doctor, `prepare` and `check`. What a system, an editor or a version control
keeps beside pictures is none whatever it holds; any other file is none if neither its name nor its
content says so. A file that says it is a picture and is not is offered: reading it will say why.
"""

import os
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath

from real_or_ai.conventions.printable import printable

# Names that say picture, those of formats that are not read among them: people should be told.
SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .pjpeg .png .apng .webp .avif .avifs .gif .bmp .dib .tif .tiff .heic "
    ".heif .hif .svg .eps .jxl .jp2 .j2k .jxr .ico .icns .tga .ppm .pgm .pcx .exr .hdr .psd .xcf "
    ".dng .nef .nrw .crw .cr2 .cr3 .arw .orf .rw2 .raf .pef .srw .x3f .3fr .mrw .iiq "
    ".rwl .mef .mos .erf .dcr .kdc".split()
)
# Kept by systems beside what is a person's; hidden ones, whose names begin with a dot, as well.
_FOLDERS = frozenset(
    (
        "__macosx",
        "__pycache__",
        "@eadir",
        "#recycle",
        "$recycle.bin",
        "lost+found",
        "system volume information",
    )
)
_FILES = frozenset(
    ("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "picasa.ini")
)
_UNFINISHED = (".part", ".partial", ".crdownload", ".opdownload", ".download", "~")

_FTYP_BRANDS = frozenset(
    b"heic heix heim heis hevc hevx hevm hevs mif1 mif2 msf1 avif avis jpeg jpgs".split()
)
_SEEN = 32  # bytes of a file that its kind is told by


def walk(folder: str, left_out: Counter[str]) -> Iterator[str]:
    """Paths, with `folder` in front, of what is offered below it, each folder's in order of name.

    Counts in `left_out` what is not, by kind. Links to folders, which are not followed, and folders
    that cannot be listed come as they are; so does `folder` itself.
    """
    waiting: list[Iterator[os.DirEntry[str]]] = []  # not by recursion: folders may be deep
    try:
        waiting.append(_listed(folder))
    except OSError:
        yield folder
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
        elif _is_folder(entry):
            if _is_kept_aside(entry.name, _FOLDERS):
                if count := _count(entry.path):
                    left_out[f"below {entry.name}"] += count
                continue
            if entry.is_symlink():
                yield entry.path
                continue
            try:
                waiting.append(_listed(entry.path))
            except OSError:
                yield entry.path
        elif (kind := why_left_out(entry.path)) is not None:
            left_out[kind] += 1
        else:
            yield entry.path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """A link to one is one too, and one that leads in circles is none."""
    return os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir()


def _listed(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return iter(sorted(entries, key=lambda entry: entry.name))


def why_left_out(path: str) -> str | None:
    """The kind of a file that is not offered, by its own name and its content; None if it is."""
    name = os.path.basename(path)
    if name.startswith("._"):
        return "named ._*"
    if _is_kept_aside(name, _FILES):
        return f"named {name.rstrip()}"
    if name.lower().endswith(_UNFINISHED):
        return "unfinished or former files"
    suffix = PurePath(name).suffix.lower()
    if suffix in SUFFIXES or _may_hold_picture(path):
        return None
    return suffix or "without a suffix"


def below_kept_aside(path: str) -> bool:
    """Whether a path, with slashes, leads through a folder that is never looked into."""
    return any(_is_kept_aside(name, _FOLDERS) for name in path.split("/")[:-1])


def told(left_out: Counter[str]) -> str:
    """In a line, how many files are no pictures and what they are; empty if there are none."""
    total = left_out.total()
    if not total:
        return ""
    common = [f"{count} {kind}" for kind, count in left_out.most_common(5)]
    more = [f"{len(left_out) - 5} kinds more"] if len(left_out) > 5 else []
    files = "file" if total == 1 else "files"
    return printable(f"left out, as no pictures: {total} {files} ({', '.join(common + more)})")


def _is_kept_aside(name: str, known: frozenset[str]) -> bool:
    return name.startswith(".") or unicodedata.normalize("NFC", name).lower() in known


def _count(folder: str) -> int:
    """Of files, however deep."""
    return sum(len(names) for _, _, names in os.walk(folder))


def _may_hold_picture(path: str) -> bool:
    """By the first bytes. What is no regular file or cannot be read may: reading it says why."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return True
        with open(path, "rb") as file:
            head = file.read(_SEEN)
    except OSError:
        return True
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")):
        return True
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):  # TIFF and BigTIFF
        return True
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return True
    if head[4:8] == b"ftyp":  # videos begin so too
        return head[8:12] in _FTYP_BRANDS
    # A text may begin with BM; a bitmap goes on with its size and, reserved, zeros.
    return head[:2] == b"BM" and len(head) > 26 and head[6:10] == bytes(4)
