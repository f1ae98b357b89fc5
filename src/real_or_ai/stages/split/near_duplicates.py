"""Near-duplicates by their perceptual hashes, and groups of what links connect.

The search is exact and takes linear memory: a million hashes are searched in seconds.
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Of the search of near-duplicates: they decide how it goes, never what it finds.
_TABLE, _ROW, _PAIR = 300_000, 60, 5  # nanoseconds for each, measured on one core
_SAMPLE = 2048  # rows to choose by, and so few that all pairs are compared
_TRIALS = 16  # tables to choose by
_CHUNK = 1 << 15  # rows compared at a time, within the cache
_KEEP = 0.6  # share of rows with comparisons left, below which the others are dropped
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio (Knuth, TAOCP 3, 6.4)


def links(hashes: NDArray[np.uint64], max_distance: int) -> NDArray[np.int64]:
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


def components(size: int, linked: NDArray[np.int64]) -> NDArray[np.int32]:
    """The connected component of each of `size` nodes, int32 [size]. linked: [P, 2] of nodes."""
    graph = coo_array((np.ones(len(linked)), (linked[:, 0], linked[:, 1])), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1])


def connected(names: Sequence[str], linked: NDArray[np.int64]) -> list[str]:
    """The group of each picture: the smallest name among all that links connect it with.

    names: one a picture, unique. linked: [P, 2] of indices into names.
    """
    component = components(len(names), linked).tolist()
    smallest: dict[int, str] = {}
    for own, name in zip(component, names, strict=True):
        smallest[own] = min(name, smallest.get(own, name))
    return [smallest[own] for own in component]


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
