"""What is committed as README.md says what the committed files say."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from tools import readme

import toy_detector
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


def test_its_python_runs(tmp_path):
    (code,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs/checking.md").read_text("utf-8"), re.DOTALL
    )
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
