"""The list of planted faults fits the code, and what applies it tells a killed one from another."""

import ast
from collections import Counter
from dataclasses import replace

import pytest
from tools import mutants

from conftest import ROOT

MUTANTS = mutants.read()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: f"{one.file}: {one.what}")
def test_a_mutant_fits_its_file_and_is_code(mutant):
    text = (ROOT / mutant.path).read_text(encoding="utf-8")
    planted = ast.dump(ast.parse(mutant.planted(text)))
    assert planted != ast.dump(ast.parse(text))
    assert mutant.tests
    for name in mutant.tests:
        assert (ROOT / "tests" / f"test_{name}.py").is_file(), name


def test_every_folder_of_the_package_has_its_mutants():
    files = (ROOT / mutants.SOURCE).rglob("*.py")
    folders = {path.parent for path in files if path.name != "__init__.py"}
    there = Counter((ROOT / one.path).parent for one in MUTANTS)
    assert folders - set(there) == set()
    assert len({(one.file, one.old, one.new) for one in MUTANTS}) == len(MUTANTS)


def test_few_mutants_survive_and_each_has_its_reason():
    surviving = [one for one in MUTANTS if one.survives]
    assert len(surviving) <= mutants.ALLOWED * len(MUTANTS)


@pytest.fixture
def tree(tmp_path):
    """A package of one function, and a test that knows half of what it should give."""
    (tmp_path / mutants.SOURCE).mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    (tmp_path / mutants.SOURCE / "__init__.py").touch()
    code = tmp_path / mutants.SOURCE / "sums.py"
    code.write_text("def plus(a, b):\n    return a + b\n", encoding="utf-8")
    (tmp_path / "tests" / "test_sums.py").write_text(
        "from real_or_ai.sums import plus\n\ndef test_plus():\n    assert plus(2, 2) == 4\n",
        encoding="utf-8",
    )
    return tmp_path


def test_what_a_test_sees_is_killed_what_none_sees_survives(tree):
    code = tree / mutants.SOURCE / "sums.py"
    before = code.read_text(encoding="utf-8")
    seen = mutants.Mutant("minus", "sums.py", "a + b", "a - b", ("sums",))
    assert mutants.passes(tree, ["sums"])
    assert not mutants.survives(seen, tree)
    assert mutants.survives(replace(seen, new="a * b"), tree)  # 2 and 2
    assert code.read_text(encoding="utf-8") == before
    with pytest.raises(ValueError, match="holds 'b' 2 times, expected once"):
        mutants.survives(replace(seen, old="b"), tree)
    with pytest.raises(ValueError, match="no tests in"):
        mutants.survives(replace(seen, tests=("products",)), tree)
