"""The plain install: small, without torch or DVC, and able to check a picture.

make test-install; needs a package index, so it is no part of make test.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import toy_detector
from conftest import ROOT

pytestmark = pytest.mark.network

LARGEST = 350e6  # bytes of the environment, with everything
FOREIGN = "torch dvc pandas scipy cv2 sklearn matplotlib gradio joblib yaml tqdm".split()


def run(*words: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """In an environment of its own: neither this one's paths nor this checkout are seen."""
    hidden = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name not in hidden},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """An empty environment with the wheel of this checkout and what it asks for."""
    folder = tmp_path_factory.mktemp("install")
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert uv, "make setup installs uv"
    built = run(uv, "build", "--wheel", "--no-build-isolation", "--python", sys.executable,
                "--out-dir", folder, ROOT)  # fmt: skip
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    python = folder / "env/bin/python"
    for words in (["venv", "--python", sys.executable, folder / "env"],
                  ["pip", "install", "--python", python, wheel]):  # fmt: skip
        done = run(uv, *words)
        assert done.returncode == 0, done.stderr
    return folder / "env"


def test_it_is_small(environment):
    sizes = {
        path: path.stat().st_size
        for path in environment.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    total = sum(sizes.values())
    print(f"the plain install takes {total / 1e6:.0f} MB in {len(sizes)} files")
    assert total <= LARGEST
    (packages,) = environment.glob("lib/python*/site-packages")
    names = {path.name for path in packages.iterdir()}
    assert not names & set(FOREIGN)
    assert (packages / "real_or_ai" / "py.typed").is_file()


def test_it_checks_a_picture(environment, tmp_path):
    toy_detector.write(tmp_path / "cue.onnx", toy_detector.describe())
    for name, value in {"real.jpg": 0, "ai.heic": 255, "ai.avif": 255}.items():
        image = Image.new("RGB", (64, 64), (value, 0, 0))
        if name.endswith("heic"):
            from pillow_heif import from_pillow

            from_pillow(image).save(tmp_path / name)
        else:
            image.save(tmp_path / name)
    command = environment / "bin" / "real-or-ai"
    done = run(command, "check", "real.jpg", "ai.heic", "ai.avif", "--detector", "cue.onnx",
               "--format", "jsonl", cwd=tmp_path)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["verdict"] for row in rows] == ["real", "ai", "ai"]
    done = run(command, "check", "real.jpg", "--detector", "cue.onnx", "--explain", "out.png",
               cwd=tmp_path)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "out.png") as image:
        assert image.format == "PNG"
    assert run(command, "info", "cue.onnx", cwd=tmp_path).returncode == 0


def test_the_starter_comes_along(environment, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "noise.png")
    command = environment / "bin" / "real-or-ai"
    done = run(command, "check", "noise.png", "--format", "jsonl", cwd=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["verdict"] in ("real", "ai", "unsure")
    assert "# Model card: Starter" in run(command, "info", cwd=tmp_path).stdout
    program = "from real_or_ai import Detector; print(Detector.load().card.title)"
    done = run(environment / "bin" / "python", "-c", program, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("Starter\n", "")


def test_it_is_a_library(environment, tmp_path):
    toy_detector.write(tmp_path / "cue.onnx", toy_detector.describe())
    program = (
        "from PIL import Image; from real_or_ai import Detector; "
        "print(Detector.load('cue.onnx').check(Image.new('RGB', (64, 64))).decision)"
    )
    done = run(environment / "bin" / "python", "-c", program, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "real\n", "")


@pytest.mark.parametrize("words", [["doctor"], ["campaign"], ["review"], ["download", "kaggle"]])
def test_what_needs_an_extra_says_so(environment, tmp_path, words):
    done = run(environment / "bin" / "real-or-ai", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert "pip install 'real-or-ai[train]'" in done.stderr
    assert "Traceback" not in done.stderr
