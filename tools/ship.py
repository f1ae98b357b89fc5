"""Takes a detector of the workspace as the one that comes along with the package.

    real-or-ai experiment collection && dvc exp apply collection
    python -m tools.ship svm && real-or-ai undo

It becomes detectors/starter.onnx in the package, under a title of its own; its numbers, its card
and its plots become metrics/starter and plots/starter.
"""

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

import onnx
from benchmarks.measuring import machine
from tools import promised

from real_or_ai import card, card_text
from real_or_ai.check.project import DETECTORS, STARTER
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.detector_file import cost, graph
from real_or_ai.detector_file.session import Session

LARGEST = 8_000_000  # bytes: it comes with every installation
TITLE = "Starter"
OF_MODEL = {  # beside metrics or plots, of the model
    "evaluate.json": "metrics/evaluate/{model}.json",
    "calibrate.json": "metrics/calibrate/{model}.json",
    "sources.csv": "metrics/sources/{model}.csv",
    "breakdown.csv": "metrics/breakdown/{model}.csv",
}
OF_ALL = ("metrics/audit.json", "metrics/data.json", "params.yaml")
PLOTS = (
    "plots/audit/*.png",
    "plots/comparison/*.png",
    "plots/fit_svm/*.png",
    "plots/robustness/*.png",
)


def main() -> None:
    (model,) = sys.argv[1:]
    ship(Path(), model, STARTER)


def ship(project: Path, model: str, into: Path) -> None:
    """Writes the detector to `into`, and beside what the project measured of it.

    Raises SystemExit if it is a toy, has no card, or is too large.
    """
    file = project / DETECTORS / f"{model}.onnx"
    session = Session(file)
    known = card.from_metadata(session.metadata)
    if known is None or session.description.drawn:
        raise SystemExit(f"{file}: {'a toy' if known else 'no card'}: it is not for others")
    titled = known.model_copy(update={"title": TITLE})
    into.parent.mkdir(exist_ok=True)
    with replacing(into) as temporary:
        more = {card.METADATA_KEY: titled.model_dump_json()}
        graph.write(onnx.load(file), temporary, session.description, more)
        if (size := temporary.stat().st_size) > LARGEST:
            raise SystemExit(f"{file}: {size} bytes, where {LARGEST} are the most that ship")
    spent = cost.measured(into, runs=50)
    _metrics(project, model, "\n".join(card_text.lines(titled)) + "\n", spent)
    _plots(project)
    if (unsure := session.description.unsure) is not None:
        found = promised.compared(project / f"predictions/{model}.csv", unsure)
        found.to_csv(project / "metrics" / STARTER.stem / "promises.csv", index=False)
    print(f"{into}: {spent}")


def _metrics(project: Path, model: str, text: str, spent: cost.Cost) -> None:
    with replacing(project / "metrics" / STARTER.stem) as temporary:
        temporary.mkdir()
        for name, source in OF_MODEL.items():
            shutil.copyfile(project / source.format(model=model), temporary / name)
        for source in OF_ALL:
            shutil.copyfile(project / source, temporary / Path(source).name)
        robustness = json.loads((project / "metrics/robustness.json").read_text(encoding="utf-8"))
        write_json(temporary / "robustness.json", robustness[model])
        write_json(temporary / "cost.json", asdict(spent) | {"machine": machine()})
        (temporary / "card.md").write_text(text, encoding="utf-8")


def _plots(project: Path) -> None:
    with replacing(project / "plots" / STARTER.stem) as temporary:
        temporary.mkdir()
        for pattern in PLOTS:
            for path in project.glob(pattern):
                shutil.copyfile(path, temporary / f"{path.parent.name}_{path.name}")


if __name__ == "__main__":
    main()
