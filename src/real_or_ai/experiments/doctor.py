"""Finds, in seconds and before DVC hashes anything, what would stop the pipeline.

DVC turns a stage's exit code into 255 and stumbles over raw folders that it cannot hash; here each
such thing is one sentence.
"""

from collections import Counter
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

from real_or_ai.conventions.errors import ParamsError, RawFolderError, UserError
from real_or_ai.conventions.labels import LABELS
from real_or_ai.conventions.params import PARAMS_YAML, Params, load
from real_or_ai.networks import WEIGHTS, FeaturesParams, TrainParams
from real_or_ai.pictures.delivery import DecodeParams
from real_or_ai.stages.audit import AuditParams
from real_or_ai.stages.calibrate import CalibrateParams
from real_or_ai.stages.compare import CompareParams
from real_or_ai.stages.evaluate import EvaluateParams
from real_or_ai.stages.fit_svm import FitSvmParams
from real_or_ai.stages.prepare import EMBEDDED, PrepareParams, annotations, raw_folder
from real_or_ai.stages.robustness import RobustnessParams
from real_or_ai.stages.sample import SampleParams, plan
from real_or_ai.stages.split import SplitParams

TILES = 64  # the most pictures that detection finds in one raw file: 8x8
DRAWN_TILES = 4  # the most in a drawn one

SECTIONS: dict[str, type[Params]] = {
    "sample": SampleParams,
    "prepare": PrepareParams,
    "split": SplitParams,
    "decode": DecodeParams,
    "audit": AuditParams,
    "train": TrainParams,
    "features": FeaturesParams,
    "fit_svm": FitSvmParams,
    "calibrate": CalibrateParams,
    "evaluate": EvaluateParams,
    "robustness": RobustnessParams,
    "compare": CompareParams,
}


def check(values: Mapping[str, Any]) -> str:
    """Validates all of params.yaml and walks its raw folder; a sentence on what was found.

    values: the file's content, perhaps with an experiment's changes.
    Raises UserError on the first thing that would stop the pipeline.
    """
    check_params(values)
    prepare = load(PrepareParams, "prepare", values)
    split = load(SplitParams, "split", values)
    overrides = Path(prepare.overrides)
    if not overrides.is_file():
        raise UserError(f"{overrides}: no such table; restore it or correct prepare.overrides")
    raw = Path(prepare.raw)
    _demand_weights(load(FeaturesParams, "features", values))
    if prepare.raw == EMBEDDED:  # the stage `sample` draws it anew if its parameters changed
        return _summed_up(raw, _drawn(values), split, DRAWN_TILES)
    files = raw_folder.walk(raw, prepare.class_folders)
    _demand_hashable(raw)
    raws = {file.raw for file in files}
    said = annotations.read_overrides(overrides, raws).values()
    grids = [prod(one.numbers) for one in said if one.action == "grid"]
    annotations.read_groups(raw / raw_folder.GROUPS_CSV, raws)
    found = [(file.label, file.source) for file in files if file.label]
    return _summed_up(raw, found, split, most_tiles=max([TILES, *grids]))


def files_by_source(values: Mapping[str, Any]) -> dict[str, Counter[str]]:
    """Source -> how many raw files of each class it has, or will have once they are drawn."""
    prepare = load(PrepareParams, "prepare", values)
    if prepare.raw == EMBEDDED:
        found = _drawn(values)
    else:
        files = raw_folder.walk(Path(prepare.raw), prepare.class_folders)
        found = [(file.label, file.source) for file in files if file.label]
    counts: dict[str, Counter[str]] = {}
    for label, source in found:
        counts.setdefault(source, Counter())[label] += 1
    return counts


def check_params(values: Mapping[str, Any]) -> None:
    """Raises ParamsError unless every section is there, known and valid."""
    for name in values:
        if name not in SECTIONS:
            raise ParamsError(
                f"{PARAMS_YAML}: section {name} is not known; there are {', '.join(SECTIONS)}"
            )
    for name, kind in SECTIONS.items():
        load(kind, name, values)


def _drawn(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and source of each file of the embedded data set."""
    params = load(SampleParams, "sample", values)
    return [(one.label, one.source) for one in plan.plan(params.pictures, params.seed)]


def _demand_hashable(raw: Path) -> None:
    hazards = raw_folder.hazards(raw)
    if hazards:
        more = f" (and {len(hazards) - 1} more)" if len(hazards) > 1 else ""
        raise RawFolderError(f"DVC cannot hash {hazards[0]}{more}")


def _summed_up(raw: Path, found: list[tuple[str, str]], split: SplitParams, most_tiles: int) -> str:
    """What there is to learn from; found: label and source of each file."""
    counts = Counter(label for label, source in found if source not in split.external)
    _demand_enough(raw, counts, split, most_tiles)
    there = " and ".join(f"{counts[label]} {label}" for label in LABELS)
    sources = ", ".join(sorted({source for _, source in found}))
    return f"{raw}: {there} files to learn from; sources: {sources}"


def _demand_enough(
    raw: Path, counts: Mapping[str, int], split: SplitParams, most_tiles: int
) -> None:
    """Refuses what cannot work even if every file were a grid; train and val need one each."""
    for label in LABELS:
        wanted = split.test if isinstance(split.test, int) else 1
        if most_tiles * counts[label] < wanted + 2:
            possible = min(counts[one] for one in LABELS) - 2
            advice = f"set split.test to {possible} or less, or" if possible > 0 else "please"
            raise RawFolderError(
                f"{raw}: holds {counts[label]} {label} files outside the external sources "
                f"({', '.join(split.external) or 'none'}), but split.test asks for {split.test} "
                f"and train and val need more; {advice} add pictures"
            )


def _demand_weights(features: FeaturesParams) -> None:
    if features.weights not in WEIGHTS and not Path(features.weights).is_file():
        raise ParamsError(
            f"{PARAMS_YAML}: features.weights is {features.weights}, neither a file nor one of "
            f"{', '.join(WEIGHTS)}; correct it"
        )
