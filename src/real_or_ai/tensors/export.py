"""Turns a trained network into one self-describing .onnx file and checks that it says the same."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from real_or_ai.conventions.outputs import replacing
from real_or_ai.detector_file import graph
from real_or_ai.detector_file.description import Description
from real_or_ai.detector_file.session import Session, score_of
from real_or_ai.tensors.preprocessing import Preprocessing, to_unit

OPSET = 20


class Scorer(nn.Module):
    """Pixels uint8 [N, H, W, 3] -> (score [N], logit [N]): what a detector file computes.

    network: normalised images [N, 3, size, size] -> logits [N, 2], or log odds [N].
    """

    def __init__(self, network: nn.Module, size: int) -> None:
        super().__init__()
        self.preprocess = Preprocessing(size)
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        outputs = self.network(self.preprocess(to_unit(pixels)))
        logit = outputs[:, 1] - outputs[:, 0] if outputs.dim() == 2 else outputs
        return torch.sigmoid(logit), logit


def export(
    network: nn.Module,
    path: Path,
    description: Description,
    *,
    examples: NDArray[np.uint8],
    expected: NDArray[np.float64] | None = None,
    half: bool = False,
) -> None:
    """Writes the detector file of `network`, the same bytes for the same weights.

    examples: real rows of pixels, uint8 [n, size, size, 3], for the check of parity against
    `expected` logits [n], by default the network's own. half: store the weights in half precision.
    Raises RuntimeError if they differ.
    """
    scorer = Scorer(network.cpu().eval(), description.input_size).eval()
    pixels = torch.from_numpy(np.ascontiguousarray(examples))
    if expected is None:
        with torch.inference_mode():
            expected = scorer(pixels)[1].double().numpy()
    program = torch.onnx.export(
        scorer,
        (pixels[:2],),
        dynamo=True,
        dynamic_shapes={"pixels": {0: torch.export.Dim("n")}},
        input_names=["pixels"],
        output_names=["score", "logit"],
        opset_version=OPSET,
        verbose=False,
    )
    assert program is not None  # None is for the old exporter
    model, most = program.model_proto, graph.PARITY
    if half:
        graph.halve(model)
        most = graph.PARITY_OF_HALF
    with replacing(path) as temporary:
        graph.write(model, temporary, description)
        scores, logits = Session(temporary).outputs(examples)
        graph.demand_parity(logits, expected, most)
        graph.demand_parity(scores, score_of(expected), most)
