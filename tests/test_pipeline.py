"""dvc.yaml, params.yaml and the code say the same."""

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
from real_or_ai.experiments import campaign, doctor
from real_or_ai.experiments.running import changed, read_changes
from real_or_ai.networks import AugmentationParams
from real_or_ai.stages.compare import course_report
from real_or_ai.stages.train.__main__ import NETWORKS

SRC = ROOT / "src"
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
STAGES = PIPELINE["stages"]


def paths(entries: list) -> set[str]:
    return {entry if isinstance(entry, str) else next(iter(entry)) for entry in entries}


@pytest.mark.parametrize("stage", STAGES)
def test_deps_are_the_import_closure(stage):
    reached = closure(f"real_or_ai.stages.{stage}", SRC)
    # The packages' __init__.py do nothing, which another test holds them to.
    needed = {f"src/{path.as_posix()}" for path in reached if path.name != "__init__.py"}
    listed = {path for path in paths(STAGES[stage]["deps"]) if path.startswith("src/")}
    paste = "\n".join(f"      - {path}" for path in sorted(needed))
    assert listed == needed, f"deps of {stage} should list, of the code, exactly:\n{paste}"


def test_after_decode_only_what_looks_at_delivery_can_open_a_picture_file():
    """The audit compares pictures as found with what decode made of them; robustness perturbs them
    before delivery, as users' pictures come. Neither trains a detector.
    """
    door = Path("real_or_ai/images.py")
    opening = {stage for stage in STAGES if door in closure(f"real_or_ai.stages.{stage}", SRC)}
    assert opening == {"prepare", "decode", "audit", "robustness"}


def test_packages_are_empty_and_the_front_door_opens_late():
    """They run for every module beneath and are in no stage's deps. That of the stages tells how a
    process ends on Ctrl-C while it imports, which changes no result.
    """
    written = [path for path in (SRC / "real_or_ai").rglob("*/__init__.py") if path.stat().st_size]
    assert written == [SRC / "real_or_ai/stages/__init__.py"]
    assert closure("real_or_ai.stages", SRC) == {
        Path("real_or_ai/__init__.py"),
        Path("real_or_ai/stages/__init__.py"),
        Path("real_or_ai/conventions/errors.py"),
    }
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


def test_no_module_imports_a_stage():
    for path in (SRC).rglob("*.py"):
        assert "real_or_ai.stages" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_its_own_module_on_its_own_paths(stage):
    spec = STAGES[stage]
    command = spec["cmd"].split()
    assert command[:3] == ["python", "-m", f"real_or_ai.stages.{stage}"]
    given = {word.strip('"') for word in command[3:]}
    assert paths(spec["outs"]) <= given
    data = {path for path in paths(spec["deps"]) if not path.startswith("src/")}
    above = {path: {path, *map(str, Path(path).parents)} for path in data}
    assert all(names & given for names in above.values()), (data, given)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_every_section_it_loads(stage):
    code = (SRC / "real_or_ai" / "stages" / f"{stage}.py").read_text(encoding="utf-8")
    loaded = set(re.findall(r'load\(\w+(?:\[name\]\[0\])?, f?"([\w.{}]+)"', code))
    params = STAGES[stage].get("params", [])
    listed = {name.replace("${item.network}", "{name}") for name in params}
    # Single keys stand for what is read of their section.
    single = {f"prepare.{key}" for key in ("raw", "protocol")}
    single |= {f"train.augmentation.{key}" for key in AugmentationParams.model_fields}
    assert {name.rpartition(".")[0] if name in single else name for name in listed} == loaded


def test_the_matrices_are_the_models():
    assert STAGES["train"]["matrix"]["network"] == list(NETWORKS)
    assert STAGES["evaluate"]["matrix"]["model"] == [*NETWORKS, "svm"]


def test_what_is_small_is_kept_by_git_and_what_is_large_by_dvc():
    for stage, spec in STAGES.items():
        for entry in spec["outs"]:
            path = next(iter(paths([entry])))
            light = isinstance(entry, dict) and entry[path] == {"cache": False}
            assert light == path.startswith(("metrics/", "plots/")), (stage, path)


PLOTTED = (campaign.LEAKY, campaign.DELIVERY, campaign.LEFT)


