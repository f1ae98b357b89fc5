"""What is committed as README.md says what the committed files say."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from tools import benchmarked, readme

from conftest import ROOT

PAGES_OF_DOCS = sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))


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


PAGE = """\
<!-- begin report-head: -->
<!-- end report-head: -->
<!-- begin audit:a -->
<!-- end audit:a -->
<!-- begin leaky:e -->
<!-- end leaky:e -->
<!-- begin left-out:e -->
<!-- end left-out:e -->
"""
LEAKY = """\
data,experiment,model,split,n,accuracy,accuracy_low,accuracy_high
mine,leaky,cnn,val,40,0.9,0.8,0.95
mine,leaky,cnn,test,60,0.5,0.4,0.6
"""
INFLATION = """\
data,experiment,model,val_above_test,val_above_test_low,val_above_test_high
mine,leaky,cnn,0.4,0.3,0.5
"""
OF_ONE_SOURCE = {
    "docs/own.md": PAGE,
    "params.yaml": "prepare:\n  raw: /of/nobodys/business/mine\n",
    "metrics/report.md": "# Results on mine\n\nBrackets: an interval.\n\n## In words\n\nWon.\n",
    "a/verdict.txt": "Nothing.\n",
    "e/leaky.csv": LEAKY,
    "e/inflation.csv": INFLATION,
}


def filled(files: dict[str, str]) -> str:
    """docs/own.md of these files."""

    def read(path: str) -> str:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    return readme.filled(read, "docs/own.md")


def test_numbers_of_ones_own_pictures_are_called_so():
    said = filled(OF_ONE_SOURCE)
    assert "<!-- begin report-head: -->\nResults on mine.\n<!-- end" in said
    assert "\nOf mine it says:\n\n> Nothing.\n" in said
    assert "toy" not in said
    assert "/of/nobodys" not in said


def test_without_an_external_set_there_is_no_column_for_it():
    said = filled(OF_ONE_SOURCE)
    assert "| model | split | val | test | val above test |" in said
    row = "| CNN | leaky | 0.90 [0.80, 0.95] | 0.50 [0.40, 0.60] | 0.40 [0.30, 0.50] |"
    assert f"{row}\n\nAccuracy [95 %] on mine.\n" in said
    assert "*No source of mine can be left out.*" in said
    more = {"e/leaky.csv": LEAKY + "mine,leaky,cnn,external,20,0.6,0.5,0.7\n"}
    said = filled(OF_ONE_SOURCE | more)
    assert "| val | test | external | val above test |" in said
    assert "| 0.60 [0.50, 0.70] | 0.40 [" in said
    assert "Accuracy [95 %] on mine; 20 external pictures.\n" in said


def test_a_campaign_that_was_never_run_is_not_told_of():
    never = {name: text for name, text in OF_ONE_SOURCE.items() if not name.startswith("e/")}
    assert filled(never).count("\n*Not measured yet.*\n") == 2


def test_the_toy_is_said_to_stand_beside_what_it_is_not():
    beside = (
        "# The report's tables beside ours\n\nOurs: the embedded sample\n(a toy).\n\nBrackets.\n"
    )
    toy = {"metrics/report.md": beside, "params.yaml": "prepare:\n  raw: data/sample\n"}
    said = filled(OF_ONE_SOURCE | toy)
    assert "<!-- begin report-head: -->\nOurs: the embedded sample (a toy).\n<!-- end" in said
    assert "\nOf the embedded sample (a toy) it says:\n" in said


def test_the_learning_curve_tells_how_often_each_set_told_from_guessing():
    """Of 2 repeats: by all tested both, by few one, elsewhere none."""

    def run(few: float) -> dict:
        return {
            "model": "svm", "n": 25, "seed": 1,
            "auc": {"test": [0.7, 0.51, 0.8], "few": [0.7, few, 0.9], "elsewhere": [0.6, 0.5, 0.7]},
        }  # fmt: skip

    row = {"model": "svm", "n": 25}
    row["test"] = {"middle": [0.7, 0.51, 0.8], "lowest": 0.66, "highest": 0.74}
    there = {"real": 3, "ai": 4}
    measured = {
        "date": "d", "commit": "c", "clean": True, "machine": "m", "versions": {}, "tested": 100,
        "few": 30, "val": 0.28, "repeats": 2, "home": there, "elsewhere": there, "rows": [row],
        "runs": [run(0.4), run(0.6), run(0.6) | {"n": 50}],
    }  # fmt: skip
    said = benchmarked.learning(lambda _: json.dumps(measured), "")
    cells = "25 | 0.70 [0.51, 0.80] | 0.66 to 0.74 | 2 of 2 | 1 of 2 | 0 of 2 |"
    assert f"| SVM | {cells}" in said
    assert "by 100 of each | told from guessing by 30 of each" in said
    assert "(3 photographs and 4 AI pictures), tested on 100 of each class" in said
    assert "28% of the pictures learnt from are val's" in said


def test_its_python_runs(tmp_path):
    (code,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs/checking.md").read_text("utf-8"), re.DOTALL
    )
    Image.new("RGB", (300, 300), "red").save(tmp_path / "picture.jpg")
    done = subprocess.run(
        [sys.executable, "-c", code + "\nprint(change.shape)"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    first, *others = done.stdout.splitlines()
    decision, score, *claims = first.split(" ")
    assert 0 < float(score) < 1
    assert claims == ["[]"]
    assert others == [f"picture.jpg {decision}", "missing.jpg unreadable file", "(256, 256)"]


def test_the_readme_is_one_page():
    assert len((ROOT / "README.md").read_bytes()) <= 12 * 1024


@pytest.mark.parametrize("page", ["README.md", *PAGES_OF_DOCS])
def test_links_and_pictures_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert ((ROOT / page).parent / link).exists(), (page, link)


def test_nothing_is_read_twice():
    """No paragraph of prose stands on two pages."""
    seen: dict[str, str] = {}
    for page in ("README.md", *PAGES_OF_DOCS):
        text = (ROOT / page).read_text(encoding="utf-8")
        text = re.sub(r"<!-- begin.*?<!-- end", "", text, flags=re.DOTALL)
        for paragraph in text.split("\n\n"):
            if len(paragraph) > 200 and not paragraph.startswith(("```", "|")):
                assert seen.setdefault(paragraph, page) == page, paragraph


PACKAGE = ROOT / "src" / "real_or_ai"


def test_the_trees_name_every_room():
    readme, architecture = (
        (ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "docs/architecture.md")
    )
    for path in PACKAGE.iterdir():
        if path.name.startswith("_") or path.name == "py.typed":
            continue
        assert path.name in readme, path.name
    for path in PACKAGE.glob("stages/*/__main__.py"):
        assert f"{path.parent.name}/" in architecture, path
    for path in PACKAGE.glob("[!sw]*/*.py"):
        assert path.name == "__init__.py" or path.stem in architecture, path


def layers() -> dict[str, set[str]]:
    """Room -> those it may import, by the table in docs/architecture.md."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = text.split("| room | may import |\n|---|---|\n")[1].split("\n\n")[0]
    rows = (line.strip("| ").split("|") for line in table.splitlines())
    return {room.strip(): set(re.findall(r"\w+", "".join(others))) for room, *others in rows}


def test_a_room_imports_only_what_the_table_says():
    allowed = layers()
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        room, stage = parts[0], parts[1] if parts[0] == "stages" else None
        if room == "__init__":
            continue
        for name in imported(path):
            other, *inner = name.split(".")[1:] or [room]
            assert other == room or other in allowed[room], f"{path} imports {name}"
            assert "__main__" not in inner, f"{path} imports a shell: {name}"
            if stage and other == "stages":
                assert inner[0] == stage, f"{path} imports another stage: {name}"


def imported(path: Path) -> list[str]:
    """Modules of the package that a file imports, wherever in it."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("real_or_ai"):
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            found += whole
        elif isinstance(node, ast.Import):
            found += [one.name for one in node.names if one.name.startswith("real_or_ai.")]
    return found
