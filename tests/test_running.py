import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from dvc.utils.hydra import apply_overrides

from conftest import ROOT, write_params
from real_or_ai.conventions.errors import ParamsError, UserError
from real_or_ai.conventions.params import read
from real_or_ai.experiments import alone, keeping, running
from real_or_ai.experiments.set_params import changed

STAGE = """
stages:
  measure:
    cmd: python measure.py
    params: [train.lenet5.epochs]
    deps: [measure.py]
    outs:
      - model.txt
      - metrics/comparison.json: {cache: false}
      - plots/p.csv: {cache: false}
metrics: [metrics/comparison.json]
"""
MEASURE = """
import json, pathlib, yaml
epochs = yaml.safe_load(open("params.yaml"))["train"]["lenet5"]["epochs"]
pathlib.Path("metrics").mkdir(exist_ok=True); pathlib.Path("plots").mkdir(exist_ok=True)
pathlib.Path("model.txt").write_text(str(epochs))
pathlib.Path("plots/p.csv").write_text(str(epochs))
numbers = {"n": 60} | {f"{name}{end}": epochs / 100 for name in ("roc_auc", "accuracy")
                       for end in ("", "_low", "_high")}
pathlib.Path("metrics/comparison.json").write_text(
    json.dumps({"test": {"lenet5": numbers}, "chosen": {"model": "lenet5"}}))
"""


def tree(folder) -> dict[str, str]:
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others"],
        cwd=folder, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    return {
        name: (folder / name).read_text(encoding="utf-8")
        for name in names
        if not name.startswith(".dvc/")
    }


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A DVC repository with our params.yaml, one quick stage and one commit."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", os.environ | {
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b", "DVC_NO_ANALYTICS": "1",
    })  # fmt: skip
    write_params(tmp_path)
    apply_overrides("params.yaml", ["train.lenet5.epochs=30"])  # whatever is in use here
    shutil.copy(ROOT / ".dvcignore", tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/overrides.csv").write_text("raw,action\n", encoding="utf-8")
    (tmp_path / "dvc.yaml").write_text(STAGE, encoding="utf-8")
    (tmp_path / "measure.py").write_text(MEASURE, encoding="utf-8")
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments/short.txt").write_text(
        "# a comment\ntrain.lenet5.epochs=3\n", encoding="utf-8"
    )
    for command in ("git init -q", "dvc init -q", "dvc repro -q", "git add -A", "git commit -qm x"):
        subprocess.run(command.split(), check=True)
    return tmp_path


def test_an_experiment_runs_again_and_leaves_the_workspace_as_it_was(repository, capfd):
    with (repository / "params.yaml").open("a", encoding="utf-8") as file:
        file.write("# a note that is not committed\n")
    before = tree(repository)
    assert "model.txt" in before
    for _ in range(2):
        running.run("short", {})
        assert tree(repository) == before
    said = capfd.readouterr().out
    assert "train.lenet5.epochs: 30 -> 3" in said
    assert re.search(r"LeNet-5 +0\.300 \[.*?\] +0\.030 \[", said)  # the workspace's run, then this
    assert "before: the committed run" in said
    shown = subprocess.run(
        ["dvc", "exp", "show", "--json"], check=True, capture_output=True, text=True
    ).stdout
    named = [one for rev in json.loads(shown) for one in rev["experiments"] or []]
    assert [one["name"] for one in named] == ["short"]


@pytest.mark.usefixtures("repository")
def test_further_changes_come_after_those_of_the_file(capfd):
    running.run("short", {"train.lenet5.epochs": "7"})
    said = capfd.readouterr().out
    assert "train.lenet5.epochs: 30 -> 7" in said
    assert re.search(r"LeNet-5 +0\.300 \[.*?\] +0\.070 \[", said)


