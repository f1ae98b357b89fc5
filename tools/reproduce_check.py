"""Runs the whole pipeline twice from nothing and compares dvc.lock byte for byte.

    make reproduce-check                    # with the threads that this machine gives
    make reproduce-check THREADS=1,2        # each number against itself, and against each other

Each run is a clone of the last commit in a temporary folder of its own with a DVC cache of its own,
so nothing is reused, no path is the same and the workspace is left alone. Prints what differs and
exits with 1 if anything does between two runs with as many threads. Between numbers of threads, and
between this machine and that of the committed results, sums are taken in another order, so there it
prints how far each model's scores and figures are apart. A check of the whole pipeline is written
to benchmarks/reproduce_check.json.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from benchmarks import measuring
from benchmarks.measuring import ROOT

from real_or_ai.experiments import made
from real_or_ai.registry import TITLES

FIGURES = ("roc_auc", "accuracy", "brier")  # compared between numbers of threads and machines

Leaves = dict[str, Any]  # where in a file -> its value


@dataclass(frozen=True)
class Apart:
    """How far two files are apart: the largest difference of two numbers, where, and the rest."""

    largest: float
    where: str
    texts: int  # places whose values are no numbers and differ, or that one file lacks

    def __str__(self) -> str:
        texts = f", and in {self.texts} texts" if self.texts else ""
        return f"by {self.largest:.2g} ({self.where}){texts}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--threads", type=_counts, help="1,2 and the like; all there are if absent")
    parser.add_argument("targets", nargs="*", help="stages, for a try; the whole pipeline if none")
    asked = parser.parse_args()
    counts = asked.threads or [len(os.sched_getaffinity(0))]
    if _said("git", "status", "--porcelain", folder=ROOT):
        print("what is not committed is not part of the check")
    with tempfile.TemporaryDirectory(prefix="reproduce-check-") as name:
        committed = cloned(ROOT, Path(name, "committed"))
        code = made.code(committed)
        same, firsts = True, {}
        for count in counts:
            first, second = (Path(name, f"{count}-{which}") for which in ("first", "second"))
            for clone in (first, second):
                reproduce(cloned(committed, clone), count, asked.targets)
            same = report(first, second, count) and same
            firsts[count] = first
            shutil.rmtree(second)
        between = {
            f"{a} and {b} threads": figures_apart(firsts[a], firsts[b])
            for a, b in combinations(counts, 2)
        }
        short = code.commit[:7]
        between |= {
            f"the committed results ({short}) and {count} threads": figures_apart(committed, first)
            for count, first in firsts.items()
        }
        for what, models in between.items():
            for model, largest in models.items():
                print(f"between {what} {model} differs by at most {largest}")
        if not asked.targets:
            result = {"threads": counts, "same_bytes": same, "between": between}
            measuring.write("reproduce_check", made.told(code, code) | result)
    return 0 if same else 1


def reproduce(clone: Path, threads: int, targets: list[str]) -> None:
    """Runs the pipeline in a clone by force, with so many threads."""
    for out in ("metrics", "plots"):  # what is there at the end was made here
        shutil.rmtree(clone / out)
    params = yaml.safe_load((clone / "params.yaml").read_text(encoding="utf-8"))
    for path in (params["prepare"]["raw"], params["prepare"]["overrides"]):
        if (ROOT / path).is_dir() and not (clone / path).exists() and not _is_an_out(path):
            shutil.copytree(ROOT / path, clone / path)  # raw pictures, which Git does not hold
    subprocess.run(
        ["dvc", "config", "--local", "cache.dir", str(clone / ".dvc" / "cache")],
        cwd=clone,
        check=True,
    )
    demand_threads(threads)
    print(f"dvc repro --force with {threads} threads in {clone}", flush=True)
    run_with(threads, ["dvc", "repro", "--force", *targets], clone)


def cloned(repository: Path, clone: Path) -> Path:
    """Makes a clone of the last commit there, and returns its path."""
    subprocess.run(["git", "clone", "--quiet", str(repository), str(clone)], check=True)
    return clone


def run_with(threads: int, command: list[str], folder: Path) -> str:
    """What a command prints, with the code of `folder`, held to so many threads and cores.

    OpenMP, which torch computes with, and BLAS go by the variables; onnxruntime and joblib by the
    cores they may use.
    """
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    cores = set(sorted(os.sched_getaffinity(0))[:threads])
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | dict.fromkeys(names, str(threads)) | {"PYTHONPATH": str(folder / "src")},
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed in {folder}:\n{done.stdout}")
    return done.stdout


def demand_threads(threads: int) -> None:
    """Ends with an error unless torch computes with so many threads under `run_with`."""
    code = "import torch; print(torch.get_num_threads())"
    found = run_with(threads, [sys.executable, "-c", code], ROOT).strip()
    if found != str(threads):
        raise SystemExit(f"{threads} threads were asked for, but torch computes with {found}")


def report(first: Path, second: Path, threads: int) -> bool:
    """Prints what differs between two runs; whether dvc.lock is the same to the byte."""
    if (first / "dvc.lock").read_bytes() == (second / "dvc.lock").read_bytes():
        print(f"{threads} threads: dvc.lock is the same to the byte")
        return True
    print(f"{threads} threads: dvc.lock differs")
    for difference in differences(first, second):
        print(f"  {difference}")
    return False


def differences(first: Path, second: Path) -> Iterator[str]:
    """A line for each out whose hash differs in the dvc.lock of two workspaces."""
    hashes = [hashes_of(folder / "dvc.lock") for folder in (first, second)]
    for out in sorted(set(hashes[0]) | set(hashes[1])):
        one, other = (found.get(out, "missing") for found in hashes)
        if one != other:
            yield "; ".join([f"{out}: {one}, then {other}", *_files(first / out, second / out)])


def hashes_of(lock: Path) -> dict[str, str]:
    """Out -> hash, of all stages of a dvc.lock."""
    stages = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"]
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}


def _files(first: Path, second: Path) -> Iterator[str]:
    """What differs in each file of an out, itself a file or a folder."""
    below = {
        path.relative_to(out)
        for out in (first, second)
        for path in [out, *out.rglob("*")]
        if path.is_file()
    }
    for name in sorted(below):
        one, other = first / name, second / name
        if not (one.is_file() and other.is_file()):
            yield f"{one.name} in one run only"
        elif one.read_bytes() != other.read_bytes():
            readable = one.suffix in (".json", ".csv", ".tsv")
            yield f"{one.name} differs {apart(one, other) if readable else ''}".rstrip()


def apart(first: Path, second: Path) -> Apart:
    """How far two tables or two JSON files are apart, place by place."""
    one, other = leaves(first), leaves(second)
    largest, where, texts = 0.0, "nowhere", 0
    for place in one.keys() | other.keys():
        if one.get(place) == other.get(place):
            continue
        try:
            difference = abs(float(one[place]) - float(other[place]))
        except (KeyError, TypeError, ValueError):
            texts += 1
            continue
        if difference > largest:
            largest, where = difference, place
    return Apart(largest, where, texts)


def leaves(path: Path) -> Leaves:
    """Every value of a JSON file by its keys, or of a table by row and column."""
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    if path.suffix == ".json":
        return dict(_flat(json.loads(text), ""))
    rows = csv.DictReader(text.splitlines(), delimiter="\t" if path.suffix == ".tsv" else ",")
    return {
        f"row {number}, {column}": value
        for number, row in enumerate(rows, start=1)
        for column, value in row.items()
    }


def _flat(value: object, where: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{where}[{place}]")
    else:
        yield where, value


def figures_apart(first: Path, second: Path) -> dict[str, dict[str, float]]:
    """Model -> the largest difference of FIGURES over all splits, and of any picture's score.

    Scores only where both workspaces have predictions, which Git does not hold.
    """
    found = {}
    for model in TITLES:
        metrics = f"metrics/evaluate/{model}.json"
        if not (second / metrics).exists():  # only some stages were asked for
            continue
        found[model] = {
            figure: _largest(first / metrics, second / metrics, f".{figure}") for figure in FIGURES
        }
        predictions = f"predictions/{model}.csv"
        if (first / predictions).exists():
            scores = _largest(first / predictions, second / predictions, ", score")
            found[model]["score"] = scores
    return found


def _largest(first: Path, second: Path, ending: str) -> float:
    """The largest difference of two numbers whose place ends so."""
    one, other = leaves(first), leaves(second)
    return max(abs(float(one[at]) - float(other[at])) for at in one if at.endswith(ending))


def _is_an_out(path: str) -> bool:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    return any(path in stage["outs"] for stage in stages.values())


def _counts(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _said(*command: str, folder: Path) -> str:
    return subprocess.run(
        command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


if __name__ == "__main__":
    raise SystemExit(main())
