"""Detector files small enough to reason about, made without training."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from PIL import Image

from real_or_ai.detector_file import graph
from real_or_ai.detector_file.description import Calibration, Description, Unsure

SIDE = 48
CUE = (slice(8, 16), slice(30, 38))  # rows and columns of the delivered square
WEIGHT = 0.1  # of the cue's mean red, less 100, in the logit


def describe(**changes: object) -> Description:
    """Calibrated, and unsure between 0.4 and 0.6."""
    fields = {
        "model": "cue",
        "drawn": False,
        "size": SIDE,
        "input_size": SIDE,
        "delivery": None,
        "calibration": Calibration(slope=1, intercept=0, n=40),
        "unsure": Unsure(alpha=0.1, real_above=0.6, ai_below=0.4),
        "params": {},
        "data": "",
    }
    return Description(**(fields | changes))


def write(
    path: Path,
    description: Description,
    more: dict[str, str] | None = None,
    *,
    channel: int = 0,
) -> Path:
    """A detector whose logit is WEIGHT times the mean red of the CUE, less 100.

    channel: that it looks at; 1 and 2 are green and blue.
    """
    outputs = ("score", "logit")
    rows, columns = CUE
    constants = {
        "starts": ([2], [rows.start, columns.start]),
        "ends": ([2], [rows.stop, columns.stop]),
        "axes": ([2], [1, 2]),
        "channel": ([], [channel]),
    }
    onnx_graph = helper.make_graph(
        [
            helper.make_node("Cast", ["pixels"], ["x"], to=TensorProto.FLOAT),
            helper.make_node("Slice", ["x", "starts", "ends", "axes"], ["cue"]),
            helper.make_node("Gather", ["cue", "channel"], ["values"], axis=3),
            helper.make_node("ReduceMean", ["values", "axes"], ["mean"], keepdims=0),
            helper.make_node("Sub", ["mean", "hundred"], ["above"]),
            helper.make_node("Mul", ["above", "weight"], ["logit"]),
            helper.make_node("Sigmoid", ["logit"], ["score"]),
        ],
        "cue",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in outputs],
        [
            *(
                helper.make_tensor(name, TensorProto.INT64, shape, values)
                for name, (shape, values) in constants.items()
            ),
            helper.make_tensor("hundred", TensorProto.FLOAT, [], [100]),
            helper.make_tensor("weight", TensorProto.FLOAT, [], [WEIGHT]),
        ],
    )
    model = helper.make_model(
        onnx_graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10
    )
    onnx.checker.check_model(model, full_check=True)
    graph.write(model, path, description, more)
    return path


def planted(value: int) -> Image.Image:
    """Mid-gray noise, and where the detector looks, a red of this value."""
    pixels = np.random.default_rng(1).integers(90, 110, (SIDE, SIDE, 3), dtype=np.uint8)
    pixels[(*CUE, 0)] = value
    return Image.fromarray(pixels)
