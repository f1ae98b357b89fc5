"""What a detector file costs who uses it: bytes, numbers, and time a picture."""

import math
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from real_or_ai.detector_file.session import Session

_REAL = {onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE}


@dataclass(frozen=True)
class Cost:
    """bytes: of the file. weights: numbers that it learnt. milliseconds: a picture, one core."""

    bytes: int
    weights: int
    milliseconds: float

    def __str__(self) -> str:
        return (
            f"{self.bytes / 1e6:.1f} MB, {self.weights / 1e6:.2f} million numbers, "
            f"{self.milliseconds:.0f} ms a picture on one core"
        )


def measured(path: Path, runs: int = 5) -> Cost:
    """The cost of a detector file; milliseconds: the median of `runs`, from delivered pixels on."""
    session = Session(path, threads=1)
    size = session.description.size
    pixels = np.random.default_rng(0).integers(0, 255, (1, size, size, 3), np.uint8)
    session.outputs(pixels)
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        session.outputs(pixels)
        seconds.append(time.perf_counter() - begun)
    weights = sum(
        math.prod(tensor.dims)
        for tensor in onnx.load(path).graph.initializer
        if tensor.data_type in _REAL
    )
    return Cost(path.stat().st_size, weights, 1000 * statistics.median(seconds))
