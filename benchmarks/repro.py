"""Times `dvc repro` from nothing and with nothing to do, stage by stage, in a fresh clone.

python -m benchmarks.repro        # writes benchmarks/repro.json
"""

import subprocess
import tempfile

from benchmarks.measuring import ROOT, measured, write


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), folder], check=True)
        rows = [measured("the whole dvc repro, from nothing", "dvc repro", folder)]
        rows += [measured("dvc repro with nothing to do", "dvc repro", folder)]
        for stage in stages(folder):
            again = f"dvc repro --single-item --force {stage}"
            rows.append(measured(f"{stage} alone, with DVC's start", again, folder))
    write("repro", {"rows": rows})
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


if __name__ == "__main__":
    main()
