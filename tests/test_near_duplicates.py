import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from real_or_ai.stages.split import near_duplicates
from real_or_ai.stages.split.near_duplicates import connected


def hashes_of(kind: str, rows: int, words: int, distance: int, seed: int = 0) -> np.ndarray:
    """uint64 [rows, words], of which some are near each other unless kind is random."""
    chance = np.random.default_rng(seed)
    bits = chance.random((rows, 64 * words)) < (0.15 if kind == "biased" else 0.5)
    if kind == "planted":  # pairs, half of them one bit too far apart
        bits[1::2] = bits[::2][: rows // 2]
        for row in range(1, rows, 2):
            bits[row, chance.permutation(64 * words)[: distance + row // 2 % 2]] ^= True
    if kind == "clustered":
        bits = bits[chance.integers(0, max(1, rows // 20), rows)]
        bits ^= chance.random(bits.shape) < distance / bits.shape[1]
    if kind == "dense":  # most rows near all others
        bits[rows // 5 :] = bits[0] ^ (chance.random(bits[rows // 5 :].shape) < 0.3 / words / 64)
    if kind == "repeated":
        bits = bits[chance.integers(0, 1 + rows // 3, rows) // 2]
    return np.packbits(bits, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def links_of_all_pairs(hashes: np.ndarray, distance: int) -> np.ndarray:
    """What `links` returns, by comparing all pairs."""
    first = np.arange(len(hashes))
    for row, own in enumerate(hashes):
        near = np.flatnonzero(np.bitwise_count(hashes[:row] ^ own).sum(axis=1) <= distance)
        joined = np.isin(first, first[near])
        joined[row] = True
        first[joined] = first[joined].min()
    other = np.flatnonzero(first != np.arange(len(hashes)))
    return np.stack([first[other], other], axis=1)


def test_near_duplicates_link_the_first_row_with_those_it_reaches():
    hashes = np.random.default_rng(0).integers(0, 2**63, size=(40, 4), dtype=np.uint64)
    hashes[7] = hashes[3] ^ np.array([0b111, 0, 0, 1], np.uint64)  # four bits away
    hashes[2] = hashes[7] ^ np.array([0, 0b1111, 0, 0], np.uint64)
    hashes[30] = hashes[20]
    assert near_duplicates.links(hashes, 4).tolist() == [[2, 3], [2, 7], [20, 30]]
    assert near_duplicates.links(hashes, 3).tolist() == [[20, 30]]
    assert near_duplicates.links(hashes, 256).tolist() == [[0, other] for other in range(1, 40)]


@pytest.mark.parametrize("rows", [0, 1])
def test_fewer_than_two_hashes_have_no_near_duplicates(rows):
    assert near_duplicates.links(np.zeros((rows, 4), np.uint64), 24).shape == (0, 2)


KINDS = ["random", "planted", "clustered", "dense", "repeated", "biased"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("words", "distance"), [(1, 6), (4, 24)])
def test_many_near_duplicates_are_those_of_all_pairs(kind, words, distance):
    hashes = hashes_of(kind, 3000, words, distance)
    if kind in ("random", "planted"):
        assert len(near_duplicates._masks(hashes, distance)) > 1
    found = near_duplicates.links(hashes, distance)
    np.testing.assert_array_equal(found, links_of_all_pairs(hashes, distance))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    kind=st.sampled_from(KINDS),
    rows=st.integers(2, 80),
    words=st.integers(1, 4),
    distance=st.integers(0, 30),
    agreeing=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_any_blocks_find_the_near_duplicates_of_all_pairs(
    kind, rows, words, distance, agreeing, seed
):
    hashes = hashes_of(kind, rows, words, distance, seed)
    with pytest.MonkeyPatch.context() as patch:
        # As if few rows were many, and comparing them so slow that about `agreeing` blocks pay.
        patch.setattr(near_duplicates, "_SAMPLE", 1)
        patch.setattr(near_duplicates, "_PAIR", 10 ** (2 + agreeing))
        patch.setattr(near_duplicates, "_CHUNK", 7)
        found = near_duplicates.links(hashes, distance)
    np.testing.assert_array_equal(found, links_of_all_pairs(hashes, distance))


@settings(derandomize=True, deadline=None, max_examples=40)
@given(distance=st.integers(0, 6), extra=st.integers(1, 3), seed=st.integers(0, 99))
def test_near_rows_agree_in_all_bits_of_a_mask(distance, extra, seed):
    chance = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_duplicates, "_SAMPLE", 1)
        patch.setattr(near_duplicates, "_PAIR", 10 ** (2 + extra))
        masks = near_duplicates._masks(hashes_of("random", 60, 1, 0, seed), distance)
    difference = sum(1 << bit for bit in chance.sample(range(64), distance))
    assert any(int(mask[0]) & difference == 0 for mask in masks)


def test_ties_connect_through_each_other():
    names = ["d", "c", "b", "a", "e"]
    assert connected(names, np.array([(0, 1), (1, 2), (4, 4)])) == [
        "b",
        "b",
        "b",
        "a",
        "e",
    ]
    assert connected(names, np.array([(3, 0), (3, 4), (1, 2)])) == [
        "a",
        "b",
        "b",
        "a",
        "a",
    ]
    assert connected(names, np.empty((0, 2), np.int64)) == names
