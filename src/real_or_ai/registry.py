"""The detectors that are compared, a row each: reports, cards, plots, benchmarks and tests read it.

The first line of dvc.yaml names the same ones for its matrices, which a test holds to this.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Row:
    """A detector.

    average: which one the course report gives of precision, recall and F1: weighted by the size of
    the classes, or that of real alone. trained: by the stage `train`, from networks/<name>.py.
    """

    name: str
    title: str
    average: Literal["weighted", "real"]
    trained: bool = True


_ROWS = (
    Row("lenet5", "LeNet-5", "weighted"),
    Row("cnn", "CNN", "weighted"),
    Row("svm", "SVM", "real", trained=False),
)
DETECTORS = {row.name: row for row in _ROWS}
TITLES = {row.name: row.title for row in _ROWS}
NETWORKS = tuple(row.name for row in _ROWS if row.trained)
