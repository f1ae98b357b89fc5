"""Tables in Markdown: the one way that reports, cards and pages write them."""

from collections.abc import Iterable, Sequence


def table(headings: Sequence[object], rows: Iterable[Iterable[object]]) -> str:
    """A table, without the end of its last line."""
    lines = [_line(headings), "|---" * len(headings) + "|", *map(_line, rows)]
    return "\n".join(lines)


def _line(cells: Iterable[object]) -> str:
    return "|" + "|".join(f" {cell} " if cell != "" else " " for cell in cells) + "|"
