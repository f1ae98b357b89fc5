"""Which detector is meant: a file, a name, the project's choice, or the one that comes along."""

import json
from pathlib import Path

from real_or_ai.conventions.errors import DetectorError

DETECTORS = Path("detectors")  # of a project: where the stage `release` writes
COMPARISON = Path("metrics/comparison.json")  # of a project: where `compare` records its choice
DATA = Path("metrics/data.json")  # of a project: where `split` says what it learns from
STARTER = Path(__file__).parents[1] / "detectors" / "starter.onnx"  # in the wheel, too
_SIGNS = ("dvc.yaml", "params.yaml")


def root(start: Path) -> Path | None:
    """The nearest folder, upward from `start`, that holds a project; None if there is none."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if all((folder / sign).is_file() for sign in _SIGNS):
            return folder
    return None


def find_detector(asked: str | None, start: Path = Path(), *, toy: bool = False) -> Path:
    """The file of the detector that was asked for.

    asked: a file, `starter`, the name of one of the project's detectors, or None: the project's
    choice, or the starter where there is no project, or one of toys that `toy` does not ask for.
    start: where the search for the project begins. Raises DetectorError if nothing fits.
    """
    if asked and (asked.endswith(".onnx") or Path(asked).is_file()):
        return Path(asked)
    project = root(start)
    if asked == STARTER.stem or (asked is None and (project is None or _plays(project, toy=toy))):
        return STARTER
    if project is None:
        raise DetectorError(
            f"--detector {asked}: no such file, and no project around {start.absolute()} whose "
            f"detectors have names; give an .onnx file, or {STARTER.stem}"
        )
    name = asked or _chosen(project)
    path = project / DETECTORS / f"{name}.onnx"
    if path.is_file():
        return path
    there = sorted(one.stem for one in (project / DETECTORS).glob("*.onnx"))
    if there:
        raise DetectorError(f"{name}: no such detector in {path.parent}; {', '.join(there)} are")
    raise DetectorError(f"{path.parent}: holds no detectors yet; `make repro` builds them")


def _plays(project: Path, *, toy: bool) -> bool:
    """Whether the project holds but toys, which are not what is wanted."""
    try:
        drawn = json.loads((project / DATA).read_text(encoding="utf-8"))["drawn"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(drawn) and not toy


def _chosen(project: Path) -> str:
    """The model that `compare` chose on validation."""
    path = project / COMPARISON
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["chosen"]["model"])
    except FileNotFoundError:
        raise DetectorError(f"{path}: not there yet; `make repro` writes it") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DetectorError(f"{path}: names no chosen detector; `make repro` writes it") from error
