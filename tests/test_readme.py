"""What is committed as README.md says what the committed files say."""

import os
import re
import subprocess
import sys

import pytest
from PIL import Image
from tools import readme

import toy_detector
from conftest import ROOT


def committed(path: str) -> str:
    """A file's text in the last commit: a run of one's own does not make the README wrong."""
    done = subprocess.run(
        ["git", "show", f"HEAD:{path}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode and path in readme.PAGES:
        pytest.skip(f"{path} is in no commit")
    if done.returncode:
        raise FileNotFoundError(path)
    return done.stdout


@pytest.mark.parametrize("page", readme.PAGES)
def test_its_numbers_are_those_of_the_committed_files(page):
    assert readme.filled(committed, page) == committed(page), "run: make readme"


def test_its_python_runs(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "detectors").mkdir()
    toy_detector.write(tmp_path / "detectors" / "cnn.onnx", toy_detector.describe())
    Image.new("RGB", (48, 48), "red").save(tmp_path / "picture.jpg")
    done = subprocess.run(
        [sys.executable, "-c", code + "\nprint(change.shape)"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    first, *others = done.stdout.splitlines()
    assert re.fullmatch(r"ai 0\.999\d* \[\]", first)
    assert others == ["picture.jpg ai", "missing.jpg unreadable file", "(48, 48)"]


def test_its_links_and_pictures_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    assert len(links) > 5
    for link in links:
        assert (ROOT / link).exists(), link


def test_its_tree_names_every_module():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "src" / "real_or_ai").glob("*.py"):
        assert path.name in text or path.name == "__init__.py", path.name