def test_metrics_and_plots_shown_are_made():
    made = {path for spec in STAGES.values() for path in paths(spec["outs"])}
    made |= {path.replace("${item.model}", model) for path in made for model in ("svm", *NETWORKS)}
    made |= {path.replace("${item.network}", name) for path in made for name in NETWORKS}

    made |= {(cli.EXPERIMENTS / f"{name}.png").as_posix() for name in PLOTTED}

    def is_made(path: str) -> bool:
        return any(path == out or path.startswith(f"{out}/") for out in made)

    for path in PIPELINE["metrics"]:
        assert is_made(path), path
    for plot in PIPELINE["plots"]:
        name, settings = (plot, {}) if isinstance(plot, str) else next(iter(plot.items()))
        sources = settings.get("y", {}) if isinstance(settings.get("y"), dict) else {name: ""}
        for path in sources or {name: ""}:
            assert is_made(path), path
            assert (ROOT / path).is_file(), path


def test_every_plot_has_its_section_on_the_page():
    page = (ROOT / ".dvc" / "plots.html").read_text(encoding="utf-8")
    parts = re.findall(r'\[id([\^$*])="(\w+)"\]', page)
    tests = {"^": str.startswith, "$": str.endswith, "*": str.__contains__}
    assert "{plot_divs}" in page
    for plot in PIPELINE["plots"]:
        name = plot if isinstance(plot, str) else next(iter(plot))
        shown = re.sub(r"\W", "_", name)  # as DVC names it
        found = [part for kind, part in parts if part != "plots_" and tests[kind](shown, part)]
        assert len(found) == 1, (name, found)


# DESIGN section 1: the report's figures, once more by hand.
REPORT = {
    "prepare.raw": "data/kaggle",
    "prepare.protocol": "paper",
    "split.test": 30,
    "split.val": 0.2,
    "decode.size": 512,
    "decode.delivery": None,
    # Its augmentation is its copies, made before the split; none is drawn on the fly.
    "train.augmentation.operations": ["none"],
    "train.augmentation.flip": "horizontal",
    "train.augmentation.rotate_degrees": 15,
    "train.augmentation.crop_scale": 0.8,
    "train.augmentation.noise_sigma": 0.1,
    "train.lenet5.learning_rate": 0.001,
    "train.lenet5.epochs": 30,
    "train.lenet5.batch_size": 32,
    "train.lenet5.patience": None,
    "train.cnn.size": 256,
    "train.cnn.head": "flatten",
    "train.cnn.dropout": 0.5,
    "train.cnn.learning_rate": 0.001,
    "train.cnn.epochs": 200,
    "train.cnn.batch_size": 64,
    "train.cnn.patience": 10,
    "features.weights": "imagenet",
    "fit_svm.scale": False,
    "fit_svm.folds": 10,
}


def at(values: dict, key: str) -> object:
    for part in key.split("."):
        values = values[part]
    return values


def test_the_paper_experiment_restores_the_report():
    values = changed(read(ROOT / "params.yaml"), read_changes(ROOT / "experiments" / "paper.txt"))
    doctor.check_params(values)
    for key, expected in REPORT.items():
        assert at(values, key) == expected, key
    assert 1.7 in at(values, "fit_svm.C")
    assert 1 / 512 in at(values, "fit_svm.gamma")


def test_every_value_the_toy_changes_is_restored():
    """Where params.yaml names the report's value beside the toy's, paper.txt sets that key."""
    path: list[tuple[int, str]] = []
    named = set()
    for line in (ROOT / "params.yaml").read_text(encoding="utf-8").splitlines():
        if not (found := re.match(r"( *)(\w+):(.*)", line)):
            continue
        indent, key, rest = len(found[1]), found[2], found[3]
        path = [(depth, name) for depth, name in path if depth < indent] + [(indent, key)]
        if "report: " in rest:
            named.add(".".join(name for _, name in path))
    assert len(named) > 8
    assert named <= set(read_changes(ROOT / "experiments" / "paper.txt"))


def test_every_model_is_compared():
    models = STAGES["evaluate"]["matrix"]["model"]
    assert list(course_report.TITLES) == list(course_report.AVERAGE) == models
    deps = paths(STAGES["compare"]["deps"])
    perturbed = paths(STAGES["robustness"]["deps"])
    for model in models:
        assert f"models/{model}.onnx" in perturbed
        assert {f"metrics/{model}.json", f"predictions/{model}.csv"} <= deps
        assert f"metrics/{model}.json" in PIPELINE["metrics"]
        assert PIPELINE["artifacts"][model]["path"] == f"detectors/{model}.onnx"
    assert STAGES["release"]["matrix"]["model"] == models


@pytest.mark.parametrize("path", sorted((ROOT / "experiments").glob("*.txt")), ids=lambda p: p.stem)
def test_every_experiment_is_valid(path):
    changes = read_changes(path)
    assert changes
    doctor.check_params(changed(read(ROOT / "params.yaml"), changes))


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
