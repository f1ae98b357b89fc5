"""Committed tables and measurements name the commit of the code that made them."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from benchmarks import measuring, real_pictures

from conftest import ROOT, keep_figures
from real_or_ai.conventions.errors import UserError
from real_or_ai.experiments import campaign, made, running
from real_or_ai.experiments.campaign import Audited
from real_or_ai.registry import TITLES
from test_outcomes import scored

REAL = "benchmarks/real_pictures"
# What was made -> how it is made again.
COMMANDS = {
    f"{REAL}/made.json": "make real-pictures RAW=FOLDER",
    "plots/experiments/made.json": "make campaign",
    "benchmarks/reproduce_check.json": "make reproduce-check THREADS=1,2",
}


def git(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *command], cwd=folder, capture_output=True, text=True, check=False
    )


def committed(path: str) -> str:
    """A file's text in the last commit, or, where there is none, as it is here."""
    if git(ROOT, "rev-parse", "HEAD").returncode:
        return (ROOT / path).read_text(encoding="utf-8")
    shown = git(ROOT, "show", f"HEAD:{path}")
    assert shown.returncode == 0, f"{path} is in no commit; run: {COMMANDS.get(path, 'make')}"
    return shown.stdout


@pytest.mark.parametrize("path", COMMANDS)
def test_what_is_committed_names_a_commit_of_ours(path):
    told = json.loads(committed(path))
    remade = f"run: {COMMANDS[path]}"
    assert re.fullmatch("[0-9a-f]{40}", told["commit"]), remade
    if path.startswith("benchmarks"):
        assert told["clean"] is True, remade
    if git(ROOT, "rev-parse", "--is-shallow-repository").stdout.strip() != "false":
        return  # a shallow clone, or none: that commit is not here
    if git(ROOT, "cat-file", "-e", told["commit"]).returncode == 0:
        assert git(ROOT, "merge-base", "--is-ancestor", told["commit"], "HEAD").returncode == 0


def test_the_tables_of_real_pictures_are_of_the_pictures_that_were_prepared():
    told = json.loads(committed(f"{REAL}/made.json"))
    assert set(told) >= {"date", "machine", "versions", "commit", "clean", "parameters", "pictures"}
    raw = told["parameters"]["prepare.raw"]
    assert told["parameters"] == {"prepare.raw": raw, **real_pictures.CHANGES}
    assert "/" not in raw
    left = table(f"{REAL}/leave_one_source_out.csv")
    sums = left[(left["split"] == "external") & (left["held_out"] != "mean")]
    for _, rows in sums.groupby(["experiment", "model"]):  # each source once: all pictures
        assert rows["n"].sum() == told["pictures"]
    for name in ("delivery", "leaky"):
        whole = table(f"{REAL}/{name}.csv").query("experiment != 'leaky'")  # copies, there
        for _, rows in whole.groupby(["experiment", "model"]):
            assert rows["n"].sum() < told["pictures"]
    for name in ("delivery", "inflation", "leaky", "leave_one_source_out", "nulls"):
        assert set(table(f"{REAL}/{name}.csv")["data"]) == {real_pictures.DATA}


