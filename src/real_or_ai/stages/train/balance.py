"""How often a training draws each picture, where sources are to weigh what they can teach.

A source of one class teaches what it looks like itself: whoever knows the source knows the class.
"""

import pandas as pd

from real_or_ai.conventions.arrays import Floats


def chances(rows: pd.DataFrame) -> Floats:
    """The chance [N] of each row of split.csv to be drawn next; they sum to 1.

    The sources with both classes weigh as much as all others together. Of either kind one class
    weighs as much as the other, of a class one source as much as another, of a source all pictures
    alike.
    """
    classes = rows.groupby("source")["label"].transform("nunique")
    keys = [classes, rows["label"], rows["source"]]
    picture = 1 / rows.groupby(keys)["picture"].transform("size")
    source = 1 / rows.groupby(keys[:2])["source"].transform("nunique")
    label = 1 / rows.groupby(classes)["label"].transform("nunique")
    return (picture * source * label / classes.nunique()).to_numpy()
