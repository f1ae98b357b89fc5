"""How often our 95 % intervals hold the truth, as `make coverage` simulated it."""

import numpy as np

TRUTHS = (0.7, 0.9, 0.97)
SIZES = (40, 60, 170)  # pictures, half of either class
GROUP_SIZES = (1, 4)
LOW = 0.93  # under it the output says so
METHODS = {
    "accuracy": "Wilson with design effect",
    "balanced_accuracy": "both classes' Wilson combined",
    "roc_auc": "Newcombe with design effect",
    "f1_ai": "from Wilson with design effect",
    "f1_weighted": "grouped bootstrap",
    "average_precision": "grouped bootstrap",
    "auc_difference": "paired grouped bootstrap",
}
# Metrics with the interval of another.
ALIKE = {
    "accuracy_at_half": "accuracy",
    "recall_weighted": "accuracy",
    "precision_real": "accuracy",
    "precision_ai": "accuracy",
    "recall_real": "accuracy",
    "recall_ai": "accuracy",
    "f1_real": "f1_ai",
    "precision_weighted": "f1_weighted",
}

# docs/coverage.json: a line per group size, by truth, then n.
SIMULATED = {
    "accuracy": (
        "0.939 0.929 0.960 0.938 0.951 0.943 0.970 0.963 0.957 "
        "0.926 0.949 0.939 0.971 0.927 0.948 0.968 0.958 0.968 "
    ),
    "balanced_accuracy": (
        "0.939 0.946 0.961 0.951 0.927 0.950 0.889 0.902 0.925 "
        "0.920 0.944 0.937 0.947 0.944 0.951 0.930 0.922 0.956 "
    ),
    "roc_auc": (
        "0.945 0.950 0.954 0.965 0.959 0.958 0.978 0.969 0.981 "
        "0.918 0.946 0.935 0.976 0.936 0.951 0.977 0.967 0.980 "
    ),
    "f1_ai": (
        "0.973 0.968 0.977 0.960 0.963 0.956 0.970 0.963 0.957 "
        "0.946 0.975 0.978 0.986 0.939 0.964 0.973 0.963 0.978 "
    ),
    "f1_weighted": (
        "0.946 0.946 0.955 0.908 0.941 0.936 0.718 0.821 0.881 "
        "0.898 0.931 0.919 0.844 0.858 0.925 0.590 0.766 0.859 "
    ),
    "average_precision": (
        "0.928 0.945 0.979 0.909 0.927 0.942 0.835 0.879 0.924 "
        "0.946 0.972 0.976 0.868 0.898 0.946 0.729 0.808 0.888 "
    ),
    "auc_difference": (
        "0.954 0.952 0.953 0.954 0.942 0.933 0.973 0.948 0.941 "
        "0.893 0.924 0.942 0.942 0.917 0.934 0.996 0.950 0.922 "
    ),
}


def simulated(metric: str, value: float, *, n: int, groups: int) -> float | None:
    """Coverage simulated nearest to a value of n pictures in so many groups; None if none was.

    value: of auc_difference the mean of the two AUCs. Precision and recall of one class have that
    class's n.
    """
    family = ALIKE.get(metric, metric)
    if family not in SIMULATED:
        return None
    shape = (len(GROUP_SIZES), len(TRUTHS), len(SIZES))
    table = np.array(SIMULATED[family].split(), dtype=float).reshape(shape)
    size = np.abs(np.log(np.array(GROUP_SIZES) * groups / n)).argmin()
    truth = np.abs(np.array(TRUTHS) - value).argmin()
    return float(table[size, truth, np.abs(np.log(np.array(SIZES) / n)).argmin()])
