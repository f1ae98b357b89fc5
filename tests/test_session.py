import os
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from real_or_ai.conventions.errors import DetectorError
from real_or_ai.detector_file import graph
from real_or_ai.detector_file.description import METADATA_KEY, Calibration, Description, Unsure
from real_or_ai.detector_file.origin import data_digest
from real_or_ai.detector_file.session import Session, score_of


def write_model(path, metadata: dict[str, object]) -> None:
    """A detector whose logit is a picture's mean red less 100."""
    pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", 4, 4, 3])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in ("score", "logit")
    ]
    nodes = [
        helper.make_node("Cast", ["pixels"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("Constant", [], ["zero"], value_int=0),
        helper.make_node("Gather", ["x", "zero"], ["red"], axis=3),
        helper.make_node("Constant", [], ["axes"], value_ints=[1, 2]),
        helper.make_node("ReduceMean", ["red", "axes"], ["mean"], keepdims=0),
        helper.make_node("Constant", [], ["hundred"], value_float=100.0),
        helper.make_node("Sub", ["mean", "hundred"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["score"]),
    ]
    onnx_graph = helper.make_graph(nodes, "g", [pixels], outputs)
    model = helper.make_model(
        onnx_graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10
    )
    texts = {
        key: value if isinstance(value, str) else value.model_dump_json()
        for key, value in metadata.items()
    }
    helper.set_model_props(model, texts)
    onnx.save(model, path)


@pytest.fixture
def description() -> Description:
    return Description(
        model="red",
        drawn=False,
        size=4,
        input_size=4,
        delivery=None,
        threshold=0.5,
        params={},
        data="",
    )


def test_a_detector_scores_and_gives_verdicts(tmp_path, description):
    path = tmp_path / "red.onnx"
    write_model(path, {METADATA_KEY: description})
    detector = Session(path)
    assert detector.description == description
    pixels = np.zeros((150, 4, 4, 3), np.uint8)  # more than a batch
    pixels[:, :, :, 0] = np.arange(150)[:, None, None]
    logits = detector.logits(pixels)
    assert logits.tolist() == [value - 100 for value in range(150)]
    scores = score_of(detector.logits(pixels))
    assert scores[100] == 0.5
    assert np.all(np.diff(scores[70:131]) > 0)
    assert detector.calls(scores[99:102]) == ["real", "ai", "ai"]
    assert detector.verdicts(scores[99:102]) == ["unsure"] * 3  # nothing was promised


def test_between_its_cuts_a_detector_is_unsure(tmp_path, description):
    path = tmp_path / "red.onnx"
    unsure = Unsure(alpha=0.1, real_above=0.6, ai_below=0.4)
    write_model(path, {METADATA_KEY: description.model_copy(update={"unsure": unsure})})
    scores = np.array([0.0, 0.39, 0.4, 0.5, 0.6, 0.61, 1.0])
    assert Session(path).verdicts(scores) == ["real"] * 2 + ["unsure"] * 3 + ["ai"] * 2


def test_the_calibrated_file_says_what_the_fit_says(tmp_path, description):
    raw, calibrated = tmp_path / "raw.onnx", tmp_path / "calibrated.onnx"
    write_model(raw, {METADATA_KEY: description})
    model = onnx.load(raw)
    fitted = Calibration(slope=0.25, intercept=-1.5, n=40)
    graph.calibrate(model, fitted)
    graph.write(model, calibrated, description.model_copy(update={"calibration": fitted}))
    onnx.checker.check_model(onnx.load(calibrated), full_check=True)
    pixels = np.zeros((9, 4, 4, 3), np.uint8)
    pixels[:, :, :, 0] = np.arange(0, 252, 28)[:, None, None]
    before, detector = Session(raw).logits(pixels), Session(calibrated)
    scores, logits = detector.outputs(pixels)
    assert logits == pytest.approx(0.25 * before - 1.5)
    assert scores == pytest.approx(score_of(detector.logits(pixels)), abs=1e-6)
    assert detector.raw_logits(detector.logits(pixels)) == pytest.approx(before)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such detector"), (b"not onnx", "damaged, or no ONNX file")],
)
def test_what_is_no_detector_is_one_sentence(tmp_path, content, message):
    path = tmp_path / "x.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DetectorError, match=message):
        Session(path)


@pytest.mark.parametrize("metadata", [{}, {METADATA_KEY: "{}"}, {METADATA_KEY: "no json"}])
def test_a_foreign_onnx_file_is_named_as_such(tmp_path, metadata):
    path = tmp_path / "x.onnx"
    write_model(path, metadata)
    with pytest.raises(DetectorError, match="an ONNX file, but not a detector of ours"):
        Session(path)


def test_the_digest_changes_with_pixels_and_with_the_split(tmp_path):
    table = tmp_path / "split.csv"
    table.write_text("a", encoding="utf-8")
    pixels = np.zeros((3, 4, 4, 3), np.uint8)
    first = data_digest(pixels, table)
    assert first == data_digest(pixels.copy(), table)
    other = pixels.copy()
    other[2, 3, 3, 2] = 1
    assert data_digest(other, table) != first
    table.write_text("b", encoding="utf-8")
    assert data_digest(pixels, table) != first


def test_a_detector_needs_nothing_of_training():
    program = (
        "import sys, real_or_ai.detector_file.session; "
        "sys.exit(bool({'torch', 'pandas', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_onnxruntime_tells_nobody_and_leaves_nothing_behind(tmp_path):
    environment = {"PATH": "", "PYTHONPATH": os.pathsep.join(sys.path)}
    environment |= dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME"), str(tmp_path))
    code = "import real_or_ai.detector_file.session"
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, check=True)
    assert list(tmp_path.iterdir()) == []
