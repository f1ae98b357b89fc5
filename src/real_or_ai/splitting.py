"""Groups of pictures that belong together, and splits that never cut through a group.

The report's protocol does cut, between train and val: see `assign_pictures`.
"""

import hashlib
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from real_or_ai.errors import SplitError
from real_or_ai.labels import EXTERNAL, LABELS, LEFT_OUT, ORIGINAL, SPLITS, TEST, TRAIN, VAL
from real_or_ai.params.prepare import Protocol


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

# Of the search of near-duplicates: they decide how it goes, never what it finds.
_TABLE, _ROW, _PAIR = 300_000, 60, 5  # nanoseconds for each, measured on one core
_SAMPLE = 2048  # rows to choose by, and so few that all pairs are compared
_TRIALS = 16  # tables to choose by
_CHUNK = 1 << 15  # rows compared at a time, within the cache
_KEEP = 0.6  # share of rows with comparisons left, below which the others are dropped
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio (Knuth, TAOCP 3, 6.4)


def near_duplicates(hashes: NDArray[np.uint64], max_distance: int) -> NDArray[np.int64]:
    """Links of the rows that pairs at most `max_distance` bits apart connect, int64 [P, 2].

    Not all those pairs, but links with the same connected components: the first row of each
    component with each of its others, in the order of the others.

    hashes: uint64 [N, words]. Exact, in linear memory. Cut into max_distance + k blocks of bits,
    two such rows agree in k blocks at least; so for each choice of k, rows are sorted by those bits
    and compared where they agree (Manku, Jain & Das Sarma 2007, Detecting Near-Duplicates for Web
    Crawling). Identical rows are compared once, and rows that links connect already not again.
    """
    if not len(hashes):
        return np.empty((0, 2), np.int64)
    identical, rows = _identical(hashes)
    search = _Search(hashes[rows], max_distance)
    for mask in _masks(hashes[rows], max_distance):
        search.compare(mask)
    component = components(len(hashes), np.concatenate([identical, rows[search.links()]]))
    _, first, inverse = np.unique(component, return_index=True, return_inverse=True)
    other = np.flatnonzero(first[inverse] != np.arange(len(hashes)))
    return np.stack([first[inverse[other]], other], axis=1)


def components(size: int, links: NDArray[np.int64]) -> NDArray[np.int32]:
    """The connected component of each of `size` nodes, int32 [size]. links: [P, 2] of nodes."""
    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1])


def connected(names: Sequence[str], links: NDArray[np.int64]) -> list[str]:
    """The group of each picture: the smallest name among all that links connect it with.

    names: one a picture, unique. links: [P, 2] of indices into names.
    """
    component = components(len(names), links).tolist()
    smallest: dict[int, str] = {}
    for own, name in zip(component, names, strict=True):
        smallest[own] = min(name, smallest.get(own, name))
    return [smallest[own] for own in component]


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
    val: fraction of what test leaves, as near as whole groups come. Each class and source gives
    its share; test takes the smallest groups of each first, and to the picture if it is a number.
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
    by_size = sorted(order, key=lambda name: len(own[name]))
    wanted: dict[str, int] = {
        label: test if isinstance(test, int) else round(test * total[label]) for label in LABELS
    }
    in_test = _fill(own, by_size, _shares(strata, wanted), _stratum)
    room = Counter(wanted)
    room.subtract(_by_label(_count(own, in_test)))
    in_test |= _fill(own, [name for name in by_size if name not in in_test], room, _label)
    if isinstance(test, int) and _by_label(_count(own, in_test)) != Counter(wanted):
        in_test = _fill_exactly(own, by_size, wanted)

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


def _allowed(member: Member, protocol: Protocol) -> tuple[str, ...]:
    """The splits that a picture may be in, whatever the others are in."""
    if member.view == ORIGINAL:
        return SPLITS
    return (TRAIN, VAL, LEFT_OUT) if protocol == "paper" else ()