def table(path: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(committed(path)))


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Two commits of one file."""
    monkeypatch.chdir(tmp_path)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "a")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "a@b")
    assert git(tmp_path, "init", "-q").returncode == 0
    for text in "ab":
        (tmp_path / "code.py").write_text(text, encoding="utf-8")
        assert git(tmp_path, "add", "-A").returncode == 0
        assert git(tmp_path, "commit", "-qm", text).returncode == 0
    return tmp_path


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("c", encoding="utf-8")


def test_the_code_is_the_last_commit_and_what_is_not_in_it(repository):
    commit = git(repository, "log", "-1", "--format=%H").stdout.strip()
    assert made.code() == made.code(repository) == made.Code(commit, ())
    put(repository, "benchmarks/x.json", f"{REAL}/leaky.csv", "plots/experiments/leaky.png")
    assert made.code() == made.Code(commit, ())
    odd = 'Ünï "x"\n.py'
    put(repository, "code.py", "benchmarks/x.py", "plots/x.csv", "new folder/new.py", odd)
    assert git(repository, "mv", "code.py", "moved.py").returncode == 0
    assert sorted(made.code().differing) == sorted(
        ["code.py", "moved.py", "benchmarks/x.py", "plots/x.csv", "new folder/new.py", odd]
    )


def test_only_what_stayed_as_committed_is_clean():
    one = made.Code("1" * 40, ())
    assert made.told(one, one) == {"commit": one.commit, "clean": True}
    for before, after in [
        (made.Code(one.commit, ("x",)),) * 2,
        (one, made.Code(one.commit, ("x",))),
        (one, made.Code("2" * 40, ())),
    ]:
        assert made.told(before, after) == {"commit": one.commit, "clean": False}


def test_without_a_commit_it_is_a_sentence(tmp_path, monkeypatch):
    assert git(tmp_path, "init", "-q").returncode == 0
    with pytest.raises(UserError, match=r"git rev-parse failed .* so commit it first"):
        made.code(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="git: not found on PATH"):
        made.code(tmp_path)


def test_every_benchmark_names_its_commit(repository, monkeypatch):
    monkeypatch.setattr(measuring, "ROOT", repository)
    (repository / "benchmarks").mkdir()
    measuring.write("x", {"n": 1})
    written = json.loads((repository / "benchmarks/x.json").read_text(encoding="utf-8"))
    assert written["commit"] == made.code(repository).commit
    assert (written["clean"], written["n"]) == (True, 1)
    measuring.write("x", {"commit": "of a clone", "clean": False})
    assert '"of a clone"' in (repository / "benchmarks/x.json").read_text(encoding="utf-8")


@pytest.fixture
def campaigned(repository, raw, draw_scene, monkeypatch):
    """The repository with our parameters and three sources; runs take no time.

    What is appended to the list is called in each run.
    """
    image = draw_scene(1)
    for folder in ("gengap/real", "gengap/ai", "a/real", "a/ai", "b/real", "b/ai"):
        for number in range(5):
            raw.add(f"{folder}/{number}.png", image)
    (repository / ".gitignore").write_text("raw/\n", encoding="utf-8")
    (repository / "experiments").mkdir()
    for path in [*(ROOT / "experiments").glob("*.txt"), ROOT / "params.yaml"]:
        there = repository / path.relative_to(ROOT)
        text = path.read_text(encoding="utf-8").replace("test: 30 ", "test: 2 ")
        there.write_text(text, encoding="utf-8")
    (repository / "data").mkdir()
    (repository / "data/overrides.csv").write_text("raw,action\n", encoding="utf-8")
    git(repository, "add", "-A")
    assert git(repository, "commit", "-qm", "c").returncode == 0
    called = []

    def results(one, _):
        for call in called:
            call()
        sides = {name: scored(0.7) for name in ("val", "test", "external")}
        audited = Audited(pd.DataFrame({"null": ["facts"], "value": [0.9]}), 30)
        return dict.fromkeys(TITLES, sides), audited if one.is_audited else None

    keep_figures(monkeypatch)
    monkeypatch.setattr(campaign, "_results", results)
    monkeypatch.setattr(running, "demand_commit", lambda: None)
    monkeypatch.setattr(measuring, "ROOT", repository)
    monkeypatch.setattr(real_pictures, "ROOT", repository)
    return called


@pytest.mark.usefixtures("campaigned")
def test_the_command_tells_what_made_its_tables(repository, raw):
    into = repository / REAL
    for _ in range(2):  # its own tables are no reason to refuse
        real_pictures.remake(str(raw.path), dirty=False)
        told = json.loads((into / "made.json").read_text(encoding="utf-8"))
        assert told.pop("date")
        assert told.pop("machine") == measuring.machine()
        assert told.pop("versions")["python"]
        assert told == {
            "commit": made.code().commit,
            "clean": True,
            "parameters": {
                "prepare.raw": "raw",
                "split.external": "[gengap]",
                "train.lenet5.seeds": "[1]",
                "train.cnn.seeds": "[1]",
            },
            "pictures": 30,
        }
    for path in into.glob("*.csv"):
        assert set(pd.read_csv(path)["data"]) == {real_pictures.DATA}
    held_out = pd.read_csv(into / "leave_one_source_out.csv")["held_out"]
    assert set(held_out) == {"gengap", "a", "b", "mean"}
    assert len(list(into.glob("*.png"))) == 3


def test_a_commit_meanwhile_is_told(campaigned, repository, raw):
    before = made.code().commit
    campaigned.append(lambda: git(repository, "commit", "-q", "--allow-empty", "-m", "d"))
    real_pictures.remake(str(raw.path), dirty=False)
    told = json.loads((repository / REAL / "made.json").read_text(encoding="utf-8"))
    assert (told["commit"], told["clean"]) == (before, False)


def test_after_a_run_that_failed_nothing_says_what_made_the_tables(campaigned, repository, raw):
    real_pictures.remake(str(raw.path), dirty=False)

    def fail():
        raise UserError("failed")

    campaigned.append(fail)
    with pytest.raises(UserError, match="7 of 7 runs failed"):
        real_pictures.remake(str(raw.path), dirty=False)
    assert not (repository / REAL / "made.json").exists()


@pytest.mark.usefixtures("campaigned")
def test_a_dirty_tree_is_refused_unless_told(repository, raw, capsys, monkeypatch):
    put(repository, "code.py", "1.py", "2.py", "3.py")
    monkeypatch.setattr(sys, "argv", ["real_pictures", str(raw.path)])
    with pytest.raises(SystemExit) as ended:
        real_pictures.main()
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "error: not as in the last commit, which the tables are to name: code.py, 1.py, 2.py, "
        "...; commit that first"
    )
    assert not (repository / REAL).exists()
    sys.argv.append("--dirty")
    real_pictures.main()
    told = json.loads((repository / REAL / "made.json").read_text(encoding="utf-8"))
    assert told["clean"] is False


@pytest.mark.parametrize(
    ("raw", "said"), [("", "RAW is not given: "), ("nowhere", "RAW=nowhere: no such folder; ")]
)
def test_a_folder_must_be_given(raw, said):
    with pytest.raises(UserError, match=f"^{said}"):
        real_pictures.remake(raw, dirty=False)
