"""What belongs together: pictures of one raw file, copies of one, and what a person ties."""

from collections.abc import Mapping, Set
from dataclasses import replace

from real_or_ai.conventions.tables import PreparedRow
from real_or_ai.stages.prepare.raw_file import Prepared


def tied(
    one: Prepared, groups: Mapping[str, Set[str]], collapsed: Mapping[str, int]
) -> PreparedRow:
    """The manifest's row of a kept picture: it is tied to all that its copies were tied to.

    groups: raw file -> the groups a person put it into. collapsed: raw file -> how many of its
    tiles went because others have the same pixels.
    """
    raws = (one.row.raw, *one.copies)
    named = {group for raw in raws for group in groups.get(raw, ())}
    ties = [f"file {raw}" for raw in raws] + sorted(f"group {group}" for group in named)
    dropped = one.row.dropped_tiles + collapsed[one.row.raw]
    return replace(one.row, ties=tuple(ties), dropped_tiles=dropped)
