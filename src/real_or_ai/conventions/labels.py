"""The two classes, the verdicts, the splits and the views of a picture: their one home."""

from typing import Literal, get_args

Label = Literal["real", "ai"]
LABELS: tuple[Label, Label] = ("real", "ai")  # a label is an index: 0 real, 1 ai, the positive
REAL, AI = 0, 1

Decision = Literal["real", "ai", "unsure"]
UNSURE: Decision = "unsure"

TRAIN, VAL, TEST, EXTERNAL = "train", "val", "test", "external"
SPLITS = (TRAIN, VAL, TEST, EXTERNAL)
HELD_OUT = (VAL, TEST, EXTERNAL)
LEFT_OUT = "left_out"  # copies of test and external pictures: no stage looks at them

ORIGINAL = "original"
Copy = Literal["flip", "rotate", "crop", "noise"]
COPIES: tuple[Copy, ...] = get_args(Copy)  # of each picture, with prepare.protocol: paper
