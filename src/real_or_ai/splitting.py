"""Groups of pictures that belong together, and splits that never cut through a group."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from real_or_ai.errors import SplitError
from real_or_ai.manifest import EXTERNAL, LABELS, TEST, TRAIN, VAL


@dataclass(frozen=True)
class Member:
    """A picture as splitting sees it."""

    picture: str
    label: str
    source: str
    group: str


def near_duplicates(hashes: NDArray[np.uint64], max_distance: int) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, of rows at most `max_distance` bits apart.

    hashes: uint64 [N, words]. Exact, in N blocks of N rows: quadratic time, linear memory.
    """
    pairs: list[tuple[int, int]] = []
    for first in range(len(hashes) - 1):
        distances = np.bitwise_count(hashes[first + 1 :] ^ hashes[first]).sum(axis=1)
        near = np.flatnonzero(distances <= max_distance)
        pairs += [(first, first + 1 + int(second)) for second in near]
    return pairs


def connected(names: Sequence[str], ties: Iterable[Sequence[int]]) -> list[str]:
    """The group of each picture: the smallest name among all that ties connect it with.

    names: one a picture, unique. ties: sets of indices into names.
    """
    parent = list(range(len(names)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for tie in ties:
        first, *rest = tie
        for other in rest:
            a, b = sorted((root(first), root(other)), key=lambda index: names[index])
            parent[b] = a
    return [names[root(index)] for index in range(len(names))]


def assign_splits(
    members: Sequence[Member],
    *,
    external: Iterable[str],
    test: int | float,
    val: float,
    seed: int,
) -> dict[str, str]:
    """The split of each group.

    external: sources that are only tested on. test: pictures of each class, or their fraction.
    val: fraction of what test leaves. Whole groups fill test, smallest first and spread over the
    sources; then val likewise by chance order. The order of `members` does not matter.
    Raises SplitError if test cannot be filled or a class is missing from train or val.
    """
    outside = frozenset(external)
    groups: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        groups[member.group].append(member)
    # A group that reaches into an external source is external as a whole.
    splits = {
        name: EXTERNAL
        for name, inside in groups.items()
        if any(member.source in outside for member in inside)
    }
    own = {name: inside for name, inside in groups.items() if name not in splits}
    total = Counter(member.label for inside in own.values() for member in inside)
    _demand_both(total, "outside the external sources", outside)

    wanted: dict[str, int] = {
        label: test if isinstance(test, int) else round(test * total[label]) for label in LABELS
    }
    order = _spread(own, seed)
    in_test = _fill(own, sorted(order, key=lambda name: len(own[name])), wanted)
    filled = Counter(member.label for name in in_test for member in own[name])
    for label in LABELS:
        if filled[label] < wanted[label]:
            raise SplitError(
                f"split.test asks for {wanted[label]} {label} pictures, but whole groups of the "
                f"{total[label]} in hand fill {filled[label]} at the most; set split.test to "
                f"{min(filled.values())} or add pictures"
            )

    rest = [name for name in order if name not in in_test]
    left = {label: total[label] - filled[label] for label in LABELS}
    in_val = _fill(own, rest, {label: round(val * left[label]) for label in LABELS}, nearest=True)
    for name in own:
        splits[name] = TEST if name in in_test else VAL if name in in_val else TRAIN
    for split in (TRAIN, VAL):
        counts = Counter(m.label for name in own if splits[name] == split for m in own[name])
        _demand_both(counts, f"for {split} after test took {sum(filled.values())}", outside)
    return splits


def check(members: Sequence[Member], split_of: Mapping[str, str], external: Iterable[str]) -> None:
    """Reads a finished split with fresh eyes. Raises SplitError if a rule is broken.

    split_of: picture -> split. Each picture has one split, no group has two, external sources are
    in `external` alone, and every split in use has both classes.
    """
    missing = {member.picture for member in members} ^ set(split_of)
    if missing:
        raise SplitError(f"{len(missing)} pictures, {min(missing)} first, stand in one table only")
    of_group: dict[str, str] = {}
    outside = frozenset(external)
    for member in members:
        split = split_of[member.picture]
        if of_group.setdefault(member.group, split) != split:
            raise SplitError(
                f"group {member.group} is in {of_group[member.group]} and in {split}: a leak"
            )
        if member.source in outside and split != EXTERNAL:
            raise SplitError(f"{member.picture} of external source {member.source} is in {split}")
    for split in (TRAIN, VAL, TEST):
        present = {member.label for member in members if split_of[member.picture] == split}
        if present and present != set(LABELS):
            raise SplitError(f"{split} holds only {present.pop()} pictures")


def _spread(groups: Mapping[str, Sequence[Member]], seed: int) -> list[str]:
    """All groups by chance, yet each beginning has its share of every class and source."""
    strata: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, inside in groups.items():
        first = min(inside, key=lambda member: member.picture)
        strata[first.label, first.source].append(name)

    def chance(name: str) -> str:
        return hashlib.sha256(f"{seed} {name}".encode("utf-8", "surrogateescape")).hexdigest()

    place = {}
    for names in strata.values():
        for rank, name in enumerate(sorted(names, key=chance)):
            place[name] = (rank + 0.5) / len(names)
    return sorted(place, key=lambda name: (place[name], chance(name)))


def _fill(
    groups: Mapping[str, Sequence[Member]],
    order: Iterable[str],
    wanted: Mapping[str, int],
    *,
    nearest: bool = False,
) -> set[str]:
    """The groups, taken in order, that fit without overfilling a class.

    nearest: a group that overfills is taken too, if that comes nearer to what is wanted.
    """
    room = Counter(wanted)
    taken = set()
    for name in order:
        needs = Counter(member.label for member in groups[name])
        if all(needs[label] <= room[label] * (2 if nearest else 1) for label in needs):
            room -= needs
            taken.add(name)
    return taken


def _demand_both(counts: Mapping[str, int], where: str, outside: frozenset[str]) -> None:
    for label in LABELS:
        if not counts.get(label):
            apart = f" (external: {', '.join(sorted(outside))})" if outside else ""
            raise SplitError(
                f"no {label} picture is left {where}{apart}; add pictures or lower split.test"
            )
