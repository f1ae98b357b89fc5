"""Which detector is meant: a file, a name, or the one that the project around us has chosen."""

import json
from pathlib import Path

from real_or_ai.conventions.errors import DetectorError

DETECTORS = Path("detectors")  # of a project: where the stage `release` writes
COMPARISON = Path("metrics/comparison.json")  # of a project: where `compare` records its choice
_SIGNS = ("dvc.yaml", "params.yaml")


def root(start: Path) -> Path | None:
    """The nearest folder, upward from `start`, that holds a project; None if there is none."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if all((folder / sign).is_file() for sign in _SIGNS):
            return folder
    return None


def find_detector(asked: str | None, start: Path = Path()) -> Path:
    """The file of the detector that was asked for.

    asked: a file, the name of one of the project's detectors, or None for the project's choice.
    start: where the search for the project begins. Raises DetectorError if nothing fits.
    """
    if asked and (asked.endswith(".onnx") or Path(asked).is_file()):
        return Path(asked)
    project = root(start)
    if project is None:
        if asked:
            raise DetectorError(
                f"--detector {asked}: no such file, and no project around {start.absolute()} whose "
                "detectors have names; give an .onnx file"
            )
        raise DetectorError(
            f"no project (a folder with {' and '.join(_SIGNS)}) around {start.absolute()}, so no "
            "default; say which detector: --detector FILE.onnx"
        )
    name = asked or _chosen(project)
    path = project / DETECTORS / f"{name}.onnx"
    if path.is_file():
        return path
    there = sorted(one.stem for one in (project / DETECTORS).glob("*.onnx"))
    if there:
        raise DetectorError(f"{name}: no such detector in {path.parent}; {', '.join(there)} are")
    raise DetectorError(f"{path.parent}: holds no detectors yet; `make repro` builds them")


def _chosen(project: Path) -> str:
    """The model that `compare` chose on validation."""
    path = project / COMPARISON
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["chosen"]["model"])
    except FileNotFoundError:
        raise DetectorError(f"{path}: not there yet; `make repro` writes it") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DetectorError(f"{path}: names no chosen detector; `make repro` writes it") from error