def test_a_failed_experiment_leaves_the_workspace_as_it_was(repository):
    (repository / "measure.py").write_text("raise SystemExit(2)", encoding="utf-8")
    before = tree(repository)
    with pytest.raises(UserError, match="experiment short failed with exit code"):
        running.run("short", {})
    assert tree(repository) == before


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_waits_until_the_workspace_is_as_it_was(repository, times):
    """Of a dvc that takes 3 s to check out: longer than a process has that cleans nothing up."""
    programs = repository / ".dvc/tmp/programs"
    programs.mkdir()
    (programs / "dvc").write_text("#!/bin/sh\nsleep 3\ntouch checked-out\n", encoding="utf-8")
    (programs / "dvc").chmod(0o755)
    before = tree(repository)
    code = """
import pathlib, time
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.experiments.running import workspace_restored
with told_in_one_sentence(), workspace_restored():
    pathlib.Path("metrics/m.json").write_text("changed")
    print("begun", flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert process.stdout.readline() == "begun\n"
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all it has started, too
        time.sleep(1)
    assert process.communicate() == ("", "stopped\n")
    assert process.returncode == 130
    (repository / "checked-out").unlink()
    assert tree(repository) == before
    assert not list((repository / ".dvc/tmp").glob("before-experiment-*"))


def test_a_second_run_waits_for_the_end_of_the_first(repository):
    before = tree(repository)
    with running.workspace_restored():
        with (
            pytest.raises(UserError, match="another experiment is running here; wait"),
            running.workspace_restored(),
        ):
            pytest.fail("it ran")
        (repository / "metrics/m.json").write_text("{}", encoding="utf-8")
    assert tree(repository) == before


def test_nothing_begins_while_dvc_runs_a_stage(repository):
    """DVC writes the parameters of a second run into the file that the first one's stages read."""
    slow = "import time; open('begun', 'w').close(); time.sleep(60)"
    (repository / "measure.py").write_text(slow, encoding="utf-8")
    command = ["dvc", "exp", "run", "-S", "train.lenet5.epochs=4"]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             start_new_session=True)  # fmt: skip
    try:
        for _ in range(300):
            if (repository / "begun").exists():
                break
            time.sleep(0.1)
        said = rf"`.*dvc exp run -S train.lenet5.epochs=4` is running here \(process {first.pid}\)"
        with pytest.raises(UserError, match=said):
            running.run("short", {})
        with pytest.raises(UserError, match=said):
            alone.demand_idle()
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    alone.demand_idle()  # what a killed run leaves in DVC's file holds nobody up


@pytest.mark.usefixtures("repository")
def test_what_a_failed_run_left_in_params_yaml_is_named():
    assert running.uncommitted(read()) == ""
    apply_overrides("params.yaml", ["split.seed=x", "split.external=[gone]"])
    assert running.uncommitted(read()) == (
        " (params.yaml is not as committed, perhaps by a run that failed: split.external, "
        "split.seed; git checkout params.yaml puts it back)"
    )


@pytest.mark.parametrize("missing", ["git", "dvc"])
def test_without_git_or_dvc_it_says_what_to_do(tmp_path, monkeypatch, missing):
    for name in {"git", "dvc"} - {missing}:
        (tmp_path / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=f"^{missing}: not found on PATH; activate the env"):
        running.demand_commit()


