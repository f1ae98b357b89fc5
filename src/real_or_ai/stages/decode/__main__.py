"""Stage `decode`: every prepared picture, delivered alike, as one file of pixels.

After this stage only `audit` opens a picture file again, and no detector sees what it reads there.
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from real_or_ai.conventions import tables
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.outputs import replacing
from real_or_ai.conventions.params import load
from real_or_ai.pictures import decoding
from real_or_ai.pictures.delivery import DecodeParams, deliver
from real_or_ai.pictures.parallel import in_order


def run(prepared: Path, pixels_npy: Path, params: DecodeParams) -> None:
    """Writes pixels_npy, uint8 [N, size, size, 3] in the manifest's order."""
    pictures = tables.read(prepared / "manifest.csv")
    shape = (len(pictures), params.size, params.size, 3)
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    decode_one = partial(_decode, prepared=prepared, params=params)
    # Written row by row: a full disk is an error then, where a memory map would kill the process.
    with replacing(pixels_npy) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        # Threads: Pillow decodes, resizes and encodes outside the interpreter's lock.
        for row in in_order(decode_one, list(pictures["picture"]), "decode", threads=True):
            file.write(row.data)


def _decode(name: str, *, prepared: Path, params: DecodeParams) -> NDArray[np.uint8]:
    data = (prepared / name).read_bytes()
    # prepare has checked this picture's size against its own limit.
    image = decoding.decode(data, max_pixels=sys.maxsize).image
    return deliver(image, params.delivery, params.size)


if __name__ == "__main__":
    with told_in_one_sentence():
        prepared, pixels_npy = map(Path, sys.argv[1:])
        run(prepared, pixels_npy, load(DecodeParams, "decode"))
