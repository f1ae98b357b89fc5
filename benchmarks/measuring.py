"""What all benchmarks share: where they are, what they ran on, time and memory, their own files."""

import datetime
import json
import os
import platform
import re
import shlex
import subprocess
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psutil

from real_or_ai.experiments import made

ROOT = Path(__file__).parents[1]
LIBRARIES = ("numpy", "pillow", "scikit-learn", "torch", "torchvision", "onnxruntime", "joblib")

Row = dict[str, object]


def write(name: str, result: dict[str, object], *libraries: str) -> None:
    """Writes benchmarks/<name>.json: the result with date, commit, machine and versions.

    A commit that the result names itself stands. libraries: those that matter beside LIBRARIES.
    """
    about: dict[str, object] = {"date": str(datetime.date.today())}
    code = made.code(ROOT)
    about |= made.told(code, code) | {"machine": machine()}
    about["versions"] = versions(*LIBRARIES, *libraries)
    path = ROOT / "benchmarks" / f"{name}.json"
    path.write_text(json.dumps(about | result, indent=2) + "\n", encoding="utf-8")


def machine() -> str:
    """Cores, processor and memory. Linux names the generation by family and model."""
    lines = (line.partition(":") for line in _cpuinfo())
    of = {key.strip(): re.sub(" +", " ", value.strip()) for key, _, value in lines}
    cpu = of.get("model name", platform.processor())
    if "cpu family" in of:
        cpu += f", family {of['cpu family']} model {of['model']}"
    memory = psutil.virtual_memory().total / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{cores} core{'s' * (cores > 1)} ({cpu}), {memory:.0f} GiB"


def versions(*libraries: str) -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in libraries}


def measured(what: str, command: str, folder: str) -> Row:
    """Seconds, and the largest sum over the command's processes of resident memory, in MB.

    anonymous_mb: what of it no file stands behind, so that it cannot just be dropped.
    """
    start = time.perf_counter()
    process = psutil.Popen(shlex.split(command), cwd=folder, stdout=subprocess.DEVNULL)
    peak = [0, 0]
    watcher = threading.Thread(target=_watch, args=(process, peak))
    watcher.start()
    if process.wait() != 0:
        raise SystemExit(f"{command} failed")
    seconds = time.perf_counter() - start
    watcher.join()
    resident, anonymous = (round(size / 1e6) for size in peak)
    row = {"what": what, "seconds": round(seconds, 1)}
    return row | {"peak_mb": resident, "anonymous_mb": anonymous}


def in_turns(own: Callable[[], object], bare: Callable[[], object], turns: int) -> Row:
    """Median seconds of both, and how fast `own` is beside `bare`, which take turns.

    So what else the machine does falls on both. A first turn, which warms up, is not counted.
    """
    times: dict[str, list[float]] = {"own": [], "bare": []}
    for _ in range(turns + 1):
        for name, work in (("own", own), ("bare", bare)):
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    ours, theirs = times["own"][1:], times["bare"][1:]
    return {
        "own_seconds": round(median(ours), 3),
        "bare_seconds": round(median(theirs), 3),
        "ratio": round(median(theirs) / median(ours), 3),
        "ratios_of_each_turn": [round(b / a, 3) for a, b in zip(ours, theirs, strict=True)],
    }


def _watch(process: psutil.Popen, peak: list[int]) -> None:
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        resident = anonymous = 0
        try:
            for one in [process, *process.children(recursive=True)]:
                memory = one.memory_info()
                resident += memory.rss
                anonymous += memory.rss - memory.shared
        except psutil.NoSuchProcess:
            continue
        peak[:] = max(peak[0], resident), max(peak[1], anonymous)
        time.sleep(0.05)


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
