"""Stage `calibrate`: a detector's scores become probabilities, and it learns to say unsure.

Everything is fitted on val, which also chose the networks' epoch: what is promised is slightly
optimistic. `evaluate` says on test by how much.
"""

import sys
from pathlib import Path

import numpy as np
import onnx

from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import SplitError
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import VAL
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load
from real_or_ai.detector_file import calibration, graph
from real_or_ai.detector_file.description import Calibration, Description, Unsure
from real_or_ai.detector_file.session import Session, score_of
from real_or_ai.stages.calibrate import CalibrateParams


def run(
    uncalibrated: Path,
    pixels_npy: Path,
    split_csv: Path,
    calibrated: Path,
    metrics_json: Path,
    *,
    params: CalibrateParams,
) -> None:
    """Writes the detector file again with Platt's scaling in its graph and its cuts beside it.

    Into `metrics_json` goes what was fitted. Raises SplitError if val lacks a class.
    """
    detector = Session(uncalibrated)
    split = tables.read(split_csv)
    rows = split[split["split"] == VAL]
    labels = tables.label_indices(rows)
    if len(np.unique(labels)) < 2:
        raise SplitError(
            f"{split_csv}: val holds {len(labels)} pictures of one class; calibration needs both: "
            "raise split.val or add pictures"
        )
    pixels, val = np.load(pixels_npy, mmap_mode="r"), rows.index.to_numpy()
    raw = detector.logits(pixels, val)
    platt = calibration.fit_platt(raw, labels)
    fitted = Calibration(slope=platt.slope, intercept=platt.intercept, n=len(labels))
    description = detector.description.model_copy(update={"calibration": fitted})
    model = onnx.load(uncalibrated)
    graph.calibrate(model, platt)
    with replacing(calibrated) as temporary:
        graph.write(model, temporary, description)
        # The cuts are scores of val pictures, so they are taken as the file itself gives them.
        logits = Session(temporary).logits(pixels, val)
        graph.demand_parity(logits, platt.logits(raw))
        scores = score_of(logits)
        cuts = calibration.unsure_cuts(scores, labels, rows["group"].to_numpy(), params.alpha)
        description = description.model_copy(
            update={
                "threshold": calibration.best_threshold(scores, labels),
                "unsure": cuts and Unsure(alpha=params.alpha, **vars(cuts)),
            }
        )
        graph.write(model, temporary, description)
    write_json(metrics_json, _fitted(description))
    if platt.flat:
        print(f"{description.model}: on val a higher score is no sign of ai; its scores say little")
    if cuts is None:
        print(
            f"{description.model}: val has too few groups of a class for calibrate.alpha "
            f"{params.alpha:g}; nothing will be decided"
        )


def _fitted(description: Description) -> dict[str, float]:
    """What DVC shows of the fit; without the cuts where nothing can be decided."""
    assert description.calibration is not None
    fitted = description.calibration.model_dump() | {"threshold": description.threshold}
    return fitted | (description.unsure.model_dump() if description.unsure else {})


if __name__ == "__main__":
    with told_in_one_sentence():
        run(*map(Path, sys.argv[1:]), params=load(CalibrateParams, "calibrate"))
