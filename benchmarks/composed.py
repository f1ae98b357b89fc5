"""Composes grids of pictures and measures whether preparation takes them apart again.

    python -m benchmarks.composed FOLDER      # of single pictures; writes benchmarks/composed.json

A grid is scaled, has gutters and a border or none, and is saved as a JPEG once more. Found is one
that falls into as many tiles as it was made of; exact is one whose every edge is at most two pixels
off. Pictures with an edge of one colour make that undecidable here and there. The pictures that the
grids were made of are looked at as well: one that is split was none.
"""

import io
import sys
from collections import defaultdict
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.cleaning import opened, share
from benchmarks.measuring import write
from benchmarks.prepare import readable
from real_or_ai.conventions.arrays import Box
from real_or_ai.pictures.parallel import in_order
from real_or_ai.stages.prepare.cleaning import grids
from real_or_ai.stages.prepare.cleaning.look import look_at

LAYOUTS = [(1, 2), (2, 1), (1, 3), (3, 1), (1, 4), (2, 2), (2, 3), (3, 3), (2, 4), (4, 4), (4, 5)]
EACH = 60  # grids of a layout
GUTTERS = (0, 0, 2, 4, 10, 20)  # px, before scaling
COLOURS = ((255, 255, 255), (0, 0, 0), (240, 238, 230))
SCALES = (1, 1, 0.7, 0.5)
LARGEST = 1800  # px of a grid's tiles
OFF = 2  # px that an exact edge is off at the most
SEED = 2026


def main() -> None:
    folder = Path(sys.argv[1])
    files = readable(folder)
    jobs = [(number, layout) for number in range(EACH) for layout in LAYOUTS]
    found = list(in_order(partial(tried, files=files), jobs, "grids"))
    groups: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for gutter, layout, is_found, is_exact in found:
        kind = "one row or column" if min(layout) == 1 else "rows and columns"
        how = "with gutters" if gutter else "without gutters"
        groups[f"{kind}, {how}"].append((is_found, is_exact))
    split = sum(in_order(is_split, files, "single pictures"))
    rows = [
        {
            "what": what,
            "found": share(sum(one[0] for one in those), len(those)),
            "exact": share(sum(one[1] for one in those), len(those)),
        }
        for what, those in sorted(groups.items())
    ]
    result = {
        "grids": len(jobs),
        "rows": rows,
        "single": len(files),
        "single_split": split,
        "seed": SEED,
    }
    for row in rows:
        print(*row.values(), sep="  ")
    print(f"of {len(files)} single pictures {split} were split")
    write("composed", result)


def tried(
    job: tuple[int, tuple[int, int]], *, files: list[Path]
) -> tuple[int, tuple[int, int], bool, bool]:
    """Gutter and layout of one grid, whether it was found, and whether every edge is exact."""
    number, layout = job
    chance = np.random.default_rng([SEED, number, *layout])
    gutter = int(chance.choice(GUTTERS))
    image, boxes = composed(files, layout, gutter, chance)
    cut = [tile.box for tile in grids.find(look_at(image))]
    is_found = len(cut) == len(boxes)
    off = np.abs(np.subtract(cut, boxes)).max() if is_found else np.inf
    return gutter, layout, is_found, bool(off <= OFF)


def composed(
    files: list[Path], layout: tuple[int, int], gutter: int, chance: np.random.Generator
) -> tuple[Image.Image, list[Box]]:
    """A grid and the boxes of its tiles, row by row."""
    rows, columns = layout
    border = int(chance.choice([0, 0, gutter, 2 * gutter]))
    width = int(chance.integers(160, 420))
    height = int(width * chance.choice([1, 1, 0.75, 1.33]))
    shrink = min(1, LARGEST / max(rows * height, columns * width))
    width, height = int(width * shrink), int(height * shrink)
    size = (
        columns * (width + gutter) - gutter + 2 * border,
        rows * (height + gutter) - gutter + 2 * border,
    )
    sheet = Image.new("RGB", size, COLOURS[chance.integers(len(COLOURS))])
    scale = float(chance.choice(SCALES)) if min(width, height) > 200 else 1
    boxes = []
    for row, column in np.ndindex(layout):
        x, y = border + column * (width + gutter), border + row * (height + gutter)
        picture = opened(files[chance.integers(len(files))])
        sheet.paste(ImageOps.fit(picture, (width, height)), (x, y))
        boxes.append(tuple(round(at * scale) for at in (x, y, x + width, y + height)))
    if scale != 1:
        sheet = sheet.resize(
            (round(size[0] * scale), round(size[1] * scale)), Image.Resampling.LANCZOS
        )
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=int(chance.integers(70, 96)))
    return Image.open(buffer).convert("RGB"), boxes


def is_split(file: Path) -> bool:
    return bool(grids.find(look_at(opened(file))))


if __name__ == "__main__":
    main()
