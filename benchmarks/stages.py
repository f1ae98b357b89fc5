"""Times decode, features and fit_svm against the bare work that each of them is about.

    python -m benchmarks.stages                  # writes benchmarks/stages.json
    python -m benchmarks.stages --only features  # prints, writes nothing

Both take turns in one process. Bare Pillow decodes with a thread a core and resizes; the bare
ResNet-18 is torchvision's, on batches that lie ready; the plain grid is scikit-learn's
GridSearchCV with a process a core. All is drawn here. A ratio above 1: ours is faster.
"""

import argparse
import io
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.measuring import Row, in_turns, write
from real_or_ai.conventions.params import load
from real_or_ai.conventions.sections import DecodeParams, Delivery, FeaturesParams
from real_or_ai.stages.fit_svm import FitSvmParams

PICTURES = 400  # JPEG files
WIDTH, HEIGHT = 1024, 768  # px of each
STORED = 512  # px of the report's store
DELIVERIES = {"as found": None, "delivered": Delivery(short_side=256, jpeg_quality=85)}
INPUT = 224  # px of the report's ResNet-18
BATCHES = {"cpu": 4, "cuda": 100}  # that features takes
SVM_PICTURES, SVM_FOLDS = 1000, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    stages = {"decode": decode, "features": features, "fit_svm": fit_svm}
    parser.add_argument("--only", nargs="+", choices=stages, default=list(stages))
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--fraction", type=float, default=1.0, help="of the pictures, to try it")
    asked = parser.parse_args()
    rows = []
    for name in asked.only:
        for row in stages[name](asked.turns, asked.fraction):
            rows.append(row)
            print(
                f"{row['what']:48} {row['own_seconds']:8.2f} s, bare {row['bare_seconds']:8.2f} s, "
                f"ratio {row['ratio']:.2f}, by turn {row['ratios_of_each_turn']}",
                flush=True,
            )
    if set(asked.only) == set(stages) and asked.fraction == 1:
        write("stages", {"turns": asked.turns, "rows": rows})


def decode(turns: int, fraction: float) -> Iterator[Row]:
    from real_or_ai.stages.decode import __main__ as decode

    count = round(PICTURES * fraction)
    with tempfile.TemporaryDirectory() as name:
        folder, made = Path(name), Path(name, "own.npy")
        files = [drawn(folder, number) for number in range(count)]
        table = "picture\n" + "".join(f"{file.name}\n" for file in files)
        (folder / "manifest.csv").write_text(table, encoding="utf-8")
        for when, delivery in DELIVERIES.items():
            params = DecodeParams(size=STORED, delivery=delivery)

            def bare(delivery: Delivery | None = delivery) -> None:
                with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
                    for _ in pool.map(partial(bare_pixels, delivery=delivery), files):
                        pass  # kept nowhere, while decode writes its pixels

            def own(params: DecodeParams = params) -> None:
                made.unlink(missing_ok=True)  # as DVC does before a stage
                decode.run(folder, made, params)

            row = in_turns(own, bare, turns)
            pixels = np.load(made, mmap_mode="r")
            for path, own_pixels in zip(files[:8], pixels, strict=False):
                assert np.array_equal(own_pixels, bare_pixels(path, delivery))
            what = f"decode, {when}, {WIDTH}x{HEIGHT} to {STORED} px"
            yield {"what": what, "pictures": count, **row}


def drawn(folder: Path, number: int) -> Path:
    chance = np.random.default_rng(number)
    coarse = Image.fromarray(chance.integers(0, 256, (48, 64, 3), dtype=np.uint8))
    path = folder / f"{number}.jpg"
    coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).save(path, quality=90)
    return path


def bare_pixels(file: Path, delivery: Delivery | None) -> np.ndarray:
    """What decode makes of a file, in the fewest calls of Pillow."""
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    if delivery is not None:
        left = (WIDTH - HEIGHT) / 2
        side = (delivery.short_side, delivery.short_side)
        box = (left, 0, left + HEIGHT, HEIGHT)
        square, buffer = image.resize(side, Image.Resampling.BICUBIC, box=box), io.BytesIO()
        square.save(buffer, "JPEG", quality=delivery.jpeg_quality, subsampling="4:2:0")
        image = Image.open(buffer).convert("RGB")
    return np.asarray(image.resize((STORED, STORED), Image.Resampling.BICUBIC))


def features(turns: int, fraction: float) -> Iterator[Row]:
    import torch
    from torchvision.models import resnet18

    from real_or_ai.stages.features import __main__ as features
    from real_or_ai.tensors.device import find_device

    device = find_device()
    batch = features.BATCH
    count = max(1, round(BATCHES[device.type] * fraction)) * batch
    network = resnet18(weights=None).eval().to(device).to(memory_format=torch.channels_last)
    ready = torch.rand(batch, 3, INPUT, INPUT, device=device)
    ready = ready.contiguous(memory_format=torch.channels_last)

    def bare() -> None:
        with torch.inference_mode():
            for _ in range(0, count, batch):
                network(ready).cpu()

    params = FeaturesParams(
        backbone="resnet18", weights="random", layers="last", size=INPUT, seed=1
    )
    for stored in (INPUT, STORED):
        with tempfile.TemporaryDirectory() as name:
            pixels = Path(name, "pixels.npy")
            shape = (count, stored, stored, 3)
            np.save(pixels, np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8))
            row = in_turns(
                lambda pixels=pixels: features.run(pixels, pixels.with_suffix(".npz"), params),
                bare,
                turns,
            )
        what = f"features, {stored} to {INPUT} px, batches of {batch}, {device.type}"
        yield {"what": what, "pictures": count, **row}


def fit_svm(turns: int, fraction: float) -> Iterator[Row]:
    from sklearn.model_selection import GridSearchCV

    from real_or_ai.stages.fit_svm import grid_search
    from real_or_ai.stages.fit_svm.svm import Asked
    from real_or_ai.statistics import folds

    params = load(FitSvmParams, "fit_svm").model_copy(update={"folds": SVM_FOLDS})
    asked = Asked(params, (512,))
    count = round(SVM_PICTURES * fraction)
    chance = np.random.default_rng(1)
    labels = np.arange(count) % 2
    hidden = chance.normal(size=(count, 40))
    hidden[:, 0] += 1.2 * labels
    noise = chance.normal(size=(count, 512))
    x = np.maximum(hidden @ chance.normal(size=(40, 512)) + noise, 0).astype(np.float32)
    names = np.array([str(number) for number in range(count)])
    parts = folds.grouped(labels, names, SVM_FOLDS, 1, asked_by="benchmark")
    grid = {"svc__C": list(params.C), "svc__gamma": list(params.gamma)}
    plain = GridSearchCV(asked.pipeline(), grid, cv=parts, n_jobs=-1, refit=False)
    found = []
    row = in_turns(
        lambda: found.append(grid_search.accuracies(x, labels, parts, asked)),
        lambda: plain.fit(x, labels),
        turns,
    )
    mean = plain.cv_results_["mean_test_score"].reshape(len(params.C), len(params.gamma))
    apart = float(np.abs(mean - found[-1].mean(axis=2)).max())
    what = f"fit_svm, grid {len(params.C)}x{len(params.gamma)}, {SVM_FOLDS} folds, 512 features"
    yield {"what": what, "pictures": count, **row, "largest_difference_of_accuracy": apart}


if __name__ == "__main__":
    main()
