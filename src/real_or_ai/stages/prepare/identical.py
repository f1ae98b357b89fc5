"""Pixel-identical pictures: one of each set is kept, none if both classes claim it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from real_or_ai.conventions.tables import PreparedRow, RejectedRow
from real_or_ai.stages.prepare.raw_file import Outcome, Prepared
from real_or_ai.stages.prepare.raw_folder import RawFile


def suspects(outcomes: Iterable[Outcome]) -> list[PreparedRow]:
    """The pictures that share their size and perceptual hash with others: identical ones do."""
    ones = list(_prepared(outcomes))
    counts = Counter(map(_look, ones))
    return [one.row for one in ones if counts[_look(one)] > 1]


def settle(
    outcomes: Mapping[RawFile, Outcome], digests: Mapping[str, str]
) -> tuple[list[Prepared], list[RejectedRow]]:
    """One of each set of pixel-identical pictures; none if both classes claim it.

    The one that is kept remembers the files of the others, so that it ties together what they
    were tied to. A raw file that loses all its pictures is rejected; one that keeps a tile is not.
    digests: by picture, of the pixels of all `suspects`.
    """

    def pixels(one: Prepared) -> str:
        return digests.get(one.row.picture, one.row.picture)

    copies: dict[str, list[Prepared]] = defaultdict(list)
    for one in _prepared(outcomes.values()):
        copies[pixels(one)].append(one)
    kept, disputed = {}, set()
    for key, same in copies.items():
        if len({one.row.label for one in same}) > 1:
            disputed.add(key)
        else:
            files = {one.row.raw: None for one in same}  # in order, each once
            kept[key] = replace(same[0], copies=tuple(files)[1:])

    refused = []
    for file, outcome in outcomes.items():
        if isinstance(outcome, RejectedRow):
            refused.append(outcome)
        elif any(pixels(one) in kept and kept[pixels(one)].row is one.row for one in outcome):
            continue
        elif any(pixels(one) in disputed for one in outcome):
            detail = "the same pixels stand under real and under ai; a person must settle it"
            refused.append(file.rejected("in both classes", detail))
        else:
            same_as = kept[pixels(outcome[0])].row.raw
            refused.append(file.rejected("copy", f"the same pixels as {same_as}"))
    return list(kept.values()), refused


def collapsed_tiles(outcomes: Iterable[Outcome], kept: list[Prepared]) -> Counter[str]:
    """How many tiles of each raw file went because others have the same pixels."""
    tiles = Counter(one.row.raw for one in _prepared(outcomes))
    tiles.subtract(one.row.raw for one in kept)
    return tiles


def _prepared(outcomes: Iterable[Outcome]) -> Iterator[Prepared]:
    for outcome in outcomes:
        if not isinstance(outcome, RejectedRow):
            yield from outcome


def _look(one: Prepared) -> tuple[object, ...]:
    return one.row.phash, one.row.width, one.row.height
