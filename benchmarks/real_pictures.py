"""Remakes benchmarks/real_pictures: what `real-or-ai campaign` finds on public collections.

    make real-pictures RAW=FOLDER       # FOLDER: genai-bench, ai-or-not, gengap; about half an hour

Runs here, in the workspace, which is then as it was. The tables tell their commit in made.json, so
that all code must be committed; `--dirty`, for a try, says there that it is not. Where a run fails
there is no made.json, and `git restore benchmarks/real_pictures` brings back what was there.
"""

import argparse
from pathlib import Path

from benchmarks import measuring
from benchmarks.measuring import ROOT
from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.experiments import made
from real_or_ai.experiments.set_params import quoted
from real_or_ai.registry import NETWORKS

INTO = Path("benchmarks/real_pictures")
DATA = "photographs and AI pictures of public collections"
# Besides the raw folder; all else is params.yaml's. One training of each network: the tables are of
# the detectors that are shipped, and three of each take twice the time.
CHANGES = {
    "split.external": "[gengap]",
    **{f"train.{network}.seeds": "[1]" for network in NETWORKS},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("raw", nargs="?", default="", help="the folder of the raw pictures")
    parser.add_argument("--dirty", action="store_true", help="though not all code is committed")
    asked = parser.parse_args()
    with told_in_one_sentence():
        remake(asked.raw, dirty=asked.dirty)


def remake(raw: str, *, dirty: bool) -> None:
    """Raises UserError without a raw folder, for a tree that is not clean, and as `campaign`."""
    if not raw:
        raise UserError(
            "RAW is not given: the folder of the public collections, which are not part of this "
            "repository; make real-pictures RAW=FOLDER"
        )
    if not (ROOT / raw).is_dir():
        raise UserError(f"RAW={raw}: no such folder; give that of the public collections")
    differing = made.code(ROOT).differing
    if differing and not dirty:
        named = ", ".join(differing[:3]) + (", ..." if len(differing) > 3 else "")
        raise UserError(
            f"not as in the last commit, which the tables are to name: {named}; commit that first "
            "(to try without: python -m benchmarks.real_pictures FOLDER --dirty)"
        )
    from real_or_ai.experiments import campaign  # pandas and matplotlib are slow to import

    found = campaign.run({"prepare.raw": quoted(raw), **CHANGES}, INTO, DATA)
    measuring.write(f"{INTO.name}/made", found)


if __name__ == "__main__":
    main()
