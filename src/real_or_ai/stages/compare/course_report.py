"""The figures of the course report that this repository reproduces.

"AI Generated vs Real Images Classification", M. Sidiropoulos, NCSR Demokritos. Accuracies are
shares here; precision, recall and F1 are weighted means for the networks and of the real class
for the SVM. None stands where the report gives no figure.
"""

Figures = dict[str, float | None]


def _row(
    accuracy: float, loss: float | None, precision: float, recall: float, f1: float
) -> Figures:
    return {  # it calls at 0.5
        "accuracy_at_half": accuracy,
        "loss": loss,
        "precision_at_half": precision,
        "recall_at_half": recall,
        "f1_at_half": f1,
    }


# The SVM's validation figures are means over folds; deviations: 0.0, 0.02, 0.01, 0.0.
REPORTED: dict[str, dict[str, Figures]] = {
    "val": {
        "lenet5": _row(0.8756, 0.51, 0.876, 0.875, 0.875),
        "cnn": _row(0.8976, 0.294, 0.8976, 0.8974, 0.8974),
        "svm": _row(0.95, None, 0.94, 0.95, 0.94),
    },
    "test": {
        "lenet5": _row(0.62, None, 0.62, 0.62, 0.62),
        "cnn": _row(0.72, None, 0.72, 0.72, 0.72),
        "svm": _row(0.80, None, 0.85, 0.73, 0.79),
    },
    "external": {
        "lenet5": _row(0.56, None, 0.56, 0.56, 0.55),
        "cnn": _row(0.50, None, 0.5, 0.5, 0.5),
        "svm": _row(0.54, None, 0.55, 0.46, 0.5),
    },
}

# Pictures, real and ai.
RAW = {"real": 436, "ai": 539}
CLEAN = {"real": 430, "ai": 499}
SPLIT = {
    "train and val": {"real": 400, "ai": 469},
    "test": {"real": 30, "ai": 30},
    "external": {"real": 35, "ai": 35},
}
