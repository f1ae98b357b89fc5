"""The directories of a TIFF file: which pictures stand in it, and where its bytes end.

By hand, as Pillow copies every value of a directory that it reads, and reads none within others.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

WIDTH, HEIGHT, PHOTOMETRIC = 256, 257, 262
STEPS = 40_000  # entries and numbers that are looked at
_DIRECTORY = 16  # steps: what one costs without any
_WITHIN = (330, 34665, 34853, 40965)  # smaller pictures, EXIF, place, interoperability
# Where parts of the picture stand, and how long each is: strips, tiles, an old JPEG.
_PARTS = ((273, 279), (324, 325), (513, 514))
_WANTED = {WIDTH, HEIGHT, PHOTOMETRIC, *_WITHIN, *(tag for pair in _PARTS for tag in pair)}
_LENGTHS = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_WHOLE = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
# Two more than the standard's: Pillow opens those whose second half is turned round.
_CLASSIC = {b"II*\0": "<", b"MM\0*": ">", b"II\0*": "<", b"MM*\0": ">"}
_BIG = {b"II+\0": "<", b"MM\0+": ">"}


@dataclass
class Directory:
    """The numbers of the wanted tags, and behind the last byte that the directory speaks of."""

    end: int
    following: int = 0  # where the next page's is
    steps: int = _DIRECTORY  # that it took
    numbers: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def number(self, tag: int) -> int:
        """The first of a tag; 0 without it."""
        return self.numbers.get(tag, (0,))[0]

    @property
    def pixels(self) -> int:
        return self.number(WIDTH) * self.number(HEIGHT)


def read(data: bytes) -> Iterator[Directory]:
    """Page after page with what is within it, each once; none if `data` is no TIFF. Never raises.

    What is damaged, or more than STEPS, is left out.
    """
    big = data[:4] in _BIG
    order = (_BIG if big else _CLASSIC).get(data[:4])
    if order is None or len(data) < 16:
        return
    waiting = list(struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4))
    seen, left = {0}, STEPS
    while waiting and left > 0:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        directory = _directory(data, at, order, big=big, most=left)
        left -= directory.steps
        yield directory
        within = [offset for tag in _WITHIN for offset in directory.numbers.get(tag, ())]
        waiting += [directory.following, *reversed(within)]


def _directory(data: bytes, at: int, order: str, *, big: bool, most: int) -> Directory:
    """The directory at a place, as far as it is there; `most`: as STEPS."""
    place, step, form, room = ("Q", 20, "HHQ", 8) if big else ("I", 12, "HHI", 4)
    at_entries = at + (8 if big else 2)
    if at_entries > len(data):
        return Directory(0)
    (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, at)
    count = min(count, (len(data) - at_entries) // step, most)
    after = at_entries + count * step
    directory = Directory(after, steps=_DIRECTORY + count)
    if after + room <= len(data):
        (directory.following,) = struct.unpack_from(order + place, data, after)
        directory.end = after + room
    for entry in range(at_entries, after, step):
        tag, kind, number = struct.unpack_from(order + form, data, entry)
        length, value = number * _LENGTHS.get(kind, 1), entry + step - room
        if length > room:
            (value,) = struct.unpack_from(order + place, data, value)
            directory.end = max(directory.end, value + length)
        if tag not in _WANTED or kind not in _WHOLE or not 0 < length <= len(data) - value:
            continue
        number = min(number, most - directory.steps)
        if number > 0:
            directory.steps += number
            directory.numbers[tag] = struct.unpack_from(
                f"{order}{number}{_WHOLE[kind]}", data, value
            )
    for places, lengths in _PARTS:
        parts = (directory.numbers.get(tag, ()) for tag in (places, lengths))
        directory.end = max([directory.end, *map(sum, zip(*parts, strict=False))])
    return directory
