"""Where a detector calls rightly and where not: by source, generator, format and size."""

import numpy as np
import pandas as pd

from real_or_ai.statistics import intervals

SIZES = (0, 256, 512, 1024, np.inf)  # px
SIZE_NAMES = ("below 256", "256 to 511", "512 to 1023", "1024 and more")


def breakdown(scored: pd.DataFrame, pictures: pd.DataFrame) -> pd.DataFrame:
    """Share called rightly, its interval and n, by split and class, and by each thing in turn.

    pictures: the manifest. The things: source, generator, raw format, short side in px.
    """
    facts = pictures.set_index("picture").loc[scored["picture"]].reset_index(drop=True)
    short = facts[["width", "height"]].min(axis=1)
    by = {
        "source": facts["source"],
        "generator": facts["generator"],
        "format": facts["raw_format"],
        "short side": pd.cut(short, SIZES, right=False, labels=SIZE_NAMES).astype(str),
    }
    rows = []
    table = scored.reset_index(drop=True)
    table["right"] = table["label"] == table["called"]
    for thing, values in by.items():
        for (split, value, label), part in table.groupby(["split", values, "label"], sort=True):
            if value == "":  # real pictures have no generator
                continue
            right, groups = part["right"].to_numpy(), part["group"].to_numpy()
            share = intervals.share("called_rightly", right, groups)
            named = {"split": split, "by": thing, "value": value, "label": label}
            rows.append({**named, "n": len(part), **share})
    return pd.DataFrame(rows)
