"""How a drawn picture says that it is one: in its own EXIF, so that every copy of the file says it.

Detectors that learnt from such pictures are toys, and say so wherever they are used. A flag in the
parameters or a note beside the folder would be lost when the pictures are copied elsewhere.
"""

from PIL import ExifTags, Image

MARK = "drawn by real-or-ai"


def exif() -> Image.Exif:
    """The EXIF of a drawn picture."""
    marked = Image.Exif()
    marked[ExifTags.Base.ImageDescription] = MARK
    return marked


def is_drawn(image: Image.Image) -> bool:
    """Whether an opened picture file bears the mark."""
    try:
        return bool(image.getexif().get(ExifTags.Base.ImageDescription) == MARK)
    except Exception:  # damaged EXIF is not ours
        return False
