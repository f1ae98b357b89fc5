"""Finds, in seconds and before DVC hashes anything, what would stop the pipeline.

DVC turns a stage's exit code into 255 and stumbles over raw folders that it cannot hash; here each
such thing is one sentence.
"""

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from real_or_ai.conventions.errors import ParamsError, RawFolderError, UserError
from real_or_ai.conventions.labels import LABELS
from real_or_ai.conventions.params import PARAMS_YAML
from real_or_ai.conventions.printable import printable
from real_or_ai.conventions.sections import EMBEDDED, WEIGHTS, FeaturesParams
from real_or_ai.experiments import registered, rehearsal
from real_or_ai.experiments.parameters import Parameters
from real_or_ai.experiments.rehearsal import Expected
from real_or_ai.pictures import offered
from real_or_ai.pictures.parallel import in_order
from real_or_ai.stages.prepare import annotations, raw_folder
from real_or_ai.stages.prepare.annotations import Override
from real_or_ai.stages.prepare.raw_file import Outcome, prepare_file
from real_or_ai.stages.prepare.raw_folder import RawFile
from real_or_ai.stages.sample import SampleParams, plan
from real_or_ai.stages.split import SplitParams

LOOKED_AT = 40  # files of each class that are prepared to see how many pictures a file holds
OUTS = Path("data/prepared")


def check(values: Mapping[str, Any], *, asked: Mapping[str, str] | None = None) -> str:
    """Validates all of params.yaml and walks its raw folder; a line on each thing that was found.

    values: the file's content, perhaps with an experiment's changes. asked: these changes, in
    which a name that is nowhere is a mistake.
    Raises UserError on the first thing that would stop the pipeline.
    """
    registered.demand_alike(values)
    params = Parameters.of(values)
    prepare = params.prepare
    overrides = Path(prepare.overrides)
    if not overrides.is_file():
        raise UserError(f"{overrides}: no such table; {annotations.MISSING}")
    _demand_weights(params.features)
    raw = Path(prepare.raw)
    if prepare.raw == EMBEDDED:  # the stage `sample` draws it anew if its parameters changed
        expected = _drawn(params.sample)
        rehearsal.demand_split(raw, expected, params)
        rehearsal.demand_turns(raw, expected, params)
        return "\n".join(map(printable, _lines(raw, expected, params, asked or {}, "")))
    _demand_apart(raw)
    found = raw_folder.walk(raw, prepare.class_folders)
    _demand_hashable(raw)
    raws = {file.raw for file in found.files}
    said = annotations.read_overrides(overrides, raws)
    groups = annotations.read_groups(raw / raw_folder.GROUPS_CSV, raws)
    used = [file for file in found.files if file.label and not _is_excluded(said.get(file.raw))]
    expected = [_expected(file, groups) for file in used]
    lines = _lines(raw, expected, params, asked or {}, offered.told(found.left_out))
    rehearsal.demand_turns(raw, expected, params)
    try:
        rehearsal.demand_split(raw, expected, params)
    except RawFolderError:  # unless the files hold more than one picture each
        expected = rehearsal.with_pictures(expected, _looked_at(raw, used, said, params))
        rehearsal.demand_split(raw, expected, params)
    lines.append(rehearsal.unsure_note(expected, params))
    return "\n".join(map(printable, filter(None, lines)))


def is_valid(values: Mapping[str, Any]) -> bool:
    """Whether params.yaml holds what it may, by itself."""
    try:
        Parameters.of(values)
    except UserError:
        return False
    return True


def files_by_source(values: Mapping[str, Any]) -> dict[str, Counter[str]]:
    """Source -> how many raw files of each class it has, or will have once they are drawn."""
    params = Parameters.of(values)
    prepare = params.prepare
    if prepare.raw == EMBEDDED:
        found = [(one.label, one.source) for one in _drawn(params.sample)]
    else:
        files = raw_folder.walk(Path(prepare.raw), prepare.class_folders).files
        found = [(file.label, file.source) for file in files if file.label]
    counts: dict[str, Counter[str]] = {}
    for label, source in found:
        counts.setdefault(source, Counter())[label] += 1
    return counts


