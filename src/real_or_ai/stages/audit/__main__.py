"""Stage `audit`: what the train pictures' classes can be told by without looking at them.

It opens the prepared pictures once more, to compare them as found with what decode made of them.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load
from real_or_ai.conventions.sections import DecodeParams
from real_or_ai.stages.audit import AuditParams, measured, nulls, seen, words


def run(
    prepared: Path,
    pixels_npy: Path,
    split_csv: Path,
    metrics_json: Path,
    plots: Path,
    *,
    params: AuditParams,
    decode: DecodeParams,
) -> None:
    """Writes the nulls, their plots and tables, and a verdict in words.

    File facts count once for each raw file, which tiles of one grid share; all else counts for
    each picture. Raises SplitError if train has too few groups, and AuditError, with all outs
    written, if a null is above its limit.
    """
    train = seen.train(prepared, split_csv)
    ones = seen.seen(prepared, np.load(pixels_npy, mmap_mode="r"), train, params, decode.delivery)
    found = ones[words.AS_FOUND]
    numbers = {when: measured.of(one) for when, one in ones.items()}
    from_source = nulls.class_from_source(found.pictures)
    facts = pd.concat(
        nulls.each_fact(one.facts, one.facts_of).assign(when=when) for when, one in ones.items()
    )
    verdict = words.verdict(numbers, facts, from_source)
    print(f"audit: {verdict}")
    write_json(metrics_json, numbers | ({"class_from_source": from_source} if from_source else {}))
    with replacing(plots) as temporary:
        temporary.mkdir()
        (temporary / "verdict.txt").write_text(f"{verdict}\n", encoding="utf-8")
        measured.write_nulls(temporary, numbers)
        measured.write_facts(temporary, facts, found)
    measured.demand_below(params, numbers, facts)


if __name__ == "__main__":
    with told_in_one_sentence():
        run(
            *map(Path, sys.argv[1:]),
            params=load(AuditParams, "audit"),
            decode=load(DecodeParams, "decode"),
        )
