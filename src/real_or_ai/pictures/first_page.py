"""Whether what a file shows first is the picture it is about: not in raw camera files, for one."""

import re

from PIL import Image

from real_or_ai.conventions.errors import PictureError
from real_or_ai.pictures import directories

TIMES = 4  # as many pixels as the first page: then the first is a thumbnail
_SUBFILE, _OLD_SUBFILE = 254, 255
# Colours of a TIFF's page: a sensor's own. Without a mosaic they may follow a picture made of them.
_MOSAIC, _LINEAR = 32803, 34892
_WAY_OUT = "export it as JPEG, PNG or TIFF"

# What raw files begin with: Fujifilm, Olympus, Panasonic, Canon (three), Sigma, Minolta, Phase One.
_RAW = re.compile(
    rb"FUJIFILMCCD-RAW|IIRO|IIRS|MMOR|IIU\0|.{8}CR\x02\0|.{4}ftypcrx |II.{4}HEAPCCDR|FOVb|\0MRM"
    rb"|(?:(?:II\*\0|MM\0\*).{4})?(?:IIII.waR|MMMMRaw)",
    re.DOTALL,
)


def demand_no_raw(data: bytes) -> None:
    """Raises PictureError for a raw camera file that its first bytes or its directories tell."""
    colours = [page.number(directories.PHOTOMETRIC) for page in directories.read(data)]
    if _RAW.match(data) or _MOSAIC in colours or colours[:1] == [_LINEAR]:
        raise PictureError("raw camera file", f"a raw camera file, which is not read; {_WAY_OUT}")


def demand_the_picture(opened: Image.Image, data: bytes) -> None:
    """Raises PictureError where the first page or frame is a thumbnail, empty, or none."""
    if opened.format == "TIFF":
        _demand_no_thumbnail(opened, data)
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


def _demand_no_thumbnail(opened: Image.Image, data: bytes) -> None:
    tags = opened.tag_v2  # type: ignore[attr-defined]
    first = f"{opened.width}x{opened.height}"
    if int(tags.get(_SUBFILE, 0)) & 1 or tags.get(_OLD_SUBFILE) == 2:
        raise PictureError(
            "raw camera file",
            f"its first picture is a reduced one of {first}, as in raw camera files; {_WAY_OUT}",
        )
    largest = max(directories.read(data), key=lambda page: page.pixels)
    if largest.pixels >= TIMES * opened.width * opened.height:
        width, height = map(largest.number, (directories.WIDTH, directories.HEIGHT))
        raise PictureError(
            "thumbnail",
            f"its first page of {first} is small beside one of {width}x{height}; {_WAY_OUT}",
        )