def _drawn(params: SampleParams) -> list[Expected]:
    """What comes of each file of the embedded data set."""
    return [
        Expected(one.label, one.source, one.path, 4 if one.treatment == "grid" else 1)
        for one in plan.plan(params.pictures, params.seed)
    ]


def _expected(file: RawFile, groups: Mapping[str, set[str]]) -> Expected:
    return Expected(file.label, file.source, min(groups.get(file.raw, {file.raw})))


def _is_excluded(override: Override | None) -> bool:
    return override is not None and override.action == "exclude"


def _looked_at(
    raw: Path, files: Sequence[RawFile], said: Mapping[str, Override], params: Parameters
) -> dict[int, int]:
    """Place of a file -> how many pictures it holds, of some of each class, evenly spaced."""
    places = []
    for label in LABELS:
        own = [place for place, file in enumerate(files) if file.label == label]
        step = max(1, len(own) // LOOKED_AT)
        places += own[::step][:LOOKED_AT]
    with tempfile.TemporaryDirectory() as folder:
        prepare_one = partial(prepare_file, raw=raw, prepared=Path(folder), params=params.prepare)
        work = [(files[place], said.get(files[place].raw)) for place in places]
        outcomes: list[Outcome] = list(in_order(prepare_one, work, "look"))
    return {
        place: len(outcome) if isinstance(outcome, list) else 0
        for place, outcome in zip(places, outcomes, strict=True)
    }


def _lines(
    raw: Path, files: Sequence[Expected], params: Parameters, asked: Mapping[str, str], left: str
) -> list[str]:
    """What there is to learn from, what is left out, and names in params.yaml that are nowhere."""
    split = params.split
    sources = sorted({file.source for file in files})
    counts = Counter(file.label for file in files if file.source not in split.external)
    there = " and ".join(f"{counts[label]} {label}" for label in LABELS)
    lines = [f"{raw}: {there} files to learn from; sources: {', '.join(sources)}"]
    if left:
        lines.append(f"{raw}: {left}")
    if absent := _absent(split, sources, asked):
        lines.append(
            f"split.external names {', '.join(absent)}, which is no source there: nothing will "
            "tell what a detector is worth elsewhere"
        )
    return lines


def _absent(split: SplitParams, sources: list[str], asked: Mapping[str, str]) -> list[str]:
    """The external sources that are not there.

    Raises RawFolderError for one that was asked for, or is nearly the name of one that is there.
    """
    absent = [name for name in split.external if name not in sources]
    asks = any(key.lstrip("+") in ("split", "split.external") for key in asked)
    for name in absent:
        near = get_close_matches(name, sources, 1, 0.75)
        if near or asks:
            meant = f"did you mean {near[0]}? " if near else ""
            raise RawFolderError(
                f"split.external names {name!r}, which is no source there; {meant}sources are "
                f"{', '.join(sources)}; correct it, or set split.external=[] for no external set"
            )
    return absent


def _demand_apart(raw: Path) -> None:
    """DVC refuses a folder that it reads and writes in one."""
    here, outs = raw.resolve(), OUTS.resolve()
    if here in (outs, *outs.parents) or outs in here.parents:
        raise RawFolderError(
            f"{raw}: holds {OUTS} or lies in it, which the pipeline writes; move the pictures into "
            "a folder of their own"
        )


def _demand_hashable(raw: Path) -> None:
    hazards = raw_folder.hazards(raw)
    if hazards:
        more = f" (and {len(hazards) - 1} more)" if len(hazards) > 1 else ""
        raise RawFolderError(f"DVC cannot hash {hazards[0]}{more}")


def _demand_weights(features: FeaturesParams) -> None:
    if features.weights not in WEIGHTS and not Path(features.weights).is_file():
        raise ParamsError(
            f"{PARAMS_YAML}: features.weights is {features.weights}, neither a file nor one of "
            f"{', '.join(WEIGHTS)}; correct it"
        )
