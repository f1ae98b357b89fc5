"""What a classifier that does not look at the content is given: file facts, a thumbnail, noise."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from real_or_ai.conventions.arrays import Floats
from real_or_ai.pictures.delivery import Delivery, deliver

THUMBNAIL = 8  # px of its square
CENTRE = 256  # px of the square, not resized, that residuals are measured in
NUMBERS = ("width", "height", "aspect", "jpeg_quality", "bytes_per_pixel")
FACTS = ("format", *NUMBERS, "jpeg_subsampling", "metadata")


def facts_as_found(raws: pd.DataFrame) -> pd.DataFrame:
    """FACTS of raw files by the manifest's raw_* columns; a quality of 0: there is none."""
    width, height = raws["raw_width"], raws["raw_height"]
    return pd.DataFrame(
        {
            "format": raws["raw_format"],
            "width": width,
            "height": height,
            "aspect": width / height,
            "jpeg_quality": pd.to_numeric(raws["raw_jpeg_quality"].replace("", "0")),
            "bytes_per_pixel": raws["raw_bytes"] / (width * height),
            "jpeg_subsampling": raws["raw_jpeg_subsampling"],
            "metadata": raws["raw_metadata"],
        }
    )


def facts_as_delivered(jpeg_bytes: NDArray[np.int64], delivery: Delivery) -> pd.DataFrame:
    """FACTS of delivered pictures, of which only the bytes still differ."""
    return pd.DataFrame(
        {
            "format": "JPEG",
            "width": delivery.short_side,
            "height": delivery.short_side,
            "aspect": 1.0,
            "jpeg_quality": delivery.jpeg_quality,
            "bytes_per_pixel": jpeg_bytes / delivery.short_side**2,
            "jpeg_subsampling": "4:2:0",
            "metadata": "",
        }
    )


def thumbnail(image: Image.Image) -> Floats:
    """[192]: an RGB image squashed to 8x8 px, in [0, 1]."""
    return deliver(image, None, THUMBNAIL).reshape(-1) / 255


def residuals(image: Image.Image) -> Floats:
    """[8]: how rough the centre of an RGB image is, its pixels as they are.

    Of the second difference of gray across and down: logarithm of its mean size, share of zeros,
    and correlation with itself one and two pixels on, which upsampling and JPEG change.
    """
    left, top = (max(0, (side - CENTRE) // 2) for side in image.size)
    box = (left, top, min(image.width, left + CENTRE), min(image.height, top + CENTRE))
    gray = np.asarray(image.crop(box).convert("L"), dtype=np.float64)
    numbers = []
    for rows in (gray, gray.T):
        rough = np.diff(rows, n=2, axis=1)
        power = (rough**2).mean() + 1e-9  # of a blank picture: 0
        lagged = [(rough[:, lag:] * rough[:, :-lag]).mean() / power for lag in (1, 2)]
        numbers += [np.log1p(np.abs(rough).mean()), (rough == 0).mean(), *lagged]
    return np.array(numbers)
