"""Stage `robustness`: how every detector bears what happens to pictures on their way.

One stage for all detectors: opening and perturbing a picture takes the time, and is done once.
"""

import sys
from pathlib import Path

from real_or_ai.conventions import tables
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import EXTERNAL, TEST
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load
from real_or_ai.detector_file.session import Session
from real_or_ai.registry import DETECTORS
from real_or_ai.stages.robustness import RobustnessParams, plotted
from real_or_ai.stages.robustness.under_change import all_logits, measured, subset


def run(
    models: Path,
    prepared: Path,
    split_csv: Path,
    metrics_json: Path,
    plots: Path,
    *,
    params: RobustnessParams,
) -> None:
    """Writes what every detector keeps of its AUC and calls under each perturbation, and plots it.

    models: a folder with <model>.onnx. A split with one class alone is left out.
    """
    detectors = {name: Session(models / f"{name}.onnx") for name in DETECTORS}
    split = tables.read(split_csv)
    numbers: dict[str, dict[str, dict[str, dict[str, float]]]] = {name: {} for name in detectors}
    for held_out in (TEST, EXTERNAL):
        rows = subset(split[split["split"] == held_out], params.pictures)
        if rows.empty:  # no source is external
            continue
        if rows["label"].nunique() < 2:
            print(f"{held_out}: does not hold both classes, so it has no ROC AUC to lose: left out")
            continue
        logits = all_logits(list(rows["picture"]), prepared, detectors, params.seed)
        for (name, detector), of_model in zip(detectors.items(), logits, strict=True):
            threshold = detector.description.threshold
            numbers[name][held_out] = measured(rows, of_model, threshold, params.seed)
    write_json(metrics_json, numbers)
    table = plotted.tabulated(numbers)
    with replacing(plots) as temporary:
        temporary.mkdir()
        table.to_csv(temporary / "robustness.csv", index=False, lineterminator="\n")
        plotted.draw(temporary, table)


if __name__ == "__main__":
    with told_in_one_sentence():
        run(*map(Path, sys.argv[1:]), params=load(RobustnessParams, "robustness"))
