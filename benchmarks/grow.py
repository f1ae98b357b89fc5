"""Times stages at growing numbers of drawn pictures, with their memory.

    python -m benchmarks.grow                       # writes benchmarks/grow.json
    python -m benchmarks.grow --sizes 100 400       # prints, writes nothing

prepare, split, decode, audit and evaluate run one after the other on 1,000 and on 10,000 drawn
files of 256 px, split on a drawn manifest of 100,000 too, each as DVC starts it, with the
repository's parameters. Growth is that of the seconds without the process's start and its imports,
beside that of n log n. The detector that is evaluated is a LeNet-5 that was not trained.
"""

import argparse
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measuring import ROOT, Row, measured, write
from real_or_ai.conventions import tables

SIZES, SPLIT_ALONE = (1_000, 10_000), 100_000
COMMANDS = {
    "prepare": "{at}/raw {at}/overrides.csv {at}/prepared {at}/prepare.json",
    "split": "{at}/prepared {at}/split.csv {at}/data.json",
    "decode": "{at}/prepared {at}/pixels.npy",
    "audit": "{at}/prepared {at}/pixels.npy {at}/split.csv {at}/audit.json {at}/audit",
    "evaluate": "{at}/lenet5.onnx {at}/pixels.npy {at}/split.csv {at}/prepared/manifest.csv "
    "{at}/lenet5.json {at}/plots {at}/lenet5.csv",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--split-alone", type=int, default=SPLIT_ALONE)
    asked = parser.parse_args()
    start = {stage: started(stage) for stage in COMMANDS}
    rows: list[Row] = []
    for row in every_row(asked.sizes, asked.split_alone):
        row["seconds_without_start"] = max(0.1, round(row["seconds"] - start[row["stage"]], 1))
        rows.append(row | growth(row, [one for one in rows if one["stage"] == row["stage"]]))
        say(rows[-1])
    if tuple(asked.sizes) == SIZES and asked.split_alone == SPLIT_ALONE:
        write("grow", {"start_seconds": start, "rows": rows})


def started(stage: str) -> float:
    """Seconds to start Python and import the stage; the better of two, the first reads the disk."""
    command = f"{sys.executable} -c 'import real_or_ai.stages.{stage}'"
    return min(float(measured(stage, command, str(ROOT))["seconds"]) for _ in range(2))


def every_row(sizes: list[int], split_alone: int) -> Iterator[Row]:
    for count in sizes:
        with tempfile.TemporaryDirectory() as name:
            apart(f"from benchmarks.prepare import drawn; drawn({name!r}, {count})")
            apart(f"from benchmarks.grow import untrained; untrained({name!r})")
            Path(name, "overrides.csv").write_text("raw,action\n", encoding="utf-8")
            for stage in COMMANDS:
                yield run(stage, count, name)
    with tempfile.TemporaryDirectory() as name:
        apart(f"from benchmarks.grow import table; table({name!r}, {split_alone})")
        yield run("split", split_alone, name)


def run(stage: str, count: int, folder: str) -> Row:
    arguments = COMMANDS[stage].format(at=folder)
    command = f"{sys.executable} -m real_or_ai.stages.{stage} {arguments}"
    return {"stage": stage, "n": count, **measured(f"{stage} of {count}", command, str(ROOT))}


def apart(code: str) -> None:
    """Runs it in a process of its own, so that this one stays small and a child's memory its own"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def untrained(folder: str) -> None:
    """Writes a detector file of a LeNet-5 as it is before training."""
    import torch

    from real_or_ai.conventions.params import load
    from real_or_ai.conventions.sections import DecodeParams
    from real_or_ai.detector_file.description import Description
    from real_or_ai.networks import lenet5
    from real_or_ai.tensors.export import export

    torch.manual_seed(1)
    decode = load(DecodeParams, "decode")
    network, size = lenet5.build(load(lenet5.Hyperparameters, "train.lenet5"))
    description = Description(
        model="lenet5",
        drawn=True,
        size=decode.size,
        input_size=size,
        delivery=decode.delivery,
        params={},
        data="none",
    )
    shape = (8, decode.size, decode.size, 3)
    examples = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    export(network, Path(folder, "lenet5.onnx"), description, examples=examples)


def table(folder: str, count: int) -> None:
    """Writes the tables that split reads: `count` pictures, a twentieth of them near-duplicates."""
    chance = np.random.default_rng(1)
    hashes = chance.integers(0, 256, (count, 32), dtype=np.uint8)
    copies = np.arange(0, count - 20, 20)
    hashes[copies] = hashes[copies + 2]
    hashes[copies, 0] ^= 5  # two bits
    blank = dict.fromkeys(tables.columns(tables.PreparedRow), "")
    blank |= {"view": "original", "ties": "[]"}
    numbers = ("raw_width", "raw_height", "raw_bytes", "dropped_tiles", "width", "height")
    blank |= dict.fromkeys(numbers, 0)
    rows = []
    for number in range(count):
        label = "real" if number % 2 else "ai"
        name = f"web/{label}/{number:06}.jpg"
        facts = {"picture": name, "raw": name, "label": label, "source": "web"}
        rows.append(blank | facts | {"phash": hashes[number].tobytes().hex()})
    manifest = Path(folder, "prepared", "manifest.csv")
    tables.save(manifest, tables.PreparedRow, pd.DataFrame(rows))
    tables.write(Path(folder, "prepared", "rejected.csv"), tables.RejectedRow, [])


def growth(row: Row, before: list[Row]) -> Row:
    """How many times the seconds of the size before, and how many n log n allows."""
    if not before:
        return {}
    now, then = float(row["n"]), float(before[-1]["n"])
    seconds = row["seconds_without_start"] / before[-1]["seconds_without_start"]
    allowed = now * math.log(now) / (then * math.log(then))
    return {"growth": round(seconds, 1), "allowed": round(allowed, 1)}


def say(row: Row) -> None:
    grown = f"growth {row['growth']} of {row['allowed']} allowed" if "growth" in row else ""
    print(
        f"{row['stage']:9}{row['n']:8} pictures {row['seconds']:8.1f} s, without start "
        f"{row['seconds_without_start']:8.1f} s {row['peak_mb']:6} MB, of it without a file "
        f"behind {row['anonymous_mb']:6} MB  {grown}",
        flush=True,
    )


if __name__ == "__main__":
    main()
