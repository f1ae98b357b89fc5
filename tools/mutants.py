"""Plants small faults in copies of the code, one at a time, and runs the tests that concern them.

    python -m tools.mutants [WORD ...]    only those whose file or description holds a WORD

The faults are data: mutants.toml beside this file. One that no test sees survives; it needs a test,
or the reason why none can tell it from the right code (`survives`). Not for CI: it takes minutes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".toml")
SOURCE = Path("src/real_or_ai")
ALLOWED = 0.05  # of all, that may survive
SECONDS = 600  # of the tests of one mutant; what takes longer hangs, and is seen


@dataclass(frozen=True)
class Mutant:
    """A planted fault.

    what: is wrong then. file: below src/real_or_ai. old: stands in it exactly once. new: in its
    place. tests: names of test files, without `test_` and `.py`. survives: why it must.
    """

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    survives: str = ""

    @property
    def path(self) -> Path:
        return SOURCE / self.file

    def planted(self, text: str) -> str:
        """The file's text with the fault in it. Raises ValueError if it does not fit there."""
        count = text.count(self.old)
        if count != 1:
            raise ValueError(f"{self.file}: holds {self.old!r} {count} times, expected once")
        return text.replace(self.old, self.new)


def read(path: Path = TABLE) -> list[Mutant]:
    """The table."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]
    return [Mutant(**row | {"tests": tuple(row["tests"].split())}) for row in rows]


def copy_tree(into: Path, root: Path = ROOT) -> None:
    """All files that Git knows or would know, as a repository of one commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, into / name)
    author = ("-c", "user.name=mutants", "-c", "user.email=mutants@localhost")
    for command in (("init", "-q"), ("add", "-A"), (*author, "commit", "-qm", "Without faults")):
        subprocess.run(["git", *command], cwd=into, check=True)


def passes(tree: Path, tests: Sequence[str]) -> bool:
    """Whether the named test files pass in the tree, with the tree's own code."""
    files = [f"tests/test_{name}.py" for name in tests]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *files]
    environment = os.environ | {"PYTHONPATH": str(tree / "src")}
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, check=False,
            timeout=SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    if not tests or done.returncode in (4, 5):  # pytest found no such file, or no test
        raise ValueError(
            f"no tests in {', '.join(files)}: {done.stdout[-500:]}{done.stderr[-500:]}"
        )
    return done.returncode == 0


def survives(mutant: Mutant, tree: Path) -> bool:
    """Whether the tests that concern the mutant pass with it in the tree, which is put back."""
    path = tree / mutant.path
    text = path.read_text(encoding="utf-8")
    try:
        _write(path, mutant.planted(text))
        return passes(tree, mutant.tests)
    finally:
        _write(path, text)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    # Python trusts a compiled file of the same second and size.
    Path(cache_from_source(str(path))).unlink(missing_ok=True)


def run(mutants: Sequence[Mutant]) -> int:
    """Prints what became of each; the exit code: 1 if one survives without a reason, or too many.

    The tests themselves must pass first: what fails without a fault kills nothing.
    """
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        tests = sorted({name for mutant in mutants for name in mutant.tests})
        if not passes(tree, tests):
            print("the tests fail without any fault; see make test", file=sys.stderr)
            return 2
        surviving = []
        for number, mutant in enumerate(mutants, start=1):
            begun = time.monotonic()
            alive = survives(mutant, tree)
            surviving += [mutant] * alive
            said = "SURVIVED" if alive else "killed  "
            took = time.monotonic() - begun
            print(f"{number:3} {said} {took:4.0f} s  {mutant.file}: {mutant.what}", flush=True)
    print(f"{len(mutants)} planted, {len(surviving)} survived")
    for mutant in surviving:
        print(f"  {mutant.file}: {mutant.what}: {mutant.survives or 'no reason is given'}")
    unexplained = any(not mutant.survives for mutant in surviving)
    return int(unexplained or len(surviving) > ALLOWED * len(mutants))


if __name__ == "__main__":
    words = sys.argv[1:]
    chosen = [
        one
        for one in read()
        if not words or any(word in f"{one.file} {one.what}" for word in words)
    ]
    sys.exit(run(chosen))
