"""Keeps the run in the workspace under a name of Git's, and puts it back.

The committed outs of another machine are in no cache here, so that `git restore . && dvc checkout`
cannot bring them back; what was run here can be brought back.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.exits import ended_in_order, uninterrupted
from real_or_ai.experiments import alone

KEPT, UNDONE = "refs/real-or-ai/kept", "refs/real-or-ai/undone"
OURSELVES = {  # a commit wants a name, and not everyone has told Git theirs
    f"GIT_{role}_{what}": "real-or-ai"
    for role in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}
# What a run changes and Git keeps.
PATHS = ("params.yaml", "dvc.lock", "data/overrides*.csv", "metrics", "plots")


def keep(ref: str = KEPT) -> None:
    """Keeps params.yaml, dvc.lock, overrides, metrics and plots as they are, in no branch."""
    with tempfile.TemporaryDirectory(prefix="keep-") as folder:
        beside = os.environ | {"GIT_INDEX_FILE": str(Path(folder, "index"))} | OURSELVES
        _git("add", "--all", "--", *map(str, _there()), env=beside)
        tree = _git("write-tree", env=beside)
        commit = _git("commit-tree", tree, "-p", "HEAD", "-m", "a run of real-or-ai", env=beside)
        _git("update-ref", "--create-reflog", ref, commit)


def undo() -> str:
    """Puts the kept run back, its outs too; says what it did. What was there is kept as undone.

    Raises UserError if nothing was kept, if outs of the kept run are in no cache any more, or while
    an experiment is going on here.
    """
    if not _found(KEPT):
        raise UserError(f"{KEPT}: no run is kept; make repro keeps the one it makes")
    with (
        alone.alone(),
        tempfile.TemporaryDirectory(prefix="undo-", dir=alone.TMP) as folder,
    ):
        keep(UNDONE)
        packed, saved = Path(folder, "kept.tar"), Path(folder, "kept")
        _git("archive", "--output", str(packed), KEPT, "--", *_listed(KEPT))
        shutil.unpack_archive(packed, saved, filter="data")
        is_whole = put_back(saved, {*map(str, _there()), *_listed(KEPT)})
    if not is_whole:
        raise UserError(
            "the kept run is back, but for outs that are in the cache no longer; "
            "dvc repro makes them again"
        )
    again = f"git restore -s {UNDONE} {' '.join(_listed(UNDONE))} && dvc checkout"
    return f"the kept run is back; for what was here until now: {again}"


def put_back(saved: Path, names: Iterable[str]) -> bool:
    """Makes files and folders here what they are in `saved`, and the outs what dvc.lock then says.

    Whole, though Ctrl-C is pressed. Returns whether all those outs are in DVC's cache.
    """
    with ended_in_order(), uninterrupted():
        copy(names, saved, Path())
        done = subprocess.run(["dvc", "checkout", "--force"], capture_output=True, check=False)
    return done.returncode == 0


def copy(names: Iterable[str], source: Path, target: Path) -> None:
    """Makes files and folders in one folder what they are in the other; absent, if they are."""
    for one, other in ((source / name, target / name) for name in names):
        if other.is_dir():
            shutil.rmtree(other)
        else:
            other.unlink(missing_ok=True)
        if one.is_dir():
            shutil.copytree(one, other)
        elif one.exists():
            other.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(one, other)


def _found(ref: str) -> bool:
    done = subprocess.run(["git", "rev-parse", "-q", "--verify", ref], capture_output=True)
    return done.returncode == 0


def _there() -> list[Path]:
    return [path for pattern in PATHS for path in sorted(Path().glob(pattern))]


def _listed(ref: str) -> list[str]:
    """Those of the paths that a commit holds."""
    held = _git("ls-tree", "-z", "--name-only", ref, "./", "data/").split("\0")
    return [path for pattern in PATHS for path in held if fnmatch(path, pattern)]


def _git(*command: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(["git", *command], capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        raise UserError(f"git {command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()
