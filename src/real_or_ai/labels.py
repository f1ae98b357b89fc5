"""The two classes, the verdicts and the four splits: their one home."""

from typing import Literal

Label = Literal["real", "ai"]
LABELS: tuple[Label, Label] = ("real", "ai")  # a label is an index: 0 real, 1 ai, the positive
REAL, AI = 0, 1

Verdict = Literal["real", "ai", "unsure"]
UNSURE: Verdict = "unsure"

TRAIN, VAL, TEST, EXTERNAL = "train", "val", "test", "external"
SPLITS = (TRAIN, VAL, TEST, EXTERNAL)
HELD_OUT = (VAL, TEST, EXTERNAL)
