"""Runs the README's example commands in a fresh clone and keeps what they print in docs/examples/.

make examples
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "examples"
CHANGE = "train.lenet5.learning_rate=0.003"
COLUMNS = "Experiment|metrics/lenet5.json:test.(roc_auc|accuracy)|train.lenet5.learning_rate"
PICTURES = "data/sample/web/ai/nearest/ai_00[0-3].* data/sample/web/real/real_00[0-2].*"
COMPARED = "metrics/comparison.json metrics/train/lenet5/metrics.json"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "real-or-ai")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        shutil.copytree(ROOT / ".dvc" / "cache", clone / ".dvc" / "cache")
        said(clone, "dvc checkout")
        run = said(clone, f"dvc exp run --name quick -S {CHANGE}")
        keep("exp-run", [line for line in run if line.startswith(("Stage ", "Running stage "))])
        shown = said(clone, f"dvc exp show --no-pager --md --precision 3 --drop '^(?!{COLUMNS})'")
        keep("exp-show", [line for line in shown if line])
        said(clone, "dvc exp branch quick quick")
        diff = said(clone, f"dvc metrics diff main quick --targets {COMPARED} --precision 3")
        keep("metrics-diff", diff)
        keep("check", said(clone, f"real-or-ai check {PICTURES} --toy --format table"))
        keep("plots-show", [said(clone, "dvc plots show")[-1].replace(str(clone), "...")])


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
