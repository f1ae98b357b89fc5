"""The .onnx file of a detector as a thing to write: its graph, its calibration, its description."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from real_or_ai.detector_file.description import METADATA_KEY, Calibration, Description

PARITY = 1e-3  # between a file's number and the one it was made from, relative if above 1
PARITY_OF_HALF = 5e-2  # the same where the file's weights are rounded to half precision
_FEWEST = 256  # numbers of a tensor that is worth rounding


def write(
    model: onnx.ModelProto,
    path: Path,
    description: Description,
    more: Mapping[str, str] | None = None,
) -> None:
    """Writes the graph and its description, the same bytes for the same of both.

    more: further metadata by name.
    """
    strip(model)
    helper.set_model_props(model, {METADATA_KEY: description.model_dump_json()} | dict(more or {}))
    path.write_bytes(model.SerializeToString(deterministic=True))


def calibrate(model: onnx.ModelProto, fitted: Calibration) -> None:
    """Puts slope and intercept behind the graph's own logit; `score` follows from the new one.

    The outputs keep their names, `score` and `logit`.
    """
    nodes = model.graph.node
    (sigmoid,) = [node for node in nodes if list(node.output) == ["score"]]
    nodes.remove(sigmoid)
    for node in nodes:
        node.output[:] = ["raw_logit" if name == "logit" else name for name in node.output]
    model.graph.initializer.extend(
        helper.make_tensor(f"calibration.{name}", TensorProto.FLOAT, [], [value])
        for name, value in (("slope", fitted.slope), ("intercept", fitted.intercept))
    )
    nodes.extend(_platt_nodes())


def halve(model: onnx.ModelProto) -> None:
    """Stores matrices and filters in half precision: the file is half as large, the sums are not.

    They become float32 or float64 again when a session opens. Vectors stay as they are: they take
    little, and a deviation that rounds to nothing would be divided by.
    """
    casts = []
    for tensor in model.graph.initializer:
        kind, name = tensor.data_type, tensor.name
        precise = kind in (TensorProto.FLOAT, TensorProto.DOUBLE)
        if precise and len(tensor.dims) > 1 and math.prod(tensor.dims) >= _FEWEST:
            rounded = numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(rounded, f"{name}.half"))
            casts.append(helper.make_node("Cast", [tensor.name], [name], to=kind))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def demand_parity(
    found: NDArray[np.floating], expected: NDArray[np.float64], most: float = PARITY
) -> None:
    """Raises RuntimeError if what a file computes [N] is not what it was made from [N]."""
    difference = float((np.abs(found - expected) / np.maximum(1, np.abs(expected))).max())
    if not difference <= most:
        raise RuntimeError(f"the detector file differs from its original by {difference:g}")


def _platt_nodes() -> list[NodeProto]:
    return [
        helper.make_node("Mul", ["raw_logit", "calibration.slope"], ["scaled_logit"]),
        helper.make_node("Add", ["scaled_logit", "calibration.intercept"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["score"]),
    ]


def strip(model: onnx.ModelProto) -> None:
    """Removes the exporter's notes, which hold source paths of this machine."""
    for graph in _graphs(model.graph):
        for item in [graph, *graph.node, *graph.input, *graph.output, *graph.value_info]:
            _clear(item)
        for tensor in graph.initializer:
            _clear(tensor)
    for function in model.functions:
        for item in [function, *function.node, *function.value_info]:
            _clear(item)
    _clear(model)


def _graphs(graph: onnx.GraphProto) -> Iterable[onnx.GraphProto]:
    """A graph and all graphs in its nodes' attributes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs]:
                if inner.node:
                    yield from _graphs(inner)


def _clear(item: object) -> None:
    for field in ("metadata_props", "doc_string"):
        if hasattr(item, field):
            item.ClearField(field)  # type: ignore[attr-defined]
