"""Folders named as people, and worse, name them, from params.yaml through DVC to the manifest."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from conftest import ROOT
from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import ParamsError
from real_or_ai.conventions.params import load
from real_or_ai.experiments import doctor
from real_or_ai.experiments.set_params import changed
from real_or_ai.stages.prepare import PrepareParams

ODD = [
    "-S", "~", "with space", "`touch ran`", "$(touch ran)", "$HOME", "a;touch ran", "a&touch ran",
    "a|touch ran", ">ran", 'quo"te', "apo'strophe", "back\\slash", "*", "?", "[a]", "{a,b}", "#x",
    "!!", "%PATH%", "Grüße", "Cafe\u0301", "日本 🖼", "http:", "s3:", "a=b", "@file", ": x", "null",
    "1e5", "(x)", "trailing ",
]  # fmt: skip


@pytest.fixture
def repository(tmp_path, monkeypatch, values):
    """A DVC repository with our stage `prepare`, whose inputs lie below odd names."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    raw, overrides = Path(*ODD, "raw"), Path(*ODD, "$(touch ran).csv")
    random = np.random.default_rng(1)
    for label in ("real", "ai"):
        for number in range(40):
            path = raw / "web" / label / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(random.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(path)
    overrides.write_text("raw,action\nweb/real/0.png,exclude\n", encoding="utf-8")
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]["prepare"]
    stage["deps"] = [path for path in stage["deps"] if not path.startswith("src/")]
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": {"prepare": stage}}), encoding="utf-8")
    values = changed(values, {"split.external": "[]"})
    values["prepare"] |= {"raw": str(raw), "overrides": str(overrides)}
    text = yaml.safe_dump(values, allow_unicode=True)
    Path("params.yaml").write_text(text, encoding="utf-8")
    for command in ("git init -q", "dvc init -q"):
        subprocess.run(command.split(), check=True)
    return values


def test_an_odd_name_is_a_name_and_nothing_else(repository):
    raw = repository["prepare"]["raw"]
    assert doctor.check(repository).startswith(f"{raw}: 39 real and 40 ai files to learn from")
    done = subprocess.run(["dvc", "repro"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{raw}: 40 raw files of real, 1 rejected" in done.stdout
    assert not list(Path().rglob("ran"))
    assert len(tables.read(Path("data/prepared/manifest.csv"))) == 79
    lock = yaml.safe_load(Path("dvc.lock").read_text(encoding="utf-8"))["stages"]["prepare"]
    assert [one["path"] for one in lock["deps"]] == [repository["prepare"]["overrides"], raw]


@pytest.mark.parametrize("key", ["raw", "overrides"])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a/${HOME}", "holds ${, which DVC takes for a reference"),
        ("a.dvc", "ends in .dvc, as only DVC's own files may"),
        ("a\nb", "holds a line break or another control character"),
        ("", "should have at least 1 character"),
    ],
)
def test_what_dvc_would_take_for_something_else_is_refused(values, key, name, why):
    values = values | {"prepare": values["prepare"] | {key: name}}
    with pytest.raises(ParamsError) as raised:
        load(PrepareParams, "prepare", values)
    assert str(raised.value).startswith(f"params.yaml: prepare.{key} is ")
    assert why in str(raised.value)


def test_no_stage_hands_a_value_of_params_yaml_to_a_shell():
    pipeline = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    for name, stage in pipeline["stages"].items():
        assert "$" not in stage["cmd"].replace("${item.", ""), name
