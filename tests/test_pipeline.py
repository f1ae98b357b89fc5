"""dvc.yaml, params.yaml, the registry and the code say the same."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from closure import closure
from conftest import ROOT
from real_or_ai import cli
from real_or_ai.conventions.params import read
from real_or_ai.experiments import campaign
from real_or_ai.experiments.parameters import Parameters
from real_or_ai.experiments.running import read_changes
from real_or_ai.experiments.set_params import changed
from real_or_ai.registry import DETECTORS, NETWORKS

SRC = ROOT / "src"
PACKAGE = SRC / "real_or_ai"
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
STAGES = PIPELINE["stages"]
VARS = PIPELINE["vars"][0]
ITEMS = {"network": VARS["networks"], "model": VARS["detectors"]}


def paths(entries: list) -> set[str]:
    return {entry if isinstance(entry, str) else next(iter(entry)) for entry in entries}


def outs(stage: str) -> set[str]:
    return paths(STAGES[stage].get("outs", []) + STAGES[stage].get("metrics", []))


def each_item(stage: str, path: str) -> set[str]:
    """A path of a stage for each item of its matrix."""
    for key in STAGES[stage].get("matrix", {}):
        return {path.replace(f"${{item.{key}}}", name) for name in ITEMS[key]}
    return {path}


def does_something(path: Path) -> bool:
    """Whether a module holds more than its docstring."""
    body = ast.parse((SRC / path).read_text(encoding="utf-8")).body
    return bool(body and (len(body) > 1 or not isinstance(body[0], ast.Expr)))


def reached(stage: str) -> set[str]:
    """The files of code that a stage's shell imports, deep; those of its networks by name."""
    modules = {f"real_or_ai.stages.{stage}.__main__"}
    if "network" in STAGES[stage].get("matrix", {}):
        modules |= {f"real_or_ai.networks.{name}" for name in NETWORKS}
    found = set().union(*(closure(module, SRC) for module in modules))
    # That of the package opens late, that of the stages tells how a process ends on Ctrl-C.
    alike = {Path("real_or_ai/__init__.py"), Path("real_or_ai/stages/__init__.py")}
    return {f"src/{path.as_posix()}" for path in found - alike if does_something(path)}


@pytest.mark.parametrize("stage", STAGES)
def test_all_code_that_a_stage_reaches_is_in_its_deps_and_no_dep_is_unreached(stage):
    files = reached(stage)
    deps = {one for path in paths(STAGES[stage]["deps"]) for one in each_item(stage, path)}
    code = {path for path in deps if path.startswith("src/")}
    missing = {file for file in files if not any(is_in(file, path) for path in code)}
    unreached = {path for path in code if not any(is_in(file, path) for file in files)}
    assert not missing, f"add to the deps of {stage} the folders of {sorted(missing)}"
    assert not unreached, f"nothing of {sorted(unreached)} is imported by {stage}: remove it"


def is_in(file: str, path: str) -> bool:
    return file == path or file.startswith(f"{path}/")