def test_a_missing_experiment_lists_those_there_are(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(
        UserError, match="there are as-found, clip, collection, delivered, dinov3, grouped, leaky, "
    ):
        running.run("papre", {})


@pytest.mark.parametrize("line", ["train.lenet5.epochs", "=3", "train.lenet5.epochs ="])
def test_a_bad_line_is_named(tmp_path, line):
    path = tmp_path / "x.txt"
    path.write_text(f"# fine\n{line}\n", encoding="utf-8")
    with pytest.raises(ParamsError, match=r"x\.txt:2: expected key=value"):
        running.read_changes(path)


def test_an_unknown_key_is_named(values):
    with pytest.raises(ParamsError, match=r"params\.yaml has no train\.lenet6\.epochs"):
        changed(values, {"train.lenet6.epochs": "3"})


@pytest.fixture
def elsewhere(repository):
    """The repository as another machine finds it: dvc.lock names outs that nobody has here."""
    lock = repository / "dvc.lock"
    outs = lock.read_text(encoding="utf-8").partition("outs:")
    altered = re.sub(r"md5: \w{32}", f"md5: {'f' * 32}", outs[2])
    lock.write_text("".join(outs[:2]) + altered, encoding="utf-8")
    subprocess.run(["git", "commit", "-qam", "of another machine"], check=True)
    shutil.rmtree(repository / ".dvc/cache")
    (repository / "model.txt").unlink()
    subprocess.run(["dvc", "repro", "-q", "--force"], check=True)
    return repository


def test_undo_puts_back_the_kept_run(elsewhere):
    (elsewhere / "metrics/of-mine.csv").write_text("a", encoding="utf-8")
    overrides = elsewhere / "data/overrides-mine.csv"
    overrides.write_text("raw,action", encoding="utf-8")
    before = tree(elsewhere)
    head = git("rev-parse", "HEAD")
    keeping.keep()
    assert (tree(elsewhere), git("rev-parse", "HEAD"), git("status", "--short", "-uno")) == (
        before, head, "M dvc.lock"
    )  # fmt: skip
    subprocess.run(["dvc", "exp", "run", "-q", "-S", "train.lenet5.epochs=3"], check=True)
    (elsewhere / "metrics/new.csv").write_text("b", encoding="utf-8")
    overrides.write_text("raw,action\na.png,keep", encoding="utf-8")
    (elsewhere / "data/overrides-new.csv").write_text("raw,action", encoding="utf-8")
    after = tree(elsewhere)
    assert after["model.txt"] == "3"
    said = keeping.undo()
    assert tree(elsewhere) == before
    command = said.split(": ", 1)[1]
    subprocess.run(command, shell=True, check=True)
    assert tree(elsewhere) == after | {"metrics/of-mine.csv": "a"}


def test_nothing_is_undone_while_an_experiment_runs(repository):
    keeping.keep()
    (repository / "metrics/m.json").write_text("of the experiment", encoding="utf-8")
    with alone.alone(), pytest.raises(UserError, match="another experiment is running here; wait"):
        keeping.undo()
    assert (repository / "metrics/m.json").exists()
    assert keeping.undo().startswith("the kept run is back")
    assert not (repository / "metrics/m.json").exists()


def test_ctrl_c_waits_until_all_is_undone(repository):
    """Of a dvc that takes 3 s to check out; the outs and the tables must be of one run."""
    keeping.keep()
    before = tree(repository)
    (repository / "plots/p.csv").write_text("of another run", encoding="utf-8")
    programs = repository / ".dvc/tmp/programs"
    programs.mkdir()
    slow = "#!/bin/sh\ntouch begun\nsleep 3\ntouch checked-out\n"
    (programs / "dvc").write_text(slow, encoding="utf-8")
    (programs / "dvc").chmod(0o755)
    code = """
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.experiments import keeping
with told_in_one_sentence():
    print(keeping.undo())
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"},
    )  # fmt: skip
    for _ in range(300):
        if (repository / "begun").exists():
            break
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    said, errors = process.communicate()
    assert (said.partition(";")[0], errors) == ("the kept run is back", "")
    for name in ("begun", "checked-out"):
        (repository / name).unlink()
    assert tree(repository) == before


def test_undo_of_nothing_is_a_sentence(repository):
    before = tree(repository)
    with pytest.raises(UserError, match="no run is kept; make repro keeps the one it makes"):
        keeping.undo()
    assert tree(repository) == before


def git(*command: str) -> str:
    done = subprocess.run(["git", *command], check=True, capture_output=True, text=True)
    return done.stdout.strip()
