"""Measures what preparation finds against pictures labelled by eye.

    python -m benchmarks.cleaning FOLDER      # FOLDER holds labels.csv and the files it names

labels.csv: file, labelled_by_eye, is_grid, grid_rows, grid_cols, has_credential, credential_kind,
is_screenshot. Writes precision and recall of each detector with 95 % Wilson intervals into
benchmarks/cleaning.json, prints them with the files that were handled wrongly, and writes contact
sheets of these into a temporary folder that it names.
"""

import datetime
import json
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from benchmarks.measuring import ROOT
from real_or_ai.conventions.errors import PictureError
from real_or_ai.drawing import contact_sheet
from real_or_ai.pictures import decoding
from real_or_ai.pictures.parallel import in_order
from real_or_ai.stages.prepare.cleaning import parts
from real_or_ai.stages.prepare.cleaning.look import look_at
from real_or_ai.statistics.intervals import wilson_of

LIMITS = parts.Limits(min_side=32, max_cropped_share=0.2, margin=0)
SQUARES = "colour squares"
# Kinds that no detector here looks for: marks tiled faintly over everything, and hand-drawn names.
OUT_OF_REACH = ("tiled_stock_watermark_vecteezy", "painter_signature_bl", "signature_bottom_center")

# Labels that a second look contradicts: is there lettering or a logo at an edge, after all?
CORRECTIONS = {
    "cleaning/imagenet-sample/real/n01751748_sea_snake.JPEG": True,  # (c) Derek Haslam. 2009.
    "cleaning/imagenet-sample/real/n01806567_quail.JPEG": True,  # Copyright (c) Chuq Von Rospach
    "cleaning/imagenet-sample/real/n01950731_sea_slug.JPEG": True,  # (c) RG 2008
    "cleaning/imagenet-sample/real/n01985128_crayfish.JPEG": True,  # ...rdenwife.com
    "cleaning/imagenet-sample/real/n02808440_bathtub.JPEG": True,  # 2dehands.nl
    "cleaning/imagenet-sample/real/n03657121_lens_cap.JPEG": True,  # Photo by: David Baker - ...
    "pictures/ai-or-not/ai/painting/ai-011.jpg": True,  # Bing's b
    "pictures/ai-or-not/ai/painting/ai-028.jpg": True,  # Bing's b
    "cleaning/kaggle-art/ai/ai_176.jpg": False,  # flowers
}


@dataclass(frozen=True)
class Found:
    """What preparation does to one picture, and a small copy of it."""

    tiles: tuple[str, ...]
    removed: tuple[str, ...]
    rejected: str
    thumbnail: np.ndarray

    @property
    def split(self) -> bool:
        return len(self.tiles) > 1

    @property
    def layout(self) -> str:
        if not self.split:
            return ""
        return "x".join(str(1 + max(int(tile[place]) for tile in self.tiles)) for place in (1, 3))

    @property
    def screenshot(self) -> bool:
        return self.rejected == "screenshot"

    @property
    def other_credential(self) -> bool:
        return bool(set(self.removed) - {SQUARES}) or self.rejected == "credential too large"


def main() -> None:
    folder = Path(sys.argv[1])
    labels = pd.read_csv(folder / "labels.csv", dtype=str, keep_default_na=False)
    labels = labels[labels["labelled_by_eye"] == "1"].reset_index(drop=True)
    files = list(labels["file"])
    found = list(in_order(partial(look, folder=folder), files, "cleaning"))
    kind = labels["credential_kind"]
    grid = (labels["is_grid"] == "1").to_numpy()
    page = (labels["is_screenshot"] == "1").to_numpy()
    squares = (kind == "dalle_color_squares").to_numpy()
    other = (labels["has_credential"] == "1").to_numpy() & ~squares
    corrected = other & ~kind.isin(OUT_OF_REACH).to_numpy()
    for file, has_credential in CORRECTIONS.items():
        corrected |= (labels["file"] == file).to_numpy() & has_credential
        corrected &= (labels["file"] != file).to_numpy() | has_credential
    excluded = np.array([one.screenshot for one in found])
    split = np.array([one.split for one in found])
    marked = np.array([one.other_credential for one in found])
    signed = np.array([SQUARES in one.removed for one in found])
    shape = labels["grid_rows"] + "x" + labels["grid_cols"]
    exact = np.array([one.layout for one in found]) == shape
    # A page that is excluded needs no splitting and no cropping; a page that is not may be both.
    rows = [
        ("grids", grid, (split & ~page) | (grid & (split | excluded))),
        ("their layout", grid, grid & (exact | excluded)),
        ("colour squares", squares, signed | (squares & excluded)),
        ("other credentials", other, (marked & ~page) | (other & (marked | excluded))),
        ("corrected, in reach", corrected, (marked & ~page) | (corrected & (marked | excluded))),
        ("screenshots", page, excluded),
    ]
    out = Path(tempfile.mkdtemp(prefix="cleaning-"))
    print(f"{len(labels)} pictures labelled by eye")
    table = []
    for name, truth, calls in rows:
        hits = int((calls & truth).sum())
        table.append({"what": name, "recall": share(hits, truth.sum())})
        if name != "their layout":
            table[-1]["precision"] = share(hits, calls.sum())
        print(*table[-1].values(), sep="  ")
        wrong = np.flatnonzero(truth != calls)
        for index in wrong:
            print(f"    {'missed' if truth[index] else 'false '} {files[index]} {kind[index]}")
        if len(wrong):
            cells = [
                contact_sheet.Cell(
                    found[index].thumbnail,
                    f"{Path(files[index]).name[:16]}\n{'missed' if truth[index] else 'false'}",
                )
                for index in wrong
            ]
            contact_sheet.save(out / f"{name.replace(' ', '-')}.jpg", f"{name}: wrong", cells, 10)
    plain = np.array(["imagenet-sample" in file for file in files]) & ~other
    touched = np.array([one.split or bool(one.removed or one.rejected) for one in found])
    result = {
        "date": str(datetime.date.today()),
        "pictures": len(labels),
        "rows": table,
        "plain_photographs": int(plain.sum()),
        "plain_touched": int((plain & touched).sum()),
        "plain_touched_that_bear_a_credential": int((plain & touched & corrected).sum()),
    }
    path = ROOT / "benchmarks" / "cleaning.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in result.items() if key != "rows"}, indent=2))
    print(f"contact sheets: {out}")


def look(file: str, *, folder: Path) -> Found:
    image = opened(folder / file)
    thumbnail = np.asarray(image.resize((96, 96), Image.Resampling.BILINEAR))
    try:
        used = parts.detected(look_at(image), LIMITS).used
    except PictureError as error:
        return Found((), (), error.reason, thumbnail)
    removed = {kind: None for part in used for kind in part.removed}
    return Found(tuple(part.tile for part in used), tuple(removed), "", thumbnail)


def opened(path: Path) -> Image.Image:
    return decoding.decode(path.read_bytes(), max_pixels=10**9).image


def share(hits: int, count: int) -> str:
    """hits/count with its Wilson interval, or a dash where there are none."""
    if count == 0:
        return "- (0 of 0)"
    low, high = wilson_of(hits / count, count)
    return f"{hits / count:.2f} [{low:.2f}, {high:.2f}] ({hits} of {count})"


if __name__ == "__main__":
    main()
