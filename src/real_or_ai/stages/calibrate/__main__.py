"""Stage `calibrate`: a detector's scores become probabilities, and it learns to say unsure.

Everything is fitted on val, which also chose the networks' epoch: what is promised is slightly
optimistic, and holds for pictures like val's. Or on sources that were left out of training in turn,
by what was trained without them: that holds for further sources as far as these are like them.
`evaluate` says on test and external pictures what became of it.
"""

import sys
from pathlib import Path

import numpy as np
import onnx

from real_or_ai.conventions import tables
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.labels import VAL
from real_or_ai.conventions.outputs import replacing, write_json
from real_or_ai.conventions.params import load
from real_or_ai.detector_file import graph
from real_or_ai.detector_file.description import Calibration, Description
from real_or_ai.detector_file.session import Session, score_of
from real_or_ai.stages.calibrate import CalibrateParams, fitted_on
from real_or_ai.stages.calibrate.cuts import best_threshold, unsure_cuts
from real_or_ai.stages.calibrate.platt import fit_platt


def run(
    uncalibrated: Path,
    pixels_npy: Path,
    split_csv: Path,
    turns_csv: Path,
    calibrated: Path,
    metrics_json: Path,
    *,
    params: CalibrateParams,
) -> None:
    """Writes the detector file again with Platt's scaling in its graph and its cuts beside it.

    Into `metrics_json` goes what was fitted. Raises SplitError if what it is fitted on lacks a
    class.
    """
    detector = Session(uncalibrated)
    split = tables.read(split_csv)
    val = split[split["split"] == VAL]
    pixels, in_val = np.load(pixels_npy, mmap_mode="r"), val.index.to_numpy()
    of_val = detector.logits(pixels, in_val)
    on = fitted_on.choose(val, of_val, tables.read(turns_csv))
    platt = fit_platt(on.logits, on.labels)
    fitted = Calibration(
        slope=platt.slope, intercept=platt.intercept, n=len(on.labels), left_out=on.left_out
    )
    description = detector.description.model_copy(update={"calibration": fitted})
    model = onnx.load(uncalibrated)
    graph.calibrate(model, fitted)
    with replacing(calibrated) as temporary:
        graph.write(model, temporary, description)
        # Cuts on val are scores of its pictures, so they are taken as the file itself gives them.
        logits = Session(temporary).logits(pixels, in_val)
        graph.demand_parity(logits, platt.logits(of_val))
        scores = score_of(platt.logits(on.logits) if on.left_out else logits)
        unsure = unsure_cuts(scores, on.labels, on.units, params.alpha)
        description = description.model_copy(
            update={"threshold": best_threshold(scores, on.labels), "unsure": unsure}
        )
        graph.write(model, temporary, description)
    write_json(metrics_json, _fitted(description))
    if platt.flat:
        print(f"{description.model}: on {on.name} a higher score is no sign of ai; it says little")
    if unsure is None:
        print(
            f"{description.model}: {on.name} has too few {on.unit}s of a class for calibrate.alpha "
            f"{params.alpha:g}; nothing will be decided"
        )


def _fitted(description: Description) -> dict[str, float]:
    """What DVC shows of the fit; without the cuts where nothing can be decided."""
    assert description.calibration is not None
    fitted = description.calibration.model_dump(exclude={"left_out"})
    fitted |= {"threshold": description.threshold}
    return fitted | (description.unsure.model_dump() if description.unsure else {})


if __name__ == "__main__":
    with told_in_one_sentence():
        run(*map(Path, sys.argv[1:]), params=load(CalibrateParams, "calibrate"))
