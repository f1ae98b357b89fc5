"""What tells copies and near-duplicates: a digest of the pixels and a perceptual hash."""

import hashlib

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 64  # px of the square whose lowest frequencies are hashed
_LOW = 16  # frequencies each way: 256 bits


def pixel_digest(rgb: NDArray[np.uint8]) -> str:
    """SHA-256 of the size and the pixels [H, W, 3]."""
    height, width = rgb.shape[:2]
    digest = hashlib.sha256(np.array([width, height], dtype="<u4").data)
    digest.update(np.ascontiguousarray(rgb).data)
    return digest.hexdigest()


def perceptual_hash(gray: NDArray[np.uint8]) -> str:
    """256 bits, hexadecimal: which of the lowest frequencies of [H, W] lie above their median.

    pHash: Zauner 2010, Implementation and benchmarking of perceptual image hash functions.
    """
    while max(gray.shape) >= 8 * _SIDE:  # halving is many times faster than scaling by a fraction
        even = gray[: len(gray) // 2 * 2, : gray.shape[1] // 2 * 2]
        height, width = (side // 2 if side >= 8 * _SIDE else side for side in even.shape)
        gray = _scaled(even, width, height, cv2.INTER_AREA)
    square = _scaled(gray, 4 * _SIDE, 4 * _SIDE, cv2.INTER_LINEAR)
    low = cv2.dct(_scaled(square, _SIDE, _SIDE, cv2.INTER_AREA).astype(np.float32))[:_LOW, :_LOW]
    return np.packbits(low > np.median(low)).tobytes().hex()


def _scaled(gray: NDArray[np.uint8], width: int, height: int, kind: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(gray, (width, height), interpolation=kind), np.uint8)
