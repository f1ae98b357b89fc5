import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from built import lenet5
from conftest import ROOT
from real_or_ai.conventions.sections import Delivery
from real_or_ai.detector_file.description import Description
from real_or_ai.detector_file.session import Session, score_of
from real_or_ai.tensors.export import export

DESCRIPTION = Description(
    model="lenet5",
    drawn=False,
    size=48,
    input_size=32,
    delivery=Delivery(short_side=64, jpeg_quality=85),
    threshold=0.5,
    params={"train": {"lenet5": {"epochs": 1}}},
    data="0" * 64,
)

PROGRAM = """
import numpy as np, torch
from pathlib import Path
from real_or_ai.tensors.export import export
from built import lenet5
from test_export import DESCRIPTION
torch.manual_seed(0)
pixels = np.random.default_rng(0).integers(256, size=(4, 48, 48, 3), dtype=np.uint8)
export(lenet5(), Path("lenet5.onnx"), DESCRIPTION, examples=pixels)
"""


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(256, size=(70, 48, 48, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def two_files(tmp_path_factory) -> list[Path]:
    """The same network exported by the same code from two folders."""
    files = []
    for name in ("here", "there"):
        folder = tmp_path_factory.mktemp(name)
        shutil.copytree(ROOT / "src", folder / "src")
        search = os.pathsep.join([str(folder / "src"), str(ROOT / "tests")])
        environment = os.environ | {"PYTHONPATH": search}
        subprocess.run([sys.executable, "-c", PROGRAM], cwd=folder, env=environment, check=True)
        files.append(folder / "lenet5.onnx")
    return files


def test_two_folders_give_the_same_bytes_without_their_paths(two_files):
    here, there = (file.read_bytes() for file in two_files)
    assert here == there
    for trace in (str(two_files[0].parent), "site-packages", "/src/", ".py"):
        assert trace.encode() not in here


def test_nothing_of_the_exporters_notes_is_left(two_files):
    model = onnx.load(two_files[0])
    items = [model.graph, *model.graph.node, *model.graph.input, *model.graph.output]
    items += [*model.graph.value_info, *model.graph.initializer, *model.functions]
    assert len(items) > 20
    assert not any(item.metadata_props or item.doc_string for item in items)
    assert [entry.key for entry in model.metadata_props] == ["real-or-ai"]
    onnx.checker.check_model(model, full_check=True)


def test_the_file_takes_pixels_and_says_what_it_is(two_files, pixels):
    detector = Session(two_files[0])
    assert detector.description == DESCRIPTION
    torch.manual_seed(0)
    network = lenet5().eval()
    with torch.inference_mode():
        from real_or_ai.tensors.export import Scorer

        expected = Scorer(network, 32).eval()(torch.from_numpy(pixels))
    assert np.abs(detector.logits(pixels) - expected[1].numpy()).max() < 1e-4
    assert np.abs(score_of(detector.logits(pixels)) - expected[0].numpy()).max() < 1e-5
    assert len(score_of(detector.logits(pixels[:0]))) == 0


def test_an_export_that_differs_from_its_original_is_refused(tmp_path, pixels):
    class Constant(nn.Module):
        def forward(self, images):
            return images.mean((1, 2, 3))

    with pytest.raises(RuntimeError, match="differs from its original by"):
        export(
            Constant(), tmp_path / "a.onnx", DESCRIPTION, examples=pixels[:4], expected=np.ones(4)
        )
    assert not list(tmp_path.iterdir())


def test_half_precision_halves_the_file_and_says_nearly_the_same(tmp_path, pixels):
    torch.manual_seed(1)
    network = lenet5().eval()
    whole, half = tmp_path / "whole.onnx", tmp_path / "half.onnx"
    export(network, whole, DESCRIPTION, examples=pixels)
    export(network, half, DESCRIPTION, examples=pixels, half=True)
    assert half.stat().st_size < 0.7 * whole.stat().st_size  # a graph's nodes weigh as much
    with torch.no_grad():
        for values in network.parameters():
            if values.numel() >= 256:
                values.copy_(values.half())
    rounded = tmp_path / "rounded.onnx"
    export(network, rounded, DESCRIPTION, examples=pixels)
    found, expected = (Session(path).outputs(pixels)[1] for path in (half, rounded))
    assert np.allclose(found, expected, atol=1e-5)
    assert not np.array_equal(found, Session(whole).outputs(pixels)[1])
    kinds = {one.data_type for one in onnx.load(half).graph.initializer if one.dims}
    assert onnx.TensorProto.FLOAT16 in kinds
