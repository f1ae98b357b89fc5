"""The directories of a TIFF file: which pictures stand in it, and where its bytes end.

By hand, as Pillow copies every value of a directory that it reads, and reads none within others.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

WIDTH, HEIGHT, PHOTOMETRIC = 256, 257, 262
ENTRIES = 100_000  # looked at in all
_WITHIN = (330, 34665, 34853, 40965)  # smaller pictures, EXIF, place, interoperability
# Where parts of the picture stand, and how long each is: strips, tiles, an old JPEG.
_PARTS = ((273, 279), (324, 325), (513, 514))
_WANTED = {WIDTH, HEIGHT, PHOTOMETRIC, *_WITHIN, *(tag for pair in _PARTS for tag in pair)}
_LENGTHS = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_WHOLE = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


@dataclass
class Directory:
    """The numbers of the wanted tags, and behind the last byte that the directory speaks of."""

    end: int
    numbers: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def number(self, tag: int) -> int:
        """The first of a tag; 0 without it."""
        return self.numbers.get(tag, (0,))[0]

    @property
    def pixels(self) -> int:
        return self.number(WIDTH) * self.number(HEIGHT)


def read(data: bytes) -> Iterator[Directory]:
    """Page after page with what is within it, each once; none if `data` is no TIFF. Never raises.

    What is damaged or too much is left out.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 16:
        return
    version = struct.unpack_from(order + "H", data, 2)[0]
    if version not in (42, 43):
        return
    big = version == 43
    waiting = list(struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4))
    seen, left = {0}, ENTRIES
    while waiting and left > 0:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        left -= 1
        found = _directory(data, at, order, big=big, most=left)
        if found is None:
            continue
        directory, count, following = found
        left -= count
        yield directory
        within = [offset for tag in _WITHIN for offset in directory.numbers.get(tag, ())]
        waiting += [following, *reversed(within)]


def _directory(
    data: bytes, at: int, order: str, *, big: bool, most: int
) -> tuple[Directory, int, int] | None:
    """The directory at a place, its number of entries, and where the following page's is."""
    try:
        (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, at)
        at += 8 if big else 2
        step, form, room = (20, order + "HHQ", 8) if big else (12, order + "HHI", 4)
        after = at + count * step
        if count > most:
            return None
        (following,) = struct.unpack_from(order + ("Q" if big else "I"), data, after)
    except struct.error:
        return None
    directory = Directory(after + room)
    for entry in range(at, after, step):
        tag, kind, number = struct.unpack_from(form, data, entry)
        length, value = number * _LENGTHS.get(kind, 1), entry + step - room
        if length > room:
            (value,) = struct.unpack_from(order + ("Q" if big else "I"), data, value)
            directory.end = max(directory.end, value + length)
        if tag in _WANTED and tag not in directory.numbers and kind in _WHOLE:
            if 0 < length <= len(data) - value:
                values = struct.unpack_from(f"{order}{number}{_WHOLE[kind]}", data, value)
                directory.numbers[tag] = values
    for places, lengths in _PARTS:
        parts = zip(directory.numbers.get(places, ()), directory.numbers.get(lengths, ()))
        directory.end = max([directory.end, *(place + length for place, length in parts)])
    return directory, count, following
