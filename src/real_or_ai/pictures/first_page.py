"""Whether what a file shows first is the picture it is about: not in raw camera files, for one."""

from PIL import Image

from real_or_ai.conventions.errors import PictureError

PAGES = 32  # of a TIFF, compared with the first
TIMES = 4  # as many pixels as the first page: then the first is a thumbnail
_SUBFILE, _OLD_SUBFILE, _DNG_VERSION = 254, 255, 50706
_WAY_OUT = "export it as JPEG, PNG or TIFF"

# What raw files that are no TIFF begin with, at which byte.
_RAW = (
    (0, b"FUJIFILMCCD-RAW"), (0, b"IIRO"), (0, b"IIRS"), (0, b"MMOR"), (0, b"IIU\0"),
    (8, b"CR\2\0"), (4, b"ftypcrx "), (0, b"FOVb"), (0, b"\0MRM"),
)  # fmt: skip


def demand_no_raw(data: bytes) -> None:
    """Raises PictureError for a raw camera file that its first bytes tell."""
    if any(data.startswith(mark, at) for at, mark in _RAW):
        raise PictureError("raw camera file", f"a raw camera file, which is not read; {_WAY_OUT}")


def demand_the_picture(opened: Image.Image) -> None:
    """Raises PictureError where the first page or frame is a thumbnail, empty, or none."""
    if opened.format == "TIFF":
        _demand_no_thumbnail(opened)
    if opened.format == "PNG" and getattr(opened, "default_image", False):
        raise PictureError(
            "moving picture", f"a moving picture whose still image is no part of it; {_WAY_OUT}"
        )


def demand_something_on_it(image: Image.Image) -> None:
    """Raises PictureError if a moving picture's decoded first frame is all transparent."""
    if not getattr(image, "is_animated", False) or not image.has_transparency_data:
        return
    alpha = image.convert("RGBA").getchannel("A")
    if alpha.getextrema()[1] == 0:
        raise PictureError(
            "moving picture", f"a moving picture whose first frame is empty; {_WAY_OUT}"
        )


def _demand_no_thumbnail(opened: Image.Image) -> None:
    tags = opened.tag_v2  # type: ignore[attr-defined]
    reduced = int(tags.get(_SUBFILE, 0)) & 1 or tags.get(_OLD_SUBFILE) == 2
    if _DNG_VERSION in tags or reduced:
        width, height = opened.size
        raise PictureError(
            "raw camera file",
            f"its first picture is a reduced one of {width}x{height}, as in raw camera files; "
            f"{_WAY_OUT}",
        )
    first = opened.width * opened.height
    pages = min(getattr(opened, "n_frames", 1), PAGES)
    for page in range(1, pages):
        opened.seek(page)
        if opened.width * opened.height >= TIMES * first:
            raise PictureError(
                "thumbnail",
                f"its first page is {TIMES} times smaller than page {page + 1}; {_WAY_OUT}",
            )
    if pages > 1:
        opened.seek(0)
