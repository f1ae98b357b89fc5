"""Times preparation against bare Pillow on the same files, and its memory at growing numbers.

    python -m benchmarks.prepare FOLDER      # of pictures; writes benchmarks/prepare.json

Bare Pillow decodes each file and encodes it again, into its own format at Pillow's default
settings, in one process; preparation does all that `prepare_file` does, in one process too.
Both take turns, so that what else the machine does falls on both. Memory is that of the whole
stage with all cores, on copies of drawn pictures.
"""

import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from benchmarks.measuring import ROOT, measured, write
from real_or_ai.conventions.errors import PictureError
from real_or_ai.conventions.params import load, read
from real_or_ai.pictures import decoding
from real_or_ai.stages.prepare import PrepareParams
from real_or_ai.stages.prepare.raw_file import prepare_file
from real_or_ai.stages.prepare.raw_folder import RawFile

TURNS = 3
SIZES = (1_000, 10_000)


def main() -> None:
    folder = Path(sys.argv[1])
    files = readable(folder)
    result = {"speed": speed(folder, files), "memory": [memory(count) for count in SIZES]}
    write("prepare", result)
    print(json.dumps(result, indent=2))


def readable(folder: Path) -> list[Path]:
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            decoding.decode(decoding.read_bytes(path, 10**9), 10**9)
            found.append(path)
        except PictureError:
            continue
    return found


def speed(folder: Path, files: list[Path]) -> dict[str, object]:
    params = load(PrepareParams, "prepare").model_copy(update={"crop_both_classes": 0.0})
    bare_times, own_times = [], []
    with tempfile.TemporaryDirectory() as out:
        for _ in range(TURNS):
            start = time.perf_counter()
            for path in files:
                again(path, Path(out))
            bare_times.append(time.perf_counter() - start)
            start = time.perf_counter()
            for path in files:
                raw = RawFile(path.relative_to(folder).as_posix(), "real", "web", "")
                prepare_file((raw, None), raw=folder, prepared=Path(out), params=params)
            own_times.append(time.perf_counter() - start)
    bare, own = statistics.median(bare_times), statistics.median(own_times)
    megapixels = sum(size(path) for path in files) / 1e6
    return {
        "pictures": len(files),
        "megapixels_a_picture": round(megapixels / len(files), 3),
        "bare_pictures_per_second_and_core": round(len(files) / bare, 1),
        "prepare_pictures_per_second_and_core": round(len(files) / own, 1),
        "ratio": round(bare / own, 3),
        "ratios_of_each_turn": [
            round(a / b, 3) for a, b in zip(bare_times, own_times, strict=True)
        ],
    }


def again(path: Path, out: Path) -> None:
    with Image.open(path) as image:
        image.load()
        kind = image.format or "PNG"
        buffer = io.BytesIO()
        image.save(buffer, kind)
        (out / "again").write_bytes(buffer.getvalue())


def size(path: Path) -> int:
    with Image.open(path) as image:
        return image.width * image.height


def memory(count: int) -> dict[str, object]:
    """Seconds and peak memory of the stage on `count` drawn pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw = f"from benchmarks.prepare import drawn; drawn({name!r}, {count})"
        subprocess.run([sys.executable, "-c", draw], check=True, cwd=ROOT)
        (folder / "none.csv").write_text("raw,action\n", encoding="utf-8")
        values = read(ROOT / "params.yaml")
        values["prepare"] |= {"raw": "raw", "overrides": "none.csv"}
        (folder / "params.yaml").write_text(json.dumps(values), encoding="utf-8")
        command = f"{sys.executable} -m real_or_ai.stages.prepare.__main__ prepared prepare.json"
        row = measured(f"prepare, {count} drawn pictures", command, str(folder))
    return {**row, "pictures_per_second": round(count / float(str(row["seconds"])), 1)}


def drawn(name: str, count: int) -> None:
    """Writes `count` different pictures of 256 px, half of each class."""
    import numpy as np

    for place in range(count):
        rng = np.random.default_rng(place)
        coarse = Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8))
        path = Path(name, "raw", "web", "real" if place % 2 else "ai", f"{place}.jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        coarse.resize((256, 256), Image.Resampling.BICUBIC).save(path, quality=90)


if __name__ == "__main__":
    main()
