import json

import pytest

from real_or_ai import DetectorError
from real_or_ai.check.project import STARTER, find_detector, root


@pytest.fixture
def project(tmp_path):
    for name in ("dvc.yaml", "params.yaml", "detectors/cnn.onnx", "detectors/svm.onnx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "metrics").mkdir()
    (tmp_path / "deep" / "down").mkdir(parents=True)
    return tmp_path


def choose(project, text: str) -> None:
    (project / "metrics/comparison.json").write_text(text, encoding="utf-8")


def test_a_project_is_found_upward(project):
    assert root(project / "deep/down") == root(project) == project
    (project / "params.yaml").unlink()
    assert root(project) is None


def test_the_default_is_what_compare_chose(project):
    choose(project, json.dumps({"chosen": {"model": "svm"}}))
    found = project / "detectors/svm.onnx"
    assert find_detector(None, project / "deep") == found


@pytest.mark.parametrize(
    ("data", "toy", "starter"),
    [
        ('{"drawn": 300}', False, True),
        ('{"drawn": 300}', True, False),
        ('{"drawn": 0}', False, False),
        ("{", False, False),
        (None, False, False),
    ],
)
def test_where_all_are_toys_it_is_the_starter_unless_toys_are_asked_for(
    project, data, toy, starter
):
    choose(project, json.dumps({"chosen": {"model": "svm"}}))
    if data is not None:
        (project / "metrics/data.json").write_text(data, encoding="utf-8")
    found = STARTER if starter else project / "detectors/svm.onnx"
    assert find_detector(None, project, toy=toy) == found
    assert find_detector("cnn", project, toy=toy) == project / "detectors/cnn.onnx"
    assert find_detector("starter", project, toy=toy) == STARTER


def test_a_name_is_one_of_the_projects_and_a_file_is_a_file(project):
    assert find_detector("cnn", project) == project / "detectors/cnn.onnx"
    elsewhere = project / "deep/other.onnx"
    assert find_detector(str(elsewhere), project) == elsewhere  # loading says if it is not there
    plain = project / "deep/detector"
    plain.touch()
    assert find_detector(str(plain), project) == plain


@pytest.mark.parametrize(
    ("asked", "comparison", "sentence"),
    [
        ("vgg", None, "vgg: no such detector in .*detectors; cnn, svm are"),
        (None, None, "comparison.json: not there yet; `make repro` writes it"),
        (None, "{}", "comparison.json: names no chosen detector"),
        (None, "[]", "comparison.json: names no chosen detector"),
        (None, "{", "comparison.json: names no chosen detector"),
        (None, '{"chosen": {"model": "vgg"}}', "vgg: no such detector"),
    ],
)
def test_what_does_not_fit_is_one_sentence(project, asked, comparison, sentence):
    if comparison is not None:
        choose(project, comparison)
    with pytest.raises(DetectorError, match=sentence):
        find_detector(asked, project)


def test_a_project_without_detectors_says_how_to_get_some(project):
    for path in (project / "detectors").iterdir():
        path.unlink()
    with pytest.raises(DetectorError, match="holds no detectors yet; `make repro` builds them"):
        find_detector("cnn", project)


def test_elsewhere_it_is_the_starter(tmp_path):
    assert find_detector(None, tmp_path) == find_detector("starter", tmp_path) == STARTER
    with pytest.raises(DetectorError, match=r"cnn: no such file, and no project .* or starter"):
        find_detector("cnn", tmp_path)
