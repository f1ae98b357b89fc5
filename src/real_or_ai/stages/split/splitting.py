"""Groups of pictures that belong together, and splits that never cut through a group.

The report's protocol does cut, between train and val: see `assign_pictures`.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from real_or_ai.conventions.errors import SplitError
from real_or_ai.conventions.labels import (
    EXTERNAL,
    LABELS,
    LEFT_OUT,
    ORIGINAL,
    SPLITS,
    TEST,
    TRAIN,
    VAL,
)
from real_or_ai.conventions.sections import Protocol
from real_or_ai.conventions.tables import SplitRow


@dataclass(frozen=True)
class Member:
    """A picture as splitting sees it."""

    picture: str
    label: str
    source: str
    group: str
    view: str = ORIGINAL


Groups = Mapping[str, Sequence[Member]]  # name -> its pictures
Key = TypeVar("Key", bound=Hashable)


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
    val: fraction of what test leaves, as near as whole groups come. Each class, source and size of
    group gives its share to test and to val, for what holds of one population holds of no other;
    test is met to the picture if it is a number.
    The order of `members` does not matter.
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
    strata = Counter(_stratum(member) for inside in own.values() for member in inside)
    total = _by_label(strata)
    _demand_both(total, "outside the external sources", outside)

    order = _spread(own, seed)
    wanted: dict[str, int] = {
        label: test if isinstance(test, int) else round(test * total[label]) for label in LABELS
    }
    in_test = _fill(own, order, _shares(strata, wanted), _stratum)
    room = Counter(wanted)
    room.subtract(_by_label(_count(own, in_test)))
    by_size = sorted(own.keys() - in_test, key=lambda name: (len(own[name]), order.index(name)))
    in_test |= _fill(own, by_size, room, _label)  # the small ones fit into what is left
    if isinstance(test, int) and _by_label(_count(own, in_test)) != Counter(wanted):
        in_test = _fill_exactly(own, order, wanted)

    rest = [name for name in order if name not in in_test]
    in_val = _fill_val(own, rest, val)
    for name in own:
        splits[name] = TEST if name in in_test else VAL if name in in_val else TRAIN
    for split in (TRAIN, VAL, TEST):
        counts = _by_label(_count(own, [name for name in own if splits[name] == split]))
        _demand_both(counts, f"for {split}, of which test wants {sum(wanted.values())}", outside)
    return splits


def assign_pictures(
    members: Sequence[Member], split_of_group: Mapping[str, str], *, val: float, seed: int
) -> dict[str, str]:
    """The split of each picture in the report's protocol, which leaks from train into val.

    split_of_group: by `assign_splits` of the originals. Test and external keep the originals; their
    copies are left out. All other pictures, copies too, are drawn anew for train and val, one by
    one, whatever group they are of.
    """
    splits: dict[str, str] = {}
    pool: dict[str, list[Member]] = {}
    for member in members:
        split = split_of_group[member.group]
        if split in (TRAIN, VAL):
            # Not the bare name: test took first those whose names come early by chance.
            pool[f"alone {member.picture}"] = [member]
        else:
            splits[member.picture] = split if member.view == ORIGINAL else LEFT_OUT
    in_val = _fill_val(pool, _spread(pool, seed), val)
    for name, (member,) in pool.items():
        splits[member.picture] = VAL if name in in_val else TRAIN
    return splits


def check(
    members: Sequence[Member],
    split_of: Mapping[str, str],
    *,
    external: Iterable[str],
    protocol: Protocol,
) -> None:
    """Reads a finished split with fresh eyes. Raises SplitError if a rule is broken.

    split_of: picture -> split. Each picture has one split, no group has two, external sources are
    in `external` alone, and every split in use has both classes. `grouped` knows no copies; in
    `paper`, train and val count as one place, and copies are left out of the others.
    """
    missing = {member.picture for member in members} ^ set(split_of)
    if missing:
        raise SplitError(f"{len(missing)} pictures, {min(missing)} first, stand in one table only")
    of_group: dict[str, str] = {}
    left_out: list[Member] = []
    outside = frozenset(external)
    for member in members:
        split = split_of[member.picture]
        if split not in _allowed(member, protocol):
            raise SplitError(f"{member.picture}, view {member.view}, is in {split}: {protocol}")
        place = "train or val" if protocol == "paper" and split in (TRAIN, VAL) else split
        if split == LEFT_OUT:
            left_out.append(member)
        elif of_group.setdefault(member.group, place) != place:
            raise SplitError(
                f"group {member.group} is in {of_group[member.group]} and in {place}: a leak"
            )
        if member.source in outside and split not in (EXTERNAL, LEFT_OUT):
            raise SplitError(f"{member.picture} of external source {member.source} is in {split}")
    for member in left_out:
        if of_group.get(member.group) not in (TEST, EXTERNAL):
            raise SplitError(f"{member.picture} is left out, but not as a copy of a tested picture")
    for split in (TRAIN, VAL, TEST):
        present = {member.label for member in members if split_of[member.picture] == split}
        if present and present != set(LABELS):
            raise SplitError(f"{split} holds only {present.pop()} pictures")


def check_written(
    written: Sequence[SplitRow],
    members: Sequence[Member],
    *,
    external: Iterable[str],
    protocol: Protocol,
) -> None:
    """Raises SplitError unless the table as read back has these members and breaks no rule."""
    read_back = [Member(row.picture, row.label, row.source, row.group, row.view) for row in written]
    if read_back != list(members):
        raise SplitError("split.csv does not hold what was written to it")
    split_of = {row.picture: row.split for row in written}
    check(read_back, split_of, external=external, protocol=protocol)


def _allowed(member: Member, protocol: Protocol) -> tuple[str, ...]:
    """The splits that a picture may be in, whatever the others are in."""
    if member.view == ORIGINAL:
        return SPLITS
    return (TRAIN, VAL, LEFT_OUT) if protocol == "paper" else ()


def _label(member: Member) -> str:
    return member.label


def _stratum(member: Member) -> tuple[str, str]:
    return member.label, member.source


def _count(groups: Groups, names: Iterable[str]) -> Counter[tuple[str, str]]:
    """Pictures of each class and source in the named groups."""
    return Counter(_stratum(member) for name in names for member in groups[name])


def _by_label(strata: Mapping[tuple[str, str], int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for (label, _), count in strata.items():
        counts[label] += count
    return counts


def _shares(
    strata: Mapping[tuple[str, str], int], wanted: Mapping[str, int]
) -> dict[tuple[str, str], int]:
    """What each source gives to a class's wanted count, in proportion, by largest remainders."""
    total = _by_label(strata)
    exact = {key: wanted[key[0]] * count / total[key[0]] for key, count in sorted(strata.items())}
    shares = {key: int(share) for key, share in exact.items()}
    for label in wanted:
        own = sorted((key for key in exact if key[0] == label), key=lambda k: shares[k] - exact[k])
        missing = wanted[label] - sum(shares[key] for key in own)
        for key in own[:missing]:
            shares[key] += 1
    return shares


