"""Which code made a table or a measurement: the last commit, and what is not in it."""

import subprocess
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from real_or_ai.conventions.errors import UserError

MADE = "made.json"  # beside tables: what made them
# What is written by the commands that tell their commit, and read by no run.
RESULTS = ("benchmarks/*.json", "benchmarks/real_pictures/*", "plots/experiments/*")


@dataclass(frozen=True)
class Code:
    """commit: the last one, 40 hex digits. differing: files that are not as in it, but RESULTS."""

    commit: str
    differing: tuple[str, ...]


def told(before: Code, after: Code) -> dict[str, object]:
    """What stands beside results: the commit, and whether all code was as in it all the time."""
    return {"commit": before.commit, "clean": before == after and not before.differing}


def code(folder: Path = Path()) -> Code:
    """The code in the working tree that holds `folder`. Raises UserError where Git knows none."""
    commit = _git(folder, "rev-parse", "--verify", "HEAD").strip()
    # -z: names as they are. Each but the origin of a renaming, which is turned off, has its state.
    options = ("--porcelain", "-z", "--untracked-files=all", "--no-renames")
    listed = _git(folder, "status", *options).split("\0")
    names = (line[3:] for line in listed if line)
    return Code(
        commit,
        tuple(name for name in names if not any(fnmatchcase(name, one) for one in RESULTS)),
    )


def _git(folder: Path, *command: str) -> str:
    try:
        done = subprocess.run(
            ["git", *command], cwd=folder, capture_output=True, check=False,
            encoding="utf-8", errors="surrogateescape",
        )  # fmt: skip
    except FileNotFoundError:
        raise UserError("git: not found on PATH; install it: tables name their commit") from None
    if done.returncode:
        raise UserError(
            f"{folder.absolute()}: git {command[0]} failed ({done.stderr.strip()}); results name "
            "the commit of the code that made them, so commit it first"
        )
    return done.stdout
