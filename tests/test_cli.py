import errno
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import kagglehub
import pytest
from dvc.utils.hydra import apply_overrides

from conftest import ROOT, write_params
from real_or_ai import cli
from real_or_ai.conventions.errors import UserError
from real_or_ai.download import collection
from real_or_ai.review import overview
from real_or_ai.stages.release import __main__ as release


def run(capsys, *words: str, there: Path = ROOT) -> tuple[int, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["real-or-ai", *words])
        patch.chdir(there)
        with pytest.raises(SystemExit) as raised:
            cli.main()
    said = capsys.readouterr()
    return int(raised.value.code or 0), said.out, said.err


def test_the_doctor_finds_nothing_here(capsys, project):
    code, out, _ = run(capsys, "doctor", there=project)
    assert (code, out.split(":")[0]) == (0, "data/sample")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["doctor", "--set", "prepare.raw=nowhere"],
            "error: nowhere: no such folder; put pictures into nowhere/<source>/real and "
            "nowhere/<source>/ai, or set prepare.raw to a folder that has them (the report's "
            "come with: real-or-ai download report)\n",
        ),
        (["doctor", "--set", "split.test"], "error: --set split.test: expected key=value\n"),
        (
            ["doctor", "-S", "split.seed=x"],
            'error: params.yaml: split.seed is "x": input should be a valid integer\n',
        ),
    ],
)
def test_a_persons_mistake_is_one_sentence_and_exit_code_2(capsys, words, sentence):
    code, _, err = run(capsys, *words)
    assert (code, err) == (2, sentence)


