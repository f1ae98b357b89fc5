"""Times `dvc repro` from nothing and with nothing to do, stage by stage, in a fresh clone.

python -m benchmarks.repro        # writes benchmarks/repro.json
"""

import subprocess
import tempfile
import threading
import time

import psutil

from benchmarks.record import ROOT, record


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), folder], check=True)
        rows = [measured("the whole dvc repro, from nothing", "dvc repro", folder)]
        rows += [measured("dvc repro with nothing to do", "dvc repro", folder)]
        for stage in stages(folder):
            again = f"dvc repro --single-item --force {stage}"
            rows.append(measured(f"{stage} alone, with DVC's start", again, folder))
    record("repro", {"rows": rows})
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


if __name__ == "__main__":
    main()
