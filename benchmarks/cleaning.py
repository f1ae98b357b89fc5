"""Measures what preparation finds against pictures labelled by eye.

    python -m benchmarks.cleaning FOLDER      # FOLDER holds labels.csv and the files it names

labels.csv: file, labelled_by_eye, is_grid, grid_rows, grid_cols, has_credential, credential_kind,
is_screenshot. Prints precision and recall of each detector with 95 % Wilson intervals and writes
the wrongly handled pictures as contact sheets into a temporary folder that it names.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from real_or_ai import cleaning, images, sheets
from real_or_ai.parallel import in_order


@dataclass(frozen=True)
class Found:
    """What the detectors say of one picture, and a small copy of it."""

    grid: bool
    credential: str  # its kind, or empty
    screenshot: bool
    thumbnail: np.ndarray


def main() -> None:
    folder = Path(sys.argv[1])
    labels = pd.read_csv(folder / "labels.csv", dtype=str, keep_default_na=False)
    labels = labels[labels["labelled_by_eye"] == "1"].reset_index(drop=True)
    found = list(in_order(partial(look, folder=folder), list(labels["file"]), "cleaning"))
    squares = labels["credential_kind"] == "dalle_color_squares"
    other = (labels["has_credential"] == "1") & ~squares
    two_by_two = (labels["grid_rows"] == "2") & (labels["grid_cols"] == "2")
    rows: list[tuple[str, pd.Series, Callable[[Found], bool]]] = [
        ("2x2 grids", two_by_two, lambda one: one.grid),
        ("all grids", labels["is_grid"] == "1", lambda one: one.grid),
        ("colour squares", squares, lambda one: one.credential == "colour squares"),
        (
            "other credentials",
            other,
            lambda one: one.credential not in ("", "colour squares"),
        ),
        ("screenshots", labels["is_screenshot"] == "1", lambda one: one.screenshot),
    ]
    out = Path(tempfile.mkdtemp(prefix="cleaning-"))
    print(f"{len(labels)} pictures labelled by eye")
    for name, truth, said in rows:
        calls = np.array([said(one) for one in found])
        hits = int((calls & truth).sum())
        print(
            f"{name:18} precision {share(hits, int(calls.sum()))}  "
            f"recall {share(hits, int(truth.sum()))}"
        )
        cells = [
            sheets.Cell(one.thumbnail, f"{Path(file).name[:16]}\n{'missed' if true else 'false'}")
            for one, file, true, call in zip(found, labels["file"], truth, calls, strict=True)
            if true != call
        ]
        if cells:
            sheets.save(out / f"{name.replace(' ', '-')}.jpg", f"{name}: wrong", cells, 10)
    plain = labels["file"].str.contains("imagenet-sample") & (labels["has_credential"] != "1")
    touched = [
        file
        for file, one, is_plain in zip(labels["file"], found, plain, strict=True)
        if is_plain and (one.grid or one.credential or one.screenshot)
    ]
    print(f"plain photographs touched: {len(touched)} of {plain.sum()} {touched}")
    print(f"contact sheets: {out}")


def look(file: str, *, folder: Path) -> Found:
    image = images.decode((folder / file).read_bytes(), max_pixels=10**9).image
    mark = cleaning.find_credential(image)
    return Found(
        grid=bool(cleaning.find_grid(image)),
        credential="" if mark is None else mark.kind,
        screenshot=cleaning.screenshot_reason(image) is not None,
        thumbnail=np.asarray(image.resize((96, 96), Image.Resampling.BILINEAR)),
    )


def share(hits: int, count: int) -> str:
    """hits/count with its Wilson interval (Wilson 1927), or a dash where there are none."""
    if count == 0:
        return "- (0 of 0)"
    z, p = 1.96, hits / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return f"{p:.2f} [{max(middle - half, 0):.2f}, {middle + half:.2f}] ({hits} of {count})"


if __name__ == "__main__":
    main()
