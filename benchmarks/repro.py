"""Times `dvc repro` from nothing and with nothing to do, stage by stage, in a fresh clone.

python -m benchmarks.repro        # writes benchmarks/repro.json
"""

import datetime
import json
import os
import platform
import re
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), folder], check=True)
        rows = [measured("the whole dvc repro, from nothing", "dvc repro", folder)]
        rows += [measured("dvc repro with nothing to do", "dvc repro", folder)]
        for stage in stages(folder):
            again = f"dvc repro --single-item --force {stage}"
            rows.append(measured(f"{stage} alone, with DVC's start", again, folder))
    result = {"date": str(datetime.date.today()), "machine": machine(), "rows": rows}
    path = ROOT / "benchmarks" / "repro.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for row in rows:
        print(f"{row['what']:48} {row['seconds']:7.1f} s {row['peak_mb']:7.0f} MB")


def stages(folder: str) -> list[str]:
    done = subprocess.run(
        ["dvc", "stage", "list", "--name-only"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()


def measured(what: str, command: str, folder: str) -> dict[str, object]:
    """Seconds and the largest sum of resident memory of the command's processes, in MB."""
    start = time.perf_counter()
    process = psutil.Popen(command.split(), cwd=folder, stdout=subprocess.DEVNULL)
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process, peak))
    watcher.start()
    if process.wait() != 0:
        raise SystemExit(f"{command} failed")
    seconds = time.perf_counter() - start
    watcher.join()
    return {"what": what, "seconds": round(seconds, 1), "peak_mb": round(peak[0] / 1e6)}


def _watch(process: psutil.Popen, peak: list[int]) -> None:
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        total = 0
        try:
            for one in [process, *process.children(recursive=True)]:
                total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        peak[0] = max(peak[0], total)
        time.sleep(0.05)


def machine() -> str:
    cpu = next(
        (line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")),
        platform.processor(),
    )
    memory = psutil.virtual_memory().total / 2**30
    return f"{len(os.sched_getaffinity(0))} cores ({re.sub(' +', ' ', cpu)}), {memory:.0f} GiB"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


if __name__ == "__main__":
    main()
