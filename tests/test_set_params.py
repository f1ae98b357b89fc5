"""Changes by -S: read as DVC reads them, and written by DVC into our params.yaml."""

import shlex
from copy import deepcopy

import pytest
from dvc.utils.hydra import apply_overrides

from conftest import ROOT
from real_or_ai.conventions.errors import ParamsError
from real_or_ai.conventions.params import read
from real_or_ai.experiments import campaign
from real_or_ai.experiments.parameters import Parameters
from real_or_ai.experiments.set_params import alternatives, assigned, changed, words

TEXT = (ROOT / "params.yaml").read_text(encoding="utf-8")


@pytest.fixture
def written(tmp_path):
    """params.yaml as DVC leaves it after -S."""
    path = tmp_path / "params.yaml"
    path.write_text(TEXT, encoding="utf-8")

    def write(*lines: str) -> dict:
        apply_overrides(path, list(lines))
        return read(path)

    return path, write


@pytest.mark.parametrize(
    "line",
    [
        "split.seed=2",
        "split.external=[]",
        'split.external=["a b",c]',
        "fit_svm.C=[1.0]",
        "decode.delivery=null",
        "decode.delivery={short_side: 64}",
        "train.lenet5.learning_rate=1e-05",
        "train.lenet5.patience=3",
        "prepare.class_folders={real: [x], ai: [y]}",
        "++split.test=0.25",
        "+split.external=[a]",
        "~train.cnn.dropout",
        "prepare.raw=/a/b-c_d.e",
        "prepare.raw=a b",
        "prepare.raw=007",
        'prepare.raw="Grüße, (x) $HOME `x`"',
        "prepare.raw=100%",
        "split.seed=int(3)",
    ],
)
def test_a_change_is_what_dvc_writes(written, line):
    path, write = written
    key, _, text = line.partition("=")
    values = read(path)
    before = deepcopy(values)
    assert changed(values, {key: text}) == write(line)
    assert values == before


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("split.sede=2", "params.yaml has no split.sede; correct the key"),
        ("prepare.raw=Grüße", r"cannot read the value; .*: -S 'prepare.raw=\"Grüße\"'"),
        ("prepare.raw=$(x)", r"cannot read the value; .*: -S 'prepare.raw=\"\$\(x\)\"'"),
        ("~split.sede", "params.yaml has no split.sede"),
        ("split@x.seed=2", "@ names a package"),
        ("+split.seed=2", "has split.seed already; write it without +"),
        ("split.seed=${nowhere}", "takes .* for a reference"),
        ("dvc.yaml:split.seed=2", "names another file"),
    ],
)
def test_what_dvc_refuses_is_refused_in_a_sentence(values, written, line, sentence):
    key, _, text = line.partition("=")
    with pytest.raises(ParamsError, match=sentence):
        changed(values, {key: text})
    if not key.startswith("dvc.yaml"):
        with pytest.raises(Exception, match=r"."):  # DVC lets some of Hydra's errors through
            written[1](line)
    assert written[0].read_text(encoding="utf-8") == TEXT


def test_a_grid_is_each_of_its_combinations(values):
    grid = {"split.seed": "1,2", "train.lenet5.learning_rate": "choice(0.001,0.003)"}
    found = [
        (one["split"]["seed"], one["train"]["lenet5"]["learning_rate"])
        for one in alternatives(values, grid)
    ]
    assert found == [(1, 0.001), (1, 0.003), (2, 0.001), (2, 0.003)]
    lists = alternatives(values, {"split.external": "[a],[b,c]"})
    assert [one["split"]["external"] for one in lists] == [["a"], ["b", "c"]]
    with pytest.raises(ParamsError, match="is a grid of values; give one"):
        changed(values, grid)
    with pytest.raises(ParamsError, match="DVC takes no glob"):
        list(alternatives(values, {"split.external": "glob(*)"}))


@pytest.mark.parametrize(
    "value",
    [
        "a",
        "a b",
        "Grüße",
        "$(x)",
        "`x`",
        'a"b',
        "a'b",
        "a\\b",
        "null",
        "1e5",
        "[a]",
        "a,b",
        "~",
        "",
    ],
)
def test_a_value_is_quoted_so_that_it_comes_back(values, value):
    (line,) = shlex.split(assigned("prepare.raw", value))
    key, _, text = line.partition("=")
    assert changed(values, {key: text})["prepare"]["raw"] == value


def test_params_yaml_is_in_the_form_that_dvc_leaves(written):
    path, write = written
    write("split.seed=1")
    assert path.read_text(encoding="utf-8") == TEXT


def test_params_yaml_survives_many_changes(written):
    """DVC rewrites the whole file each time; a comment beside a list once made it unreadable."""
    path, write = written
    first = read(path)
    lists = ["split.external", "fit_svm.C", "fit_svm.gamma", "train.augmentation.operations"]
    lists += ["prepare.class_folders.real", "prepare.class_folders.ai"]
    for key in lists:
        above, _, last = key.rpartition(".")
        node = first
        for part in above.split("."):
            node = node[part]
        for value in ("[]", "[x]", "[x,y,z]", "[]", str(node[last]).replace("'", "")):
            write(f"{key}={value}", "split.seed=2")
            write("split.seed=1", "decode.delivery=null")
            write("decode.delivery={short_side: 256, jpeg_quality: 85}")
    assert read(path) == first
    Parameters.of(read(path))
    assert path.read_text(encoding="utf-8").count("#") == TEXT.count("#") - 1  # delivery's own


@pytest.mark.parametrize("name", ["a", "a\\b", 'a"b', "it's", "both \"'", "x,y", "Élysée", "[a]"])
def test_a_source_of_any_name_can_be_held_out(values, name):
    change = campaign._only_tested(name)
    assert changed(values, change)["split"]["external"] == [name]
    assert words({**change, "~train.cnn.dropout": ""}) == [
        "-S", f"split.external={change['split.external']}", "-S", "~train.cnn.dropout",
    ]  # fmt: skip
