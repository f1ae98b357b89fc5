"""A detector file: pixels in, scores out, and all it needs to know about itself.

Only onnxruntime runs here: no torch, no pickle. What evaluation measures is what people use.
"""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from pydantic import ValidationError

from real_or_ai.conventions.errors import DetectorError
from real_or_ai.conventions.labels import AI, LABELS, REAL, UNSURE, Decision, Label
from real_or_ai.detector_file.description import METADATA_KEY, Description

PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")  # the first there is
BATCH = 64  # pictures a run; bounds memory


class Session:
    """A loaded detector. Raises DetectorError if the file is missing, damaged or not ours.

    threads: of one run, 0 for all cores; runs may come from many threads at once.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        if not path.is_file():
            raise DetectorError(f"{path}: no such detector file; correct its path")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # errors only: optimiser notes are not for people
        available = onnxruntime.get_available_providers()
        providers = [name for name in PROVIDERS if name in available]
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=providers)
            self.metadata: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
            self.description = Description.model_validate_json(self.metadata[METADATA_KEY])
        except (KeyError, ValidationError) as error:
            raise DetectorError(f"{path}: an ONNX file, but not a detector of ours") from error
        except Exception as error:  # onnxruntime's own errors share no narrower base
            raise DetectorError(
                f"{path}: damaged, or no ONNX file; get it anew from where it came from"
            ) from error

    def outputs(
        self, pixels: NDArray[np.uint8], rows: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The graph's own scores [N] and logits [N] for delivered pixels [N, size, size, 3].

        rows: those that are meant, all by default; of mapped pixels only a batch is in memory.
        """
        empty = np.zeros(0, np.float32)
        parts = [(empty, empty)]
        chosen = np.arange(len(pixels)) if rows is None else rows
        for start in range(0, len(chosen), BATCH):
            batch = np.ascontiguousarray(pixels[chosen[start : start + BATCH]])
            parts.append(tuple(self._session.run(["score", "logit"], {"pixels": batch})))
        scores, logits = zip(*parts, strict=True)
        return np.concatenate(scores), np.concatenate(logits)

    def logits(
        self, pixels: NDArray[np.uint8], rows: NDArray[np.int64] | None = None
    ) -> NDArray[np.float64]:
        """Log odds [N] of ai against real; rows: as `outputs` takes them."""
        return self.outputs(pixels, rows)[1].astype(np.float64)

    def raw_logits(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """The network's own logits [N] behind calibrated ones [N]."""
        fitted = self.description.calibration
        return logits if fitted is None else fitted.raw(logits)

    def calls(self, scores: NDArray[np.float64]) -> list[Label]:
        """`real` or `ai` for each score, by the detector's threshold: what it says if it must."""
        return [LABELS[AI if score >= self.description.threshold else REAL] for score in scores]

    def verdicts(self, scores: NDArray[np.float64]) -> list[Decision]:
        """`real`, `ai` or `unsure` for each score; unsure where nothing was promised."""
        unsure = self.description.unsure
        return [UNSURE] * len(scores) if unsure is None else unsure.decisions(scores)


def score_of(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores [N] in [0, 1], higher for ai, from logits [N]; probabilities only once calibrated.

    The logistic function in float64: the graph's own float32 makes ties of all beyond 17.
    """
    return np.exp(-np.logaddexp(0, -logits))