def _spread(groups: Groups, seed: int) -> list[str]:
    """All groups by chance, yet each beginning has its share of every class, source and size.

    Sizes are told apart by powers of two. A systematic sample of each stratum, begun by chance, so
    that a stratum of one group is as likely as any other to be in a beginning.
    """
    strata: dict[tuple[tuple[str, str], int], list[str]] = defaultdict(list)
    for name, inside in groups.items():
        first = min(inside, key=lambda member: member.picture)
        strata[_stratum(first), len(inside).bit_length()].append(name)

    def chance(name: str) -> float:
        drawn = hashlib.sha256(f"{seed} {name}".encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(drawn[:7]) / 2**56

    place = {}
    for stratum, names in strata.items():
        begun = chance(f"stratum {stratum}")
        for rank, name in enumerate(sorted(names, key=chance)):
            place[name] = (rank + begun) / len(names)
    return sorted(place, key=lambda name: (place[name], chance(name)))


def _fill(
    groups: Groups,
    order: Iterable[str],
    wanted: Mapping[Key, int],
    kind: Callable[[Member], Key],
    *,
    nearest: bool = False,
) -> set[str]:
    """The groups, taken in order, that fit without overfilling what is wanted of any kind.

    nearest: a group that overfills is taken too, if that comes nearer to what is wanted.
    """
    room = Counter(wanted)
    taken = set()
    for name in order:
        needs = Counter(kind(member) for member in groups[name])
        if all(needs[key] <= room[key] * (2 if nearest else 1) for key in needs):
            room -= needs
            taken.add(name)
    return taken


def _fill_val(groups: Groups, order: list[str], val: float) -> set[str]:
    """Of the groups in `order`, those that make about the share `val` of each class and source."""
    left = _count(groups, order)
    shares = _shares(left, {label: round(val * _by_label(left)[label]) for label in LABELS})
    return _fill(groups, order, shares, _stratum, nearest=True)


def _fill_exactly(groups: Groups, order: list[str], wanted: Mapping[str, int]) -> set[str]:
    """Groups of one class each that make up the wanted counts to the picture, early ones first.

    For where taking them in order comes out short: three single pictures and grids of four make 30
    only with two of the three.

    Subset sums over the groups' sizes. Raises SplitError that names the nearest size that works.
    """
    reached: dict[str, dict[int, tuple[str, int]]] = {}
    for label in wanted:
        own = [name for name in order if {member.label for member in groups[name]} == {label}]
        reached[label] = _sums([(name, len(groups[name])) for name in own], 2 * wanted[label])
    taken: set[str] = set()
    for label, count in wanted.items():
        if count not in reached[label]:
            both = set.intersection(*(set(sums) for sums in reached.values()))
            nearest = min(both, key=lambda size: (abs(size - count), size), default=None)
            advice = f"set split.test to {nearest} or add" if nearest else "add"
            total = sum(member.label == label for inside in groups.values() for member in inside)
            raise SplitError(
                f"split.test asks for {count} {label} pictures, which no whole groups of the "
                f"{total} in hand make up; {advice} pictures"
            )
        left = count
        while left:
            name, left = reached[label][left]
            taken.add(name)
    return taken


def _sums(sizes: list[tuple[str, int]], limit: int) -> dict[int, tuple[str, int]]:
    """Each sum up to limit that some of the sizes make -> (the last name taken, the sum before)."""
    found: dict[int, tuple[str, int]] = {}
    for name, size in sizes:
        for before in sorted([0, *found], reverse=True):
            if before + size <= limit:
                found.setdefault(before + size, (name, before))
    return found


def _demand_both(counts: Mapping[str, int], where: str, outside: frozenset[str]) -> None:
    for label in LABELS:
        if not counts.get(label):
            apart = f" (external: {', '.join(sorted(outside))})" if outside else ""
            raise SplitError(
                f"no {label} picture is left {where}{apart}; add pictures or lower split.test"
            )
