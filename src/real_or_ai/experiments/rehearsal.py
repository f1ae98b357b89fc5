"""The split, tried on the raw files before anything is prepared: what it needs, and what would do.

By the stage's own code, on one member a picture that is to come of a file. What only preparation
finds, near-duplicates and copies, it cannot know.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

from real_or_ai.conventions.errors import RawFolderError, SplitError
from real_or_ai.conventions.labels import LABELS, TRAIN, VAL
from real_or_ai.experiments.parameters import Parameters
from real_or_ai.stages.split import splitting
from real_or_ai.stages.split.splitting import Member

MOST = 1_000_000  # pictures; a split that needs more is told so
SHARE = 5  # of the smaller class's pictures, one in so many makes a test set that leaves enough


@dataclass(frozen=True)
class Expected:
    """What is to come of a raw file: so many pictures, of one group with those of the same tie."""

    label: str
    source: str
    tie: str
    pictures: int = 1


def demand_split(raw: Path, files: Sequence[Expected], params: Parameters) -> None:
    """Raises RawFolderError, with a size of test that works, if the split cannot be made."""
    problem = _problem(files, params)
    if problem is None:
        return
    there = _pictures(files, params)
    smaller = min(there[label] for label in LABELS)
    needed = _needed(params)
    offered = _workable(files, params, smaller)
    advice = f"set split.test to {offered}, or add pictures" if offered else "add pictures"
    folds = f"{_folds_parameter(params)}={_folds(params)}"
    have = " and ".join(f"{_files(files, params)[label]} {label}" for label in LABELS)
    come = " and ".join(f"{there[label]} {label}" for label in LABELS)
    which = f", about {come} pictures," if come != have else ","
    apart = ", ".join(params.split.external) or "none"
    raise RawFolderError(
        f"{raw}: holds {have} files outside the external sources ({apart}){which} but "
        f"split.test={params.split.test}, split.val={params.split.val:g} and "
        f"{folds} need about {needed} of each class ({problem}); {advice}"
    )


def demand_turns(raw: Path, files: Sequence[Expected], params: Parameters) -> None:
    """Raises RawFolderError if `calibrate.turns` names what is no source to learn from."""
    there = {file.source for file in files} - set(params.split.external)
    named = [source for turn in params.calibrate.turns for source in turn]
    if missing := sorted(set(named) - there):
        raise RawFolderError(
            f"{raw}: calibrate.turns names {', '.join(missing)}, of which nothing is learned; "
            f"sources are {', '.join(sorted(there))}; correct it, or set calibrate.turns=[]"
        )


def unsure_note(files: Sequence[Expected], params: Parameters) -> str:
    """A sentence if there is too little to promise by for any verdict but unsure; else empty."""
    wanted = ceil(1 / params.calibrate.alpha - 1 - 1e-9)
    named = {source for turn in params.calibrate.turns for source in turn}
    if named:
        pairs = {(file.source, file.label) for file in files if file.source in named}
        counts, where = Counter(label for _, label in pairs), "calibrate.turns have {} sources"
        advice = "raise it or add sources"
    else:
        try:
            counts = _groups(files, params)[VAL]
        except SplitError:
            return ""
        where, advice = "val is to have {} groups", "raise split.val or add pictures"
    fewest = min(counts[label] for label in LABELS)
    if fewest >= wanted:
        return ""
    return (
        f"{where.format(fewest)} of a class: with fewer than {wanted} every verdict is unsure "
        f"(calibrate.alpha); {advice}"
    )


def _problem(files: Sequence[Expected], params: Parameters) -> str | None:
    """Why the split, or the folds of train after it, cannot be made; None if they can."""
    try:
        train = _groups(files, params)[TRAIN]
    except SplitError as error:
        return str(error).partition(";")[0]
    for label in LABELS:
        if train[label] < _folds(params):
            return f"train would have {train[label]} groups of {label}"
    return None


def _groups(files: Sequence[Expected], params: Parameters) -> dict[str, Counter[str]]:
    """Split -> how many groups of each class it is to have. Raises SplitError as the stage does."""
    split = params.split
    members = [
        Member(f"{place}-{tile}", file.label, file.source, file.tie)
        for place, file in enumerate(files)
        for tile in range(file.pictures)
    ]
    of_group = splitting.assign_splits(
        members, external=split.external, test=split.test, val=split.val, seed=split.seed
    )
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for group, label in {(member.group, member.label) for member in members}:
        found[of_group[group]][label] += 1
    return found


def _files(files: Sequence[Expected], params: Parameters) -> Mapping[str, int]:
    """Of each class outside the external sources."""
    return Counter(file.label for file in files if file.source not in params.split.external)


def _pictures(files: Sequence[Expected], params: Parameters) -> Mapping[str, int]:
    """What is to come of these files."""
    there: Counter[str] = Counter()
    for file in files:
        if file.source not in params.split.external:
            there[file.label] += file.pictures
    return there


def _workable(files: Sequence[Expected], params: Parameters, smaller: int) -> int | None:
    """A size of test that works, a fifth of the smaller class at the most; None without one."""
    size = max(1, smaller // SHARE)
    while size:
        split = params.split.model_copy(update={"test": size})
        if _problem(files, params.model_copy(update={"split": split})) is None:
            return size
        size //= 2
    return None


def _needed(params: Parameters) -> int:
    """The fewest single pictures of a class that make test, val, and the folds of train."""
    test, val, folds = params.split.test, params.split.val, _folds(params)
    for pictures in range(3, MOST):
        tested = test if isinstance(test, int) else round(test * pictures)
        left = pictures - tested
        if tested >= 1 and round(val * left) >= 1 and left - round(val * left) >= folds:
            return pictures
    return MOST


def _folds(params: Parameters) -> int:
    """The most groups of a class that train must have; the report's folds cut its copies apart."""
    if params.prepare.protocol == "paper":
        return params.audit.folds
    return max(params.fit_svm.folds, params.audit.folds)


def _folds_parameter(params: Parameters) -> str:
    return "audit.folds" if params.audit.folds == _folds(params) else "fit_svm.folds"


def with_pictures(files: Sequence[Expected], found: Mapping[int, int]) -> list[Expected]:
    """The files with as many pictures as were found in some, by place; others take after these."""
    if not found:
        return list(files)
    of_label: dict[str, list[int]] = defaultdict(list)
    for place, pictures in found.items():
        of_label[files[place].label].append(pictures)
    seen: Counter[str] = Counter()
    result = []
    for place, file in enumerate(files):
        known = of_label.get(file.label, [1])
        pictures = found.get(place, known[seen[file.label] % len(known)])
        seen[file.label] += place not in found
        result.append(replace(file, pictures=pictures))
    return result