def test_shells_are_thin():
    for path in PACKAGE.glob("stages/*/__main__.py"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 90, f"{path}: {lines} lines; what it decides stands in the stage's files"


def test_every_stage_has_its_folder():
    folders = {path.parent.name for path in PACKAGE.glob("stages/*/__main__.py")}
    assert folders == set(STAGES)


def test_no_name_stands_twice_in_the_package():
    stems = [
        path.stem for path in PACKAGE.rglob("*.py") if path.stem not in ("__init__", "__main__")
    ]
    assert sorted(stems) == sorted(set(stems))


def test_after_decode_only_what_looks_at_delivery_can_open_a_picture_file():
    """The audit compares pictures as found with what decode made of them; robustness perturbs them
    before delivery, as users' pictures come. Neither trains a detector.
    """
    door = "src/real_or_ai/pictures/decoding.py"
    opening = {stage for stage in STAGES if door in reached(stage)}
    assert opening == {"prepare", "decode", "audit", "robustness"}


def test_the_front_door_opens_late():
    """The package's own file runs for every module beneath and is in no stage's deps."""
    assert closure("real_or_ai", SRC) == {Path("real_or_ai/__init__.py")}
    program = (
        "import sys; before = set(sys.modules); import real_or_ai; "
        "new = set(sys.modules) - before; "
        "print(*(name for name in new if name.split('.')[0] not in sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["real_or_ai"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_its_own_module_on_its_own_paths(stage):
    spec = STAGES[stage]
    command = spec["cmd"].split()
    assert command[:3] == ["python", "-m", f"real_or_ai.stages.{stage}"]
    given = {word.strip('"') for word in command[3:]}
    assert "${prepare" not in spec["cmd"]  # a shell would interpret what params.yaml holds
    data = {path for path in paths(spec["deps"]) if not path.startswith(("src/", "${prepare"))}
    for path in outs(stage) | data:
        above = {path, *map(str, Path(path).parents)}
        assert above & given, f"{stage} is not told of {path}"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_every_section_it_loads(stage):
    code = (PACKAGE / "stages" / stage / "__main__.py").read_text(encoding="utf-8")
    loaded = set(re.findall(r'load(?:_value)?\([\w.()]+, f?"([\w.{}]+)"', code))
    params = STAGES[stage].get("params", [])
    listed = {name.replace("${item.network}", "{name}") for name in params}
    strengths = {name for name in listed if name.startswith("train.augmentation.")}
    if strengths:  # the single keys that `prepare` makes copies by
        listed = listed - strengths | {"train.augmentation"}
    assert listed == loaded


def test_the_first_line_of_dvc_yaml_names_the_registry():
    assert {"networks": list(NETWORKS), "detectors": list(DETECTORS)} == VARS
    for stage, spec in STAGES.items():
        for key, value in spec.get("matrix", {}).items():
            assert value == {"network": "${networks}", "model": "${detectors}"}[key], stage


def test_no_detector_is_named_where_the_registry_should_be_read():
    """But in the registry, in its own file, and where the report's own figures stand."""
    known = {"registry.py", "course_report.py", *(f"{name}.py" for name in NETWORKS)}
    names = "|".join(DETECTORS)
    for path in PACKAGE.rglob("*.py"):
        if path.name not in known and "fit_svm" not in path.parts:
            found = re.findall(rf'"(?:{names})"', path.read_text(encoding="utf-8"))
            allowed = ['"svm"'] if path.name == "report_tables.py" else []  # its folds, there
            assert found == allowed, path


def test_git_keeps_what_is_small_and_shows_no_picture_and_dvc_the_rest():
    for spec in STAGES.values():
        for entry in spec.get("outs", []) + spec.get("metrics", []):
            path = next(iter(paths([entry])))
            light = isinstance(entry, dict) and entry[path] == {"cache": False}
            pictures = path.startswith(("plots/gallery", "plots/sheets"))
            assert light == (path.startswith(("metrics/", "plots/")) and not pictures), path


PLOTTED = (campaign.LEAKY, campaign.DELIVERY, campaign.LEFT)


def test_plots_shown_are_made():
    made = {one for stage in STAGES for path in outs(stage) for one in each_item(stage, path)}
    made |= {(cli.EXPERIMENTS / f"{name}.png").as_posix() for name in PLOTTED}
    for path in paths(PIPELINE["plots"]):
        assert any(is_in(path, out) or is_in(out, path) for out in made), path
        assert (ROOT / path).exists() or path in ("plots/gallery", "plots/sheets"), path


def test_every_plot_has_its_section_on_the_page():
    page = (ROOT / ".dvc" / "plots.html").read_text(encoding="utf-8")
    parts = set(re.findall(r'\[id\^="(plots_\w+)"\]', page))
    assert "{plot_divs}" in page
    assert all(f'[id*="_{model}_"]' in page for model in DETECTORS)
    for path in paths(PIPELINE["plots"]):
        for file in [ROOT / path, *(ROOT / path).rglob("*")]:
            if not file.is_file():
                continue
            shown = re.sub(r"\W", "_", file.relative_to(ROOT).as_posix())  # as DVC names it
            found = [one for one in parts if one != "plots_" and shown.startswith(one)]
            assert len(found) == 1, (file, found)


# The report's settings, once more by hand: README.md says where it is to be had.
REPORT = {
    "prepare.raw": "data/report",
    "prepare.protocol": "paper",
    "split.test": 30,
    "split.val": 0.2,
    "decode.size": 512,
    "decode.delivery": None,
    # Its augmentation is its copies, made before the split; none is drawn on the fly.
    "train.augmentation.operations": ["none"],
    "train.augmentation.redelivered": 0,
    "train.augmentation.drawn": "one",
    "train.augmentation.flip": "horizontal",
    "train.augmentation.rotate_degrees": 15,
    "train.augmentation.crop_scale": 0.8,
    "train.augmentation.noise_sigma": 0.1,
    "train.lenet5.learning_rate": 0.001,
    "train.lenet5.schedule": "constant",
    "train.lenet5.epochs": 30,
    "train.lenet5.balance": "pictures",
    "train.lenet5.batch_size": 32,
    "train.lenet5.patience": None,
    "train.lenet5.seeds": [1],
    "train.cnn.size": 256,
    "train.cnn.trunk": "report",
    "train.cnn.weights": "random",
    "train.cnn.head": "flatten",
    "train.cnn.dropout": 0.5,
    "train.cnn.learning_rate": 0.001,
    "train.cnn.schedule": "constant",
    "train.cnn.epochs": 200,
    "train.cnn.balance": "pictures",
    "train.cnn.batch_size": 64,
    "train.cnn.patience": 10,
    "train.cnn.seeds": [1],
    "features.weights": "imagenet",
    "fit_svm.scale": False,
    "fit_svm.components": None,
    "fit_svm.half": False,
    "fit_svm.folds": 10,
}


def at(values: dict, key: str) -> object:
    for part in key.split("."):
        values = values[part]
    return values


def test_the_paper_experiment_restores_the_report():
    values = changed(read(ROOT / "params.yaml"), read_changes(ROOT / "experiments" / "paper.txt"))
    Parameters.of(values)
    for key, expected in REPORT.items():
        assert at(values, key) == expected, key
    assert 1.7 in at(values, "fit_svm.C")
    assert 1 / 512 in at(values, "fit_svm.gamma")


def test_every_value_the_toy_changes_is_restored():
    """Where params.yaml names the report's value beside the toy's, paper.txt sets that key."""
    path: list[tuple[int, str]] = []
    named = set()
    above = ""
    for line in (ROOT / "params.yaml").read_text(encoding="utf-8").splitlines():
        if not (found := re.match(r"( *)(\w+):(.*)", line)):
            above = line if line.startswith("  ") and "#" in line else ""
            continue
        indent, key, rest = len(found[1]), found[2], found[3]
        path = [(depth, name) for depth, name in path if depth < indent] + [(indent, key)]
        if "report: " in rest + above:
            named.add(".".join(name for _, name in path))
        above = ""
    assert len(named) > 8
    assert named <= set(read_changes(ROOT / "experiments" / "paper.txt"))


@pytest.mark.parametrize("path", sorted((ROOT / "experiments").glob("*.txt")), ids=lambda p: p.stem)
def test_every_experiment_is_valid(path):
    changes = read_changes(path)
    assert changes
    Parameters.of(changed(read(ROOT / "params.yaml"), changes))


def test_the_first_attempt_is_without_augmentation():
    changes = read_changes(ROOT / "experiments" / "no-augmentation.txt")
    values = changed(read(ROOT / "params.yaml"), changes)
    assert at(values, "train.augmentation.operations") == ["none"]


def test_each_pair_of_experiments_differs_in_one_thing():
    base = read(ROOT / "params.yaml")

    def values(name: str) -> dict:
        return changed(base, read_changes(ROOT / "experiments" / f"{name}.txt"))

    assert values("grouped") == values("delivered") == base  # the defaults, spelled out
    assert values("as-found")["decode"] == base["decode"] | {"delivery": None}
    leaky = values("leaky")
    assert leaky["prepare"] == base["prepare"] | {"protocol": "paper"}
    # The copies replace the augmentation on the fly.
    assert at(leaky, "train.augmentation.operations") == ["none"]
    for section in ("split", "decode", "features", "fit_svm"):
        assert leaky[section] == base[section]


def test_setup_leaves_an_environment_that_is_active_alone(tmp_path):
    """uv installs into VIRTUAL_ENV before all else."""
    shown = 'told: ; @echo "$$VIRTUAL_ENV"'
    done = subprocess.run(
        ["make", "--no-print-directory", "-f", ROOT / "Makefile", "--eval", shown, "told"],
        cwd=tmp_path,
        env=os.environ | {"VIRTUAL_ENV": "/elsewhere"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{tmp_path}/.venv\n"
