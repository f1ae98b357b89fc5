"""Stage `split`: a group and a split for every picture, and counts of what became of all."""

import sys
from pathlib import Path

from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import SplitError
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import ORIGINAL
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load, load_value
from real_or_ai.conventions.sections import Protocol
from real_or_ai.conventions.tables import SplitRow
from real_or_ai.stages.split import SplitParams, splitting
from real_or_ai.stages.split.grouping import grouped
from real_or_ai.stages.split.tallied import counts


def run(
    prepared: Path, split_csv: Path, data_json: Path, params: SplitParams, protocol: Protocol
) -> None:
    """Writes split.csv, in the manifest's order, and counts of raw, rejected and split pictures.

    protocol: `grouped` keeps groups whole; `paper`, the report's, cuts them between train and val.
    The written table is read back and checked; SplitError if it breaks a rule.
    """
    pictures = tables.read(prepared / "manifest.csv")
    members = grouped(pictures, params.max_distance)
    _name_absent_sources(params.external, {member.source for member in members})
    originals = [member for member in members if member.view == ORIGINAL]
    try:
        of_group = splitting.assign_splits(
            originals, external=params.external, test=params.test, val=params.val, seed=params.seed
        )
    except SplitError as error:
        raise SplitError(f"{prepared}: {error}") from error
    if protocol == "paper":
        splits = splitting.assign_pictures(members, of_group, val=params.val, seed=params.seed)
    else:
        splits = {member.picture: of_group[member.group] for member in members}
    with replacing(split_csv) as temporary:
        drawn = (pictures["drawn"] == tables.YES).to_list()
        rows = (
            SplitRow(**vars(member), split=splits[member.picture], drawn=one)
            for member, one in zip(members, drawn, strict=True)
        )
        tables.write(temporary, SplitRow, rows)
        written = tables.read_rows(temporary, SplitRow)
        splitting.check_written(written, members, external=params.external, protocol=protocol)
        split = tables.read(temporary)
    rejected = tables.read(prepared / "rejected.csv")
    write_json(data_json, counts(pictures, rejected, split))


def _name_absent_sources(external: tuple[str, ...], sources: set[str]) -> None:
    absent = [name for name in external if name not in sources]
    if absent:
        print(
            f"split.external names {', '.join(absent)}, which the data lacks; it has "
            f"{', '.join(sorted(sources))}"
        )


if __name__ == "__main__":
    with told_in_one_sentence():
        prepared, split_csv, data_json = map(Path, sys.argv[1:])
        run(
            prepared,
            split_csv,
            data_json,
            load(SplitParams, "split"),
            load_value(Protocol, "prepare.protocol"),
        )
