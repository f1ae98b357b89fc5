"""Runs the README's example commands in a fresh clone and keeps what they print in docs/examples/.

make examples

Each file begins with its command, as it was run.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from sklearn import datasets

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "examples"
CHANGE = "train.lenet5.learning_rate=0.003"
METRICS = "lenet5.test.(roc_auc|accuracy)"
COLUMNS = f"Experiment|{METRICS}|train.lenet5.learning_rate"
PICTURES = "data/sample/web/ai/nearest/ai_00[0-3].* data/sample/web/real/real_00[0-2].*"
COMPARED = "metrics/headlines/lenet5.json"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "real-or-ai")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        shutil.copytree(ROOT / ".dvc" / "cache", clone / ".dvc" / "cache")
        said(clone, "dvc checkout")

        def example(name: str, command: str, shown: Callable[[str], bool] = bool) -> None:
            """Keeps a command and those of its lines that are to be shown: all but empty ones."""
            lines = [line for line in said(clone, command) if shown(line)]
            keep(name, [f"$ {command}", *(line.replace(str(clone), "...") for line in lines)])

        # First what shows the committed state: an experiment changes the workspace.
        example("results", "real-or-ai results")
        photographs = Path(datasets.__file__).with_name("images").glob("*.jpg")
        for one in photographs:
            shutil.copy(one, clone)
        example("starter", "real-or-ai check china.jpg flower.jpg --format table")
        example("check", f"real-or-ai check {PICTURES} --toy --format table")
        example("plots-show", "dvc plots show", is_an_address)
        example("exp-run", f"dvc exp run --name quick -S {CHANGE}", is_of_a_stage)
        example("exp-show", f"dvc exp show --no-pager --md --drop '^(?!({COLUMNS})$)'")
        said(clone, "dvc exp branch quick quick")
        example("metrics-diff", f"dvc metrics diff main quick --targets {COMPARED} --precision 3")


def is_an_address(line: str) -> bool:
    return line.startswith("file://")


def is_of_a_stage(line: str) -> bool:
    return line.startswith(("Stage ", "Running stage "))


def said(folder: Path, command: str) -> list[str]:
    """The lines a command prints, as in a wide terminal."""
    wide = os.environ | {"COLUMNS": "120", "NO_COLOR": "1"}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=wide, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.rstrip().splitlines()


def keep(name: str, lines: list[str]) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    text = "\n".join(line.rstrip() for line in lines)
    (OUT / f"{name}.txt").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