class _Search:
    """Distinct rows, sorted by the components found so far, the largest first."""

    def __init__(self, hashes: NDArray[np.uint64], max_distance: int) -> None:
        """hashes: uint64 [N, words]."""
        self.columns = np.ascontiguousarray(hashes.T)
        self.max_distance = max_distance
        self.row = np.arange(len(hashes))  # of `hashes`, for each position
        self.component = np.arange(len(hashes))
        self.found: list[NDArray[np.int64]] = []  # links of positions

    def links(self) -> NDArray[np.int64]:
        """Each row with the next of its component, int64 [P, 2] of rows of `hashes`."""
        self._merge()
        return self.row[self._chain()]

    def compare(self, mask: NDArray[np.uint64]) -> None:
        """Links the near rows among those that agree in all bits of mask, uint64 [words]."""
        while not self._compared(mask):
            self._merge()

    def _compared(self, mask: NDArray[np.uint64]) -> bool:
        """False if links became so many that to merge and start again is less work."""
        size = len(self.row)
        low = np.uint64((1 << size.bit_length()) - 1)
        keyed = np.sort((_mixed(self.columns, mask) & ~low) | np.arange(size, dtype=np.uint64))
        position = (keyed & low).astype(np.int64)
        key, component = keyed & ~low, self.component[position]
        ends = _ends(key[1:] != key[:-1])
        others = np.minimum(ends, _ends(component[1:] != component[:-1]))

        # Each row with those from `other` to `end`, which agree with it and are not linked yet.
        row = np.flatnonzero(others < ends)
        other, end = others[row], ends[row]
        left = len(row) - np.cumsum(np.bincount(end - other))  # rows, after so many steps
        column = self.columns[0, position]
        own = column[row]
        links = sum(map(len, self.found))
        for step in range(1, len(left)):
            for start in range(0, len(row), _CHUNK):
                chunk = slice(start, start + _CHUNK)
                bits = np.bitwise_count(own[chunk] ^ column.take(other[chunk], mode="clip"))
                hits = start + np.flatnonzero(bits <= self.max_distance)
                if len(hits):
                    hits = hits[other[hits] < end[hits]]
                    near = self._near(position[np.stack([row[hits], other[hits]], axis=1)])
                    links += len(near)
                    self.found.append(near)
            if links > size:
                return False
            other += 1
            if left[step] < _KEEP * len(row):
                kept = other < end
                row, other, end, own = row[kept], other[kept], end[kept], own[kept]
        return True

    def _near(self, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of the pairs of positions, [P, 2], that are near."""
        differing = self.columns[:, pairs[:, 0]] ^ self.columns[:, pairs[:, 1]]
        near = np.bitwise_count(differing).sum(axis=0) <= self.max_distance
        return np.asarray(pairs[near])

    def _chain(self) -> NDArray[np.int64]:
        """Each position with the next of its component, int64 [P, 2]."""
        place = np.flatnonzero(self.component[1:] == self.component[:-1])
        return np.stack([place, place + 1], axis=1)

    def _merge(self) -> None:
        component = components(len(self.row), np.concatenate([self._chain(), *self.found]))
        order = np.lexsort((component, -np.bincount(component)[component]))
        self.columns = self.columns[:, order]
        self.row = self.row[order]
        self.component = component[order].astype(np.int64)
        self.found = []


def _identical(hashes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Links [P, 2] of each row with the first that is identical, and those first rows [D]."""
    order = np.lexsort(hashes.T)
    new = np.ones(len(hashes), bool)
    new[1:] = (hashes[order[1:]] != hashes[order[:-1]]).any(axis=1)
    first = order[new][np.cumsum(new) - 1]
    return np.stack([first[~new], order[~new]], axis=1), np.sort(order[new])


def _masks(hashes: NDArray[np.uint64], max_distance: int) -> list[NDArray[np.uint64]]:
    """Sets of bits, uint64 [words] each: any two near rows agree in all bits of one of them.

    The cheapest by an estimate from a sample of the rows; for few rows one empty set: all pairs.
    """
    size, words = hashes.shape
    best, cost = [np.zeros(words, np.uint64)], _cost(1, size, 1.0)
    if size <= _SAMPLE:
        return best
    sample = hashes[:: size // _SAMPLE]
    search = _Search(sample, max_distance)
    search.compare(best[0])
    sample = np.delete(sample, search.links()[:, 1], axis=0)  # as linked rows are not compared

    bits = np.unpackbits(sample.astype("<u8").view(np.uint8), axis=1, bitorder="little")
    telling = np.argsort(np.abs(bits.mean(axis=0) - 0.5), kind="stable").tolist()
    for agreeing in range(1, 64 * words - max_distance + 1):
        count = max_distance + agreeing
        tables = math.comb(count, agreeing)
        if _cost(tables, size, 0.0) >= cost:
            break
        blocks = np.zeros((count, words), np.uint64)
        for place, bit in enumerate(telling):
            blocks[place % count, bit // 64] |= np.uint64(1 << bit % 64)
        chosen = itertools.combinations(range(count), agreeing)
        masks = [np.bitwise_or.reduce(blocks[list(some)]) for some in chosen]
        trials = masks[:: max(1, tables // _TRIALS)]
        equal = sum(_equal(sample, mask) for mask in trials) / len(trials)
        if _cost(tables, size, equal) < cost:
            best, cost = masks, _cost(tables, size, equal)
    return best


def _cost(tables: int, size: int, equal: float) -> float:
    """Nanoseconds, roughly. equal: share of the pairs of rows that agree in a table's bits."""
    return tables * (_TABLE + size * _ROW + size * size / 2 * equal * _PAIR)


def _equal(hashes: NDArray[np.uint64], mask: NDArray[np.uint64]) -> float:
    """The share of the pairs of rows that agree in all bits of mask."""
    _, counts = np.unique(_mixed(hashes.T, mask), return_counts=True)
    return float((counts * (counts - 1)).sum() / len(hashes) ** 2)


def _mixed(columns: NDArray[np.uint64], mask: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A number for each row, uint64 [N], that the masked bits alone decide, spread evenly."""
    mixed = np.zeros(columns.shape[1], np.uint64)
    for column, bits in zip(columns, mask, strict=True):
        mixed ^= column & bits
        mixed *= _ODD
        mixed ^= mixed >> np.uint64(32)
    mixed *= _ODD
    return mixed


def _ends(new: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The end of the run that each of N places is in, int64 [N]. new: [N - 1], a run ends here."""
    ends = np.append(np.flatnonzero(new) + 1, len(new) + 1)
    return np.repeat(ends, np.diff(ends, prepend=0))


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
    """All groups by chance, yet each beginning has its share of every class and source."""
    strata: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, inside in groups.items():
        strata[_stratum(min(inside, key=lambda member: member.picture))].append(name)

    def chance(name: str) -> str:
        return hashlib.sha256(f"{seed} {name}".encode("utf-8", "surrogateescape")).hexdigest()

    place = {}
    for names in strata.values():
        for rank, name in enumerate(sorted(names, key=chance)):
            place[name] = (rank + 0.5) / len(names)
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
    """Groups of one class each that make up the wanted counts to the picture, small ones first.

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
