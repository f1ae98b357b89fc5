"""What is kept of a picture of the collection: small, and both classes nearly alike."""

import io

from PIL import Image

from real_or_ai.pictures.decoding import decode

SHORT_SIDE = 320  # px at most
QUALITY = 88
MAX_PIXELS = 100_000_000


def as_small_jpeg(data: bytes) -> bytes:
    """A picture's file as a JPEG of Pillow's, upright, in sRGB, transparent parts over white.

    Smaller pictures keep their size. Raises PictureError if there is no whole picture in `data`.
    """
    image = decode(data, MAX_PIXELS).image
    short = min(image.size)
    if short > SHORT_SIDE:
        width, height = (round(side * SHORT_SIDE / short) for side in image.size)
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)  # a comment comes along, until the delivery
    return buffer.getvalue()
