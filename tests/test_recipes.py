"""What CONTRIBUTING says of adding a network, a parameter and a perturbation, done in a copy."""

import difflib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conftest import ROOT, SMALL, write_params
from real_or_ai.conventions.params import read
from real_or_ai.experiments.set_params import changed

NETWORK = '''"""A perceptron with one hidden layer."""

from typing import TYPE_CHECKING

from pydantic import Field

from real_or_ai.conventions.sections import FitParams

if TYPE_CHECKING:
    from torch import nn


class Hyperparameters(FitParams):
    """Section `train.mlp`."""

    width: int = Field(ge=1)  # of the hidden layer


def build(params: Hyperparameters) -> tuple["nn.Module", int]:
    """Images [N, 3, 16, 16] -> logits [N, 2], and the side of the images in px."""
    from torch import nn

    hidden = nn.Linear(3 * 16 * 16, params.width)
    return nn.Sequential(nn.Flatten(), hidden, nn.ReLU(), nn.Linear(params.width, 2)), 16
'''
VALUES = (
    "  mlp: {learning_rate: 0.001, schedule: constant, epochs: 2, balance: pictures, "
    "batch_size: 8, patience: null, seeds: [1, 2], half: false, width: 8}\n"
)
EDITS = {  # file -> what stands there, and what stands there then
    "src/real_or_ai/registry.py": (
        '    Row("cnn", "CNN", "weighted"),\n',
        '    Row("cnn", "CNN", "weighted"),\n    Row("mlp", "Perceptron", "weighted"),\n',
    ),
    "params.yaml": ("\nfeatures:\n", f"{VALUES}\nfeatures:\n"),
    "dvc.yaml": (
        "{networks: [lenet5, cnn], detectors: [lenet5, cnn, svm]}",
        "{networks: [lenet5, cnn, mlp], detectors: [lenet5, cnn, mlp, svm]}",
    ),
}
PERTURBATION = {
    "src/real_or_ai/stages/robustness/perturbations.py": (
        '    "social": Perturbation(',
        '    "dark": Perturbation(None, _sure(lambda image: image.point(lambda v: v // 2))),\n'
        '    "social": Perturbation(',
    ),
}


def edit(folder: Path, edits: dict[str, tuple[str, str]]) -> int:
    """Makes the edits; how many lines they touched."""
    touched = 0
    for name, (old, new) in edits.items():
        before = (folder / name).read_text(encoding="utf-8")
        assert before.count(old) == 1, name
        after = before.replace(old, new)
        (folder / name).write_text(after, encoding="utf-8")
        lines = difflib.ndiff(before.splitlines(), after.splitlines())
        touched += sum(line.startswith("+ ") for line in lines)
    return touched


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A copy with a network and a perturbation more, small, whose pipeline has run."""
    folder = tmp_path_factory.mktemp("recipes") / "copy"
    shutil.copytree(ROOT / "src", folder / "src")
    for name in ("dvc.yaml", ".dvcignore"):
        shutil.copy(ROOT / name, folder / name)
    write_params(folder)
    (folder / "data").mkdir()
    (folder / "data/overrides.csv").write_text("raw,action\n", encoding="utf-8")
    (folder / "src/real_or_ai/networks/mlp.py").write_text(NETWORK, encoding="utf-8")
    assert edit(folder, EDITS) == 3
    assert edit(folder, PERTURBATION) == 1
    values = changed(read(folder / "params.yaml"), SMALL)
    (folder / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    for command in (
        "git init -q",
        "dvc init -q",
        "git add -A",
        "git -c user.name=a -c user.email=a@b commit -q -m a",
        "dvc repro -q",
    ):
        run(folder, *command.split())
    return folder


def run(folder: Path, *command: str) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PYTHONPATH": str(folder / "src"), "PATH": path}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_forgotten_row_is_named_before_anything_runs(project):
    shutil.copytree(ROOT / "src", project / "src")
    (project / "src/real_or_ai/networks/mlp.py").write_text(NETWORK, encoding="utf-8")
    edit(project, {name: EDITS[name] for name in ("params.yaml", "dvc.yaml")})
    command = [sys.executable, "-c", "from real_or_ai.cli import main; main()", "doctor"]
    environment = os.environ | {"PYTHONPATH": str(project / "src")}
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (
        2,
        "error: src/real_or_ai/registry.py: has no row for mlp, which params.yaml names; add "
        'Row("mlp", "its title", "weighted"), or take mlp out of params.yaml\n',
    )


def test_a_network_is_one_file_and_three_lines(built):
    assert "| test | LeNet-5 | report | CNN | report | Perceptron | report |" in (
        built / "metrics/report.md"
    ).read_text(encoding="utf-8")
    assert (built / "metrics/cards/mlp.md").is_file()
    for kind, suffix in (("roc", "csv"), ("confusion", "csv"), ("gallery", "jpg")):
        assert (built / f"plots/{kind}/mlp/test.{suffix}").is_file()
    assert (built / "plots/loss/mlp.csv").is_file()
    picture = next((built / "data/prepared").rglob("*.jpg"))
    checked = run(
        built, "real-or-ai", "check", str(picture), "--detector", "mlp", "--format", "json"
    )
    assert json.loads(checked)["model"] == "mlp"


def test_a_parameter_is_its_line_in_the_class_and_in_params_yaml(built):
    info = run(built, "real-or-ai", "info", "mlp")
    assert '"width": 8' in info


def test_a_perturbation_is_one_line(built):
    measured = json.loads((built / "metrics/robustness.json").read_text(encoding="utf-8"))
    assert all("dark" in measured[model]["test"] for model in measured)
    assert "mlp" in measured
