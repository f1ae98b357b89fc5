"""Times `real-or-ai check` against bare onnxruntime and Pillow: a cold start, and a folder.

    python -m benchmarks.check       # needs detectors/; writes benchmarks/check.json

One picture, cold: a bare script imports onnxruntime and Pillow, loads the same file, decodes the
picture, squeezes it to the square and scores it once. A folder of 1,000: a bare script decodes all
pictures on a thread a core, then scores them in onnxruntime's best batch with its threads on all
cores. Bare stops at decoding; `delivered` does to each picture what the detector was trained with
as well, so that both compute the same scores. Each is a process of its own, its start included, and
all take turns; ratios are of medians. The pictures are drawn here, a hundred of them, and linked.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from benchmarks.measuring import ROOT, measured, write

PICTURES, DRAWN = 1_000, 100
SIZE, SMALL = (1024, 768), (256, 192)  # px
COLD_TURNS, FOLDER_TURNS = 11, 3
BATCHES = (1, 2, 4, 8, 16, 32, 64)
MEMORY = (1_000, 10_000)  # pictures
COMMAND = [str(Path(sys.executable).parent / "real-or-ai"), "check"]
DONT_COMPILE = "PYTHONDONTWRITEBYTECODE"

BARE_COLD = """
import sys
import numpy, onnxruntime
from PIL import Image
session = onnxruntime.InferenceSession(sys.argv[1])
size = session.get_inputs()[0].shape[1]
with Image.open(sys.argv[2]) as image:
    pixels = numpy.asarray(image.convert("RGB").resize((size, size)))[None]
print(session.run(["logit"], {"pixels": pixels}))
"""

BARE_FOLDER = """
import io, os, sys
from concurrent.futures import ThreadPoolExecutor
import numpy, onnxruntime
from PIL import Image
detector, folder, batch, short, quality = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
session = onnxruntime.InferenceSession(detector)
size = session.get_inputs()[0].shape[1]
def decoded(name):
    with Image.open(os.path.join(folder, name)) as image:
        image = image.convert("RGB")
    if short:
        side, (width, height) = min(image.size), image.size
        left, top = (width - side) / 2, (height - side) / 2
        box = (left, top, left + side, top + side)
        image = image.resize((short, short), Image.Resampling.BICUBIC, box=box)
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
        image = Image.open(buffer).convert("RGB")
    return numpy.asarray(image.resize((size, size), Image.Resampling.BICUBIC))
with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
    pixels = numpy.stack(list(pool.map(decoded, sorted(os.listdir(folder)))))
for start in range(0, len(pixels), batch):
    for logit in session.run(["logit"], {"pixels": pixels[start : start + batch]})[0]:
        print(repr(float(logit)))
"""


def main() -> None:
    detectors = sorted((ROOT / "detectors").glob("*.onnx"))
    if not detectors:
        raise SystemExit("detectors/ is empty; run make repro first")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "pictures")
        draw(folder, SIZE, PICTURES)
        rows = [
            {"detector": path.stem, "cold": cold(path, folder), "folder": whole(path, folder)}
            for path in detectors
        ]
        lightest = min(detectors, key=lambda path: path.stat().st_size)
        memory = [peak(lightest, Path(name, str(count)), count) for count in MEMORY]
    result = {
        "picture": f"JPEG, {SIZE[0]}x{SIZE[1]}",
        "pictures": PICTURES,
        "rows": rows,
        "memory": memory,
    }
    write("check", result)


def draw(folder: Path, size: tuple[int, int], count: int) -> None:
    """`count` JPEG files, DRAWN of them different: coarse colours and fine noise."""
    folder.mkdir()
    for number in range(count):
        path = folder / f"{number:06d}.jpg"
        if number >= DRAWN:
            path.hardlink_to(folder / f"{number % DRAWN:06d}.jpg")
            continue
        rng = np.random.default_rng(number)
        coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
        pixels = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), dtype=np.int16)
        noise = rng.integers(-12, 13, (size[1], size[0], 1), dtype=np.int16)
        Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8)).save(path, quality=90)


def cold(detector: Path, folder: Path) -> dict[str, object]:
    picture = str(folder / "000000.jpg")
    ways = {
        "bare": [sys.executable, "-c", BARE_COLD, str(detector), picture],
        "check": [*COMMAND, picture, "--detector", str(detector)],
    }
    times = turns(ways, COLD_TURNS)
    bare, check = (statistics.median(times[name]) for name in ways)
    return {
        "bare_seconds": round(bare, 3),
        "check_seconds": round(check, 3),
        "ratio": round(check / bare, 3),
    }


def whole(detector: Path, folder: Path) -> dict[str, object]:
    batch = best_batch(detector)
    told = json.loads(
        onnxruntime.InferenceSession(detector).get_modelmeta().custom_metadata_map["real-or-ai"]
    )["delivery"]
    delivery = [str(told["short_side"]), str(told["jpeg_quality"])] if told else ["0", "0"]
    bare = [sys.executable, "-c", BARE_FOLDER, str(detector), str(folder), str(batch)]
    ways = {
        "bare": [*bare, "0", "0"],
        "delivered": [*bare, *delivery],
        "check": [*COMMAND, str(folder), "--detector", str(detector)],
    }
    times = turns(ways, FOLDER_TURNS)
    speed = {name: round(PICTURES / statistics.median(times[name]), 1) for name in ways}
    return {
        "best_batch": batch,
        "pictures_per_second": speed,
        "ratio_to_bare": round(speed["check"] / speed["bare"], 3),
        "ratio_to_delivered": round(speed["check"] / speed["delivered"], 3),
    }


def best_batch(detector: Path) -> int:
    """The size of a batch with which onnxruntime, all its threads, is fastest."""
    session = onnxruntime.InferenceSession(detector)
    size = session.get_inputs()[0].shape[1]
    pixels = np.random.default_rng(0).integers(0, 256, (64, size, size, 3), dtype=np.uint8)
    seconds = {}
    for batch in BATCHES:
        session.run(None, {"pixels": pixels[:batch]})
        start = time.perf_counter()
        for first in range(0, len(pixels), batch):
            session.run(None, {"pixels": pixels[first : first + batch]})
        seconds[batch] = time.perf_counter() - start
    return min(seconds, key=lambda batch: seconds[batch])


def turns(ways: dict[str, list[str]], count: int) -> dict[str, list[float]]:
    """Seconds of each command in each turn, after one that nobody counts."""
    # Without compiled modules each start would compile the package anew.
    environment = {key: value for key, value in os.environ.items() if key != DONT_COMPILE}
    # Else the bare scripts would pay for onnxruntime's telemetry, which ours turns off.
    environment["ORT_DISABLE_TELEMETRY"] = "1"
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(count + 1):
        for name, command in ways.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=environment)
            if turn:
                times[name].append(time.perf_counter() - start)
    return times


def peak(detector: Path, folder: Path, count: int) -> dict[str, object]:
    """Seconds and peak memory of a check of `count` small pictures."""
    draw(folder, SMALL, count)
    command = f"{' '.join(COMMAND)} {folder} --detector {detector}"
    return measured(f"{count} pictures", command, str(ROOT))


if __name__ == "__main__":
    main()
