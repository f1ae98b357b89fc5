"""What all benchmarks share: the machine, and the file that each writes."""

import datetime
import json
import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]


def record(name: str, result: Mapping[str, object]) -> None:
    """Writes benchmarks/<name>.json: the date, the machine and the result."""
    dated = {"date": str(datetime.date.today()), "machine": machine()} | result
    path = ROOT / "benchmarks" / f"{name}.json"
    path.write_text(json.dumps(dated, indent=2) + "\n", encoding="utf-8")


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
