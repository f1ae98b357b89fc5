"""Sheets of pictures with captions, drawn from pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from real_or_ai.conventions.outputs import replacing

CELL = 96  # px a picture
CAPTION = 30  # px below it, two lines
MISTAKE = "#c62828"
QUIET = "#202020"


@dataclass(frozen=True)
class Cell:
    """A picture, uint8 [H, W, 3], two lines below it, and whether it is to be marked."""

    pixels: NDArray[np.uint8]
    caption: str
    marked: bool = False


def save(path: Path, title: str, cells: Sequence[Cell], columns: int) -> None:
    """The cells, row by row, as a JPEG; marked ones have a red frame and caption."""
    rows = -(-len(cells) // columns)
    pitch_x, pitch_y, top = CELL + 8, CELL + CAPTION + 8, 30
    sheet = Image.new("RGB", (columns * pitch_x + 8, rows * pitch_y + top), "white")
    canvas = ImageDraw.Draw(sheet)
    canvas.text((8, 7), title, QUIET, ImageFont.load_default(14))
    font = ImageFont.load_default(11)
    for index, cell in enumerate(cells):
        x, y = 8 + index % columns * pitch_x, top + index // columns * pitch_y
        if cell.marked:
            canvas.rectangle((x - 3, y - 3, x + CELL + 2, y + CELL + 2), MISTAKE)
        sheet.paste(Image.fromarray(cell.pixels).resize((CELL, CELL)), (x, y))
        colour = MISTAKE if cell.marked else QUIET
        canvas.multiline_text((x, y + CELL + 3), cell.caption, colour, font, spacing=1)
    with replacing(path) as temporary:
        sheet.save(temporary, "JPEG", quality=75)  # they go into Git, so they are small
