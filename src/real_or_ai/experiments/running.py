"""Runs a named experiment, shows what it changed and leaves the workspace as it was."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml.error import YAMLError

from real_or_ai.conventions.errors import ParamsError, UserError
from real_or_ai.conventions.handwritten import read_text
from real_or_ai.conventions.params import PARAMS_YAML, load_value, parse, read
from real_or_ai.experiments import alone, doctor, headlines, keeping
from real_or_ai.experiments.set_params import changed, words

FOLDER = Path("experiments")
# What an experiment writes and DVC's cache does not hold.
KEPT = ("params.yaml", "dvc.lock", "metrics", "plots")


def run(name: str, more: Mapping[str, str]) -> None:
    """Replaces the experiment `name` by a new run of `experiments/<name>.txt`, with more changes.

    Prints what changed, with the headline numbers beside those of the run in the workspace.
    Raises UserError if the file is missing or wrong, or if the pipeline fails.
    """
    changes = {**read_changes(FOLDER / f"{name}.txt"), **more}
    values = read()
    print(doctor.check(changed(values, changes), asked=changes))
    demand_commit()
    before, whose = headlines.found(), headlines.whose()
    with workspace_restored():
        run_pipeline(name, changes)
        now = headlines.read()
    print(
        f"\n{name}",
        *(f"  {key}: {load_value(object, key, values)} -> {new}" for key, new in changes.items()),
        "",
        *headlines.lines(now, before),
        "",
        f"{whose}; {headlines.BRACKETS}",
        sep="\n",
    )
    print(f"kept as experiment {name}: dvc exp show; to take it over: dvc exp apply {name}")


def demand_commit() -> None:
    """Raises UserError where DVC has nothing to hang an experiment on, or is not there itself."""
    for program in ("git", "dvc"):
        if shutil.which(program) is None:
            raise UserError(
                f"{program}: not found on PATH; activate the environment first "
                "(source .venv/bin/activate), or call this through make"
            )
    if not _succeeds("git", "rev-parse", "--verify", "-q", "HEAD"):
        raise UserError("no commit to compare with; commit first: git add -A && git commit")


def run_pipeline(name: str, changes: Mapping[str, str], *targets: str) -> None:
    """Replaces the experiment `name` by a new run, whose results then stand in the workspace.

    targets: the stages to run, with all they need; every stage if there is none.
    """
    _succeeds("dvc", "exp", "remove", name)  # an older run of the same name; there may be none
    sets = words(changes)
    done = subprocess.run(["dvc", "exp", "run", "--name", name, *sets, *targets], check=False)
    if done.returncode != 0:
        raise UserError(f"experiment {name} failed with exit code {done.returncode}; see above")


def read_changes(path: Path) -> dict[str, str]:
    """key -> value of a file with one key=value a line; # begins a comment line."""
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in FOLDER.glob("*.txt")))
        raise UserError(f"{path}: no such experiment; there are {there}")
    changes = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not key or not value:
            raise ParamsError(f"{path}:{number}: expected key=value, found {line!r}")
        changes[key] = value
    return changes


def uncommitted(values: Mapping[str, Any]) -> str:
    """What belongs behind a sentence on params.yaml: which values are not as in the last commit.

    `dvc exp run -S` leaves its values in the file when it fails. Empty where all are, or where
    there is no commit.
    """
    if shutil.which("git") is None:
        return ""
    shown = subprocess.run(
        ["git", "show", f"HEAD:./{PARAMS_YAML}"], capture_output=True, check=False
    )
    try:
        before = _flat(parse(shown.stdout.decode())) if shown.returncode == 0 else {}
    except (YAMLError, UnicodeDecodeError):
        return ""
    now = _flat(values)
    changed_keys = [key for key in now if before and now[key] != before.get(key)]
    if not changed_keys:
        return ""
    named = ", ".join(changed_keys[:3]) + (", ..." if len(changed_keys) > 3 else "")
    return (
        f" ({PARAMS_YAML} is not as committed, perhaps by a run that failed: {named}; "
        f"git checkout {PARAMS_YAML} puts it back)"
    )


def _flat(values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        key = f"{above}{name}"
        found |= _flat(value, f"{key}.") if isinstance(value, Mapping) else {key: value}
    return found


@contextmanager
def workspace_restored() -> Iterator[None]:
    """Puts params.yaml, dvc.lock, metrics, plots and all outs back to what they were.

    They are copied, not kept in Git as by `keeping.keep`: for what Git ignores among them, too.
    Raises UserError while another run is going on here: each would train with the other's
    parameters, and put them back.
    """
    with (
        alone.alone(),
        tempfile.TemporaryDirectory(prefix="before-experiment-", dir=alone.TMP) as saved,
    ):
        keeping.copy(KEPT, Path(), Path(saved))
        try:
            yield
        finally:
            if not keeping.put_back(Path(saved), KEPT):  # in a fresh clone, for one
                print("some outs were in no cache before, so they stay; dvc repro rebuilds them")


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
