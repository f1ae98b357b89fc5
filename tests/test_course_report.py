"""The report's figures once more, as its tables print them: percent and shares, row by row."""

from dataclasses import asdict

import pytest

from real_or_ai.registry import DETECTORS
from real_or_ai.stages.compare import course_report

# Accuracy in percent, precision, recall, F1; then the loss, which only validation has.
PRINTED = {
    "val": {
        "lenet5": "87.56 0.876 0.875 0.875 0.51",
        "cnn": "89.76 0.8976 0.8974 0.8974 0.294",
        "svm": "95 0.94 0.95 0.94 -",
    },
    "test": {
        "lenet5": "62 0.62 0.62 0.62 -",
        "cnn": "72 0.72 0.72 0.72 -",
        "svm": "80 0.85 0.73 0.79 -",
    },
    "external": {
        "lenet5": "56 0.56 0.56 0.55 -",
        "cnn": "50 0.5 0.5 0.5 -",
        "svm": "54 0.55 0.46 0.5 -",
    },
}


@pytest.mark.parametrize("split", PRINTED)
def test_every_figure_is_the_reports(split):
    assert set(course_report.REPORTED) == set(PRINTED)
    assert set(course_report.REPORTED[split]) == set(PRINTED[split])
    for model, printed in PRINTED[split].items():
        percent, *others, loss = printed.split()
        figures = course_report.REPORTED[split][model]
        assert figures == {
            "accuracy_at_half": pytest.approx(float(percent) / 100),
            "loss": None if loss == "-" else float(loss),
            **dict(
                zip(
                    ("precision_at_half", "recall_at_half", "f1_at_half"),
                    map(float, others),
                    strict=True,
                )
            ),
        }


def test_every_count_is_the_reports():
    """975 raw pictures, 929 clean ones; its test sets are of 30 and 35 a class."""
    both = {**course_report.SPLIT, "raw": course_report.RAW, "clean": course_report.CLEAN}
    assert {name: " and ".join(map(str, one.values())) for name, one in both.items()} == {
        "train and val": "400 and 469",
        "test": "30 and 30",
        "external": "35 and 35",
        "raw": "436 and 539",
        "clean": "430 and 499",
    }
    assert all(list(one) == ["real", "ai"] for one in both.values())
    assert sum(course_report.CLEAN.values()) == 929
    for label, count in course_report.CLEAN.items():
        own = course_report.SPLIT
        assert own["train and val"][label] + own["test"][label] == count


def test_averages_are_those_that_the_report_gives():
    """Weighted means for the networks, of the real class for the SVM."""
    averages = {name: asdict(row)["average"] for name, row in DETECTORS.items()}
    reported = {name: averages[name] for name in PRINTED["val"]}
    assert reported == {"lenet5": "weighted", "cnn": "weighted", "svm": "real"}