def test_a_review_of_nothing_is_one_sentence(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(overview, "PREPARED", tmp_path / "prepared")
    code, _, err = run(capsys, "review", "--into", str(tmp_path / "review.html"))
    assert code == 2
    assert err == f"error: {tmp_path}/prepared/manifest.csv: not found; run make repro first\n"
    assert not list(tmp_path.iterdir())


def test_a_review_is_of_what_the_pipeline_prepared(capsys, monkeypatch, project):
    asked = []
    monkeypatch.setattr(overview, "write", lambda *given: asked.append(given) or "what was seen")
    code, out, _ = run(capsys, "review", there=project)
    assert (code, out) == (0, "what was seen\n")
    ((prepared, into, params),) = asked
    assert (prepared, into) == (Path("data/prepared"), Path("review.html"))
    assert params.raw == "data/sample"


def test_kaggle_out_of_reach_is_one_sentence(capsys, monkeypatch, tmp_path):
    def fail(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(kagglehub, "dataset_download", fail)
    code, _, err = run(capsys, "download", "kaggle", "--into", str(tmp_path / "k"))
    assert code == 2
    assert "could not be downloaded (OSError); check the network, or download it" in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_not_the_networks_fault(capsys, monkeypatch, tmp_path):
    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(kagglehub, "dataset_download", fail)
    code, _, err = run(capsys, "download", "kaggle", "--into", str(tmp_path / "k"))
    assert code == 2
    assert err == (
        f"error: {tmp_path}/k: no room to write it (No space left on device); "
        "free some space and run again\n"
    )
    assert not list(tmp_path.iterdir())


def test_kaggle_in_reach_says_how_to_track_it(capsys, monkeypatch, tmp_path):
    asked = []
    folder = tmp_path / "k"

    def fetch(handle: str, output_dir: str) -> None:
        asked.append(handle)
        assert not folder.exists()  # it appears whole
        (Path(output_dir) / ".complete").mkdir(parents=True)
        (Path(output_dir) / "RealArt").mkdir()

    monkeypatch.setattr(kagglehub, "dataset_download", fetch)
    code, out, _ = run(capsys, "download", "kaggle", "--into", str(folder))
    assert code == 0
    assert asked == ["cashbowman/ai-generated-images-vs-real-images"]
    assert f"dvc add {folder} && git add {folder}.dvc\n" in out
    assert [path.name for path in folder.iterdir()] == ["RealArt"]
    code, _, err = run(capsys, "download", "kaggle", "--into", str(folder))
    assert (code, "already holds files" in err) == (2, True)


def test_the_collection_says_what_is_missing_and_how_to_use_it(capsys, monkeypatch):
    asked = []

    def fetch(folder: Path, *, originals: bool = False) -> int:
        asked.append((str(folder), originals))
        return 2

    monkeypatch.setattr(collection, "fetch", fetch)
    code, out, _ = run(capsys, "download", "collection")
    assert code == 0
    assert "2 files are gone or have changed: data/collection/missing.csv\n" in out
    assert out.endswith("to use it: make experiment NAME=collection\n")
    code, out, _ = run(capsys, "download", "collection", "--originals")
    assert out.endswith("to use it: dvc exp run -S prepare.raw=data/collection-originals\n")
    assert run(capsys, "download", "collection", "--originals", "--into", "there")[0] == 0
    assert asked == [
        ("data/collection", False), ("data/collection-originals", True), ("there", True)
    ]  # fmt: skip


def test_only_the_collection_has_originals(capsys, tmp_path):
    code, _, err = run(capsys, "download", "kaggle", "--originals", "--into", str(tmp_path / "k"))
    assert (code, err) == (2, "error: --originals: kaggle is never reduced; leave the option out\n")


def test_a_stage_run_directly_says_the_same(tmp_path, project):
    apply_overrides(project / "params.yaml", ["prepare.raw=nowhere"])
    done = subprocess.run(
        [
            sys.executable, "-m", "real_or_ai.stages.prepare.__main__",
            str(tmp_path / "prepared"), str(tmp_path / "prepare.json"),
        ],
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: nowhere: no such folder; put pictures into")
    assert list(tmp_path.iterdir()) == [project]


def test_a_detector_without_a_card_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match=r"cards/small\.json: not there; .* give small its row th"):
        release.run(tmp_path / "x.onnx", tmp_path / "cards/small.json", tmp_path / "small.onnx")
    assert not list(tmp_path.iterdir())


def test_it_tells_its_version(capsys):
    assert run(capsys, "--version") == (0, f"real-or-ai {metadata.version('real-or-ai')}\n", "")


def test_a_bad_value_that_an_earlier_run_left_is_told_from_what_is_asked(capsys, tmp_path):
    """DVC writes it into params.yaml, and leaves it there when the run fails."""
    write_params(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/overrides.csv").write_text("raw,action\n", encoding="utf-8")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "a"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    left = " (params.yaml is not as committed, perhaps by a run that failed: split.seed; git"
    bad = (tmp_path / "params.yaml").read_text(encoding="utf-8")
    apply_overrides(tmp_path / "params.yaml", ["split.seed=x"])
    for words in ([], ["-S", "split.test=31"]):
        code, _, err = run(capsys, "doctor", *words, there=tmp_path)
        assert (code, err.count("\n")) == (2, 1)
        assert "split.seed is" in err
        assert left in err
    (tmp_path / "params.yaml").write_text(bad.replace("seed: 1", "seed: 2"), encoding="utf-8")
    _, _, err = run(capsys, "doctor", "-S", "split.test=2000", there=tmp_path)
    assert "not as committed" not in err
    _, _, err = run(capsys, "doctor", "-S", "split.seed=y", there=tmp_path)
    assert "not as committed" not in err


def test_the_doctor_checks_each_value_of_a_grid(capsys):
    words = ["doctor", "-S", "train.lenet5.learning_rate=0.001,0.003", "-S", "+split.seed=[2]"]
    assert run(capsys, *words)[0] == 2
    words[-1] = "++split.seed=choice(1,2)"
    code, out, err = run(capsys, *words)
    assert (code, len(out.splitlines()), err) == (0, 4, "")
