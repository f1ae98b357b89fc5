"""Stage `sample`: draws the embedded data set into a folder of raw pictures."""

import sys
from pathlib import Path

from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.outputs import replacing
from real_or_ai.conventions.params import load
from real_or_ai.pictures.parallel import in_order
from real_or_ai.stages.sample import SampleParams, plan


def run(folder: Path, params: SampleParams) -> None:
    """Draws `params.pictures` raw files into `folder`, as `<source>/<class>/...`."""
    drawings = plan.plan(params.pictures, params.seed)
    with replacing(folder) as temporary:
        for name, data in in_order(plan.draw, drawings, "sample"):
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


if __name__ == "__main__":
    with told_in_one_sentence():
        run(Path(sys.argv[1]), load(SampleParams, "sample"))
