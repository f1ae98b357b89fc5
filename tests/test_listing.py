import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import typing
from collections import Counter
from pathlib import Path

import pytest
from PIL import ExifTags, Image

import toy_detector
from conftest import ROOT, encoded
from real_or_ai import Detector, UserError, cli
from real_or_ai.check import listing
from real_or_ai.check.project import STARTER
from real_or_ai.claims.claim import CAUTION
from real_or_ai.registry import TITLES

LEFT_OUT = "left out, as no pictures: 3 files (1 named .hidden.jpg, 1 links to folders, 1 .txt)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("detectors")


@pytest.fixture(scope="module")
def cue(folder) -> Path:
    return toy_detector.write(folder / "cue.onnx", toy_detector.describe())


@pytest.fixture(scope="module")
def detector(cue) -> Detector:
    return Detector.load(cue)


@pytest.fixture
def pictures(tmp_path):
    """real, AI and unsure, a claim, a file that is none, in folders whose order is not that."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Canon"
    for name, value in {"b/x.png": 0, "a/z.jpg": 255, "a/1/deep.webp": 100}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (48, 48), (value, 0, 0)).save(path, exif=exif, quality=100)
    (tmp_path / "a" / "notes.jpg").write_text("no picture", encoding="utf-8")
    (tmp_path / "a" / "z.txt").write_text("a caption", encoding="utf-8")
    (tmp_path / "a" / ".hidden.jpg").write_bytes(b"x")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    return tmp_path


def checked(detector, paths, form, capsys) -> tuple[int, str, str]:
    out = io.StringIO()
    code = listing.check(detector, [str(path) for path in paths], form, out)
    return code, out.getvalue(), capsys.readouterr().err


def test_folders_are_walked_in_order_of_name(pictures):
    (pictures / "empty").mkdir()
    left_out, bare = Counter(), set()
    asked = [str(pictures / "b/x.png"), str(pictures), "nowhere", str(pictures / "empty")]
    found = list(listing.files(asked, left_out, bare))
    below = ["a/1/deep.webp", "a/notes.jpg", "a/z.jpg", "b/x.png"]
    assert found == [
        str(pictures / "b/x.png"),
        *(str(pictures / name) for name in below),
        "nowhere",
        str(pictures / "empty"),
    ]
    assert left_out == {"named .hidden.jpg": 1, ".txt": 1, "links to folders": 1}
    assert bare == {str(pictures / "empty")}


def test_a_folder_is_walked_only_as_far_as_it_is_asked(monkeypatch, pictures):
    listed = []
    original = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(path) or original(path))
    next(listing.files([str(pictures)], Counter(), set()))
    assert str(pictures / "b") not in listed


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_each_file_is_a_row(detector, pictures, capsys, form):
    code, out, err = checked(detector, [pictures, "nowhere.png"], form, capsys)
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(out)))
        assert [row["claims"] for row in rows] == ["camera: Canon", "", *["camera: Canon"] * 2, ""]
        scores = [float(row["score"]) if row["score"] else None for row in rows]
    else:
        document = json.loads(out) if form == "json" else None
        rows = document["pictures"] if document else [json.loads(line) for line in out.splitlines()]
        assert rows[0]["claims"] == [{"kind": "camera", "text": "Canon", "suggests": "real"}]
        scores = [row["score"] for row in rows]
        assert [row["probability"] for row in rows] == scores
        if document:
            assert (document["model"], document["claims_caution"]) == ("cue", CAUTION)
    assert code == 1  # two could not be read
    assert err == f"{LEFT_OUT}\n{CAUTION}\n"
    assert [row["path"] for row in rows] == [
        *(str(pictures / name) for name in ("a/1/deep.webp", "a/notes.jpg", "a/z.jpg", "b/x.png")),
        "nowhere.png",
    ]
    assert [row["verdict"] or None for row in rows] == ["unsure", None, "ai", "real", None]
    assert rows[1]["error"] == "not a picture: 10 bytes of no known format"
    assert rows[4]["error"] == "unreadable file: No such file or directory"
    assert [score is None for score in scores] == [False, True, False, False, True]
    alone = detector.check(pictures / "b/x.png")
    assert scores[3] == alone.score  # all digits survive


def test_the_table_is_for_people(detector, pictures, capsys):
    code, out, err = checked(detector, [pictures], "table", capsys)
    lines = out.splitlines()
    assert (code, err) == (1, "")
    assert lines[0].split() == ["verdict", "score", "picture"]
    assert lines[1].startswith("unsure  0.")
    assert (
        lines[2].split(":") == ["", "it says", " camera", " Canon"] or "camera: Canon" in lines[2]
    )
    assert lines[3] == (
        f"error          {pictures}/a/notes.jpg: 10 bytes of no known format (not a picture)"
    )
    assert lines[4].startswith("AI      1.000")
    assert "against this, it says: camera: Canon" in lines[5]
    assert lines[-3:] == [
        "4 pictures: 1 real, 1 AI, 1 unsure, 1 could not be read, "
        "1 contradicted by what the file says",
        LEFT_OUT,
        CAUTION,
    ]


@pytest.mark.parametrize("form", list(listing.WRITERS))
@pytest.mark.parametrize("toy", [False, True])
def test_a_toy_says_so_in_every_output(folder, pictures, capsys, form, toy):
    path = toy_detector.write(folder / "toy.onnx", toy_detector.describe(drawn=True))
    detector = Detector.load(path, toy=toy)
    code, out, err = checked(detector, [pictures / "a/z.jpg"], form, capsys)
    assert code == 0
    assert "cue is a toy, trained on drawn pictures" in out
    assert (detector.caution in err) == (form != "table")
    if form == "jsonl":
        row = json.loads(out)
        assert (row["verdict"], row["caution"]) == ("ai" if toy else None, detector.caution)
        assert row["score"] > 0.9
    if form == "table":
        assert ("AI      1.000" in out) == toy


def test_rows_come_while_later_pictures_wait(detector, pictures):
    """A reader gets the first rows before the last path was even asked for."""
    out = io.StringIO()
    asked = []

    def paths():
        for _ in range(200):
            asked.append(len(out.getvalue().splitlines()))
            yield str(pictures / "b/x.png")

    listing.check(detector, paths(), "jsonl", out)
    assert len(out.getvalue().splitlines()) == 200
    assert asked[0] == 0
    assert asked[-1] > 100


def test_a_name_cannot_play_tricks_on_the_terminal(detector, tmp_path, capsys):
    name = "a\x1b[31m\nreal 0.000.png"
    Image.new("RGB", (48, 48)).save(tmp_path / "x.png")
    os.rename(tmp_path / "x.png", tmp_path / name)
    out = checked(detector, [tmp_path], "table", capsys)[1]
    assert "a?[31m?real 0.000.png" in out
    (row,) = csv.DictReader(io.StringIO(checked(detector, [tmp_path], "csv", capsys)[1]))
    assert row["path"] == str(tmp_path / name)


def test_the_formats_on_the_command_line_are_those_there_are():
    assert list(typing.get_args(cli.Format)) == list(listing.WRITERS)


def test_an_explanation_is_a_picture(detector, pictures):
    into = pictures / "out.png"
    listing.explain(detector, [str(pictures / "b/x.png")], into)
    with Image.open(into) as image:
        assert image.format == "PNG"
        assert min(image.size) > 400
    for paths, wrong, sentence in (
        ([str(pictures)], into, "draws one picture; give one file"),
        (["a.png", "b.png"], into, "draws one picture; give one file"),
        (["a.png"], pictures / "x.jpg", "a name that ends in .png"),
    ):
        with pytest.raises(UserError, match=sentence):
            listing.explain(detector, paths, wrong)
    damaged = str(pictures / "a/notes.jpg")
    with pytest.raises(UserError, match=r"a/notes\.jpg: cannot be read as a picture: 10 bytes"):
        listing.explain(detector, [damaged], into)


@pytest.mark.parametrize("form", list(listing.WRITERS))
def test_a_folder_without_pictures_is_an_error(detector, pictures, capsys, form):
    (pictures / "empty").mkdir()
    (pictures / "empty/note.txt").write_text("a note", encoding="utf-8")
    code, out, _ = checked(detector, [pictures / "empty", pictures / "b"], form, capsys)
    assert code == 1
    assert "a folder without pictures" in out
    assert str(pictures / "b/x.png") in out


def test_no_name_is_a_formula_to_a_spreadsheet(detector, pictures, monkeypatch, capsys):
    names = ["=1+1.png", "+x.png", "-x.png", "@x.png", "\tx.png", "a=1.png"]
    for name in names:
        Image.new("RGB", (48, 48)).save(pictures / name)
    monkeypatch.chdir(pictures)
    rows = csv.DictReader(io.StringIO(checked(detector, names, "csv", capsys)[1]))
    said = [row["path"] for row in rows]
    assert said == [*(f"./{name}" for name in names[:-1]), "a=1.png"]
    assert [os.path.samefile(one, name) for one, name in zip(said, names, strict=True)] == [
        True
    ] * 6
    rows = map(json.loads, checked(detector, names, "jsonl", capsys)[1].splitlines())
    assert [row["path"] for row in rows] == names


# --- the command itself -------------------------------------------------------------------------


def command(*words: str, cwd=ROOT, **options):
    program = "from real_or_ai.cli import main; main()"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")} | options.pop("env", {})
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(
        [sys.executable, "-c", program, *words], cwd=cwd, env=environment, **(pipes | options)
    )


def ran(*words: str, cwd=ROOT) -> tuple[int, str, str]:
    process = command(*words, cwd=cwd)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_to_a_pipe_goes_csv(cue, pictures):
    good = str(pictures / "b/x.png")
    code, out, err = ran("check", good, "--detector", str(cue))
    assert (code, err) == (0, CAUTION + "\n")
    assert [row["verdict"] for row in csv.DictReader(io.StringIO(out))] == ["real"]
    code, out, _ = ran(
        "check", good, str(pictures / "a/notes.jpg"), "--detector", str(cue),
        "--format", "jsonl",
    )  # fmt: skip
    assert (code, len(out.splitlines())) == (1, 2)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["check"], "Missing argument"),
        (["check", "x.png", "--format", "xml"], "xml"),
        (["check", "x.png", "--detector", "cnn"], "error: --detector cnn: no such file, and no"),
        (["check", "x.png", "--detector", "y.onnx"], "error: y.onnx: no such detector"),
        (["info", "cnn"], "error: --detector cnn: no such file, and no"),
    ],
)
def test_a_wrong_command_is_code_2(tmp_path, words, says):
    code, out, err = ran(*words, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err


def test_stopping_it_is_quiet(cue, tmp_path):
    """Ctrl-C and a reader that goes away (`| head`): no traceback, nothing left running."""
    many = tmp_path / "many"
    many.mkdir()
    data = encoded(Image.new("RGB", (900, 900)))
    for number in range(400):
        (many / f"{number}.png").write_bytes(data)
    words = ["check", str(many), "--detector", str(cue), "--format", "jsonl"]
    process = command(*words)
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "")
    assert time.monotonic() - start < 10
    process = command(*words)
    assert process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=20) == 141  # as shells say of `cat` before `head`
    assert err == ""


@pytest.mark.parametrize(
    ("form", "encoding"),
    [("table", "ascii"), ("table", "utf-16"), ("csv", "latin-1"), ("csv", "utf-8")],
)
def test_every_row_comes_out_whatever_the_output_s_encoding(cue, tmp_path, form, encoding):
    names = ["Grüße.png", "日本 🖼.png", os.fsdecode(b"\xff.png")]
    for name in names:
        Image.new("RGB", (48, 48)).save(tmp_path / "x.png")
        os.rename(tmp_path / "x.png", tmp_path / name)
    words = ["check", ".", "--detector", str(cue), "--format", form]
    process = command(*words, cwd=tmp_path, text=False, env={"PYTHONIOENCODING": encoding})
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    said = out.decode(encoding, "backslashreplace")
    assert said.count(".png") == 3
    assert ("Grüße" if encoding != "ascii" else "Gr\\xfc\\xdfe") in said
    if (form, encoding) == ("csv", "utf-8"):
        assert b"./\xff.png," in out  # the very name


def test_names_come_out_as_they_are_where_python_knows_ascii_alone(cue, tmp_path):
    Image.new("RGB", (48, 48)).save(tmp_path / "Grüße.png")
    words = ["check", ".", "--detector", str(cue), "--format", "csv"]
    alone = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    process = command(*words, cwd=tmp_path, text=False, env=alone)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert "./Grüße.png,real," in out.decode()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize(("form", "unbuffered"), [("table", ""), ("csv", "1"), ("json", "")])
def test_an_output_that_takes_no_more_is_one_sentence(cue, pictures, form, unbuffered):
    words = ["check", str(pictures / "b"), "--detector", str(cue), "--format", form]
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = command(*words, stdout=full, env={"PYTHONUNBUFFERED": unbuffered})
        err = process.communicate(timeout=60)[1]
    assert (process.returncode, err) == (
        2,
        "error: standard output: cannot be written (No space left on device); free some space, or "
        "send it elsewhere\n",
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_rows_come_out_though_nothing_can_be_said_beside_them(cue, pictures):
    words = ["check", str(pictures / "a"), "--detector", str(cue), "--format", "csv"]
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = command(*words, stderr=full)
        out = process.communicate(timeout=60)[0]
    assert (process.returncode, len(out.splitlines())) == (1, 4)


def test_without_an_output_it_says_so(cue, pictures):
    words = f"check {pictures}/b --detector {cue}"
    code = "from real_or_ai.cli import main; main()"
    done = subprocess.run(
        f"{sys.executable} -c '{code}' {words} >&-",
        shell=True, capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: standard output is closed; ")


def test_info_prints_the_card_and_the_file(small):
    code, out, _ = ran("info", str(small / "detectors/cnn.onnx"))
    card = (small / "metrics/cards/cnn.md").read_text(encoding="utf-8")
    assert code == 0
    assert out.startswith(card)
    assert "## The file" in out
    assert "at most 25% of the real pictures are called AI" in out
    code, out, _ = ran("info", str(small / "models/calibrated/cnn.onnx"))
    assert out.startswith("# cnn\n\nNo model card")
    assert "cnn is a toy" in out


def test_outside_a_project_the_starter_is_the_default(tmp_path, pictures):
    picture = str(pictures / "b/x.png")
    outs = [
        ran("check", picture, *words, "--format", "jsonl", cwd=tmp_path)
        for words in ([], ["--detector", "starter"], ["--detector", str(STARTER)])
    ]
    assert outs[0][0] == 0
    assert outs[0] == outs[1] == outs[2]
    assert json.loads(outs[0][1])["verdict"] in ("real", "ai", "unsure")


def test_inside_a_project_the_chosen_detector_is_the_default(small, pictures):
    """The starter, while it holds but toys that nobody asks for."""
    for name in ("dvc.yaml", "params.yaml"):
        (small / name).touch()
    chosen = json.loads((small / "metrics/comparison.json").read_text())["chosen"]["model"]
    picture = str(pictures / "b/x.png")
    outs = [
        ran("check", picture, *words, "--format", "jsonl", cwd=small / "plots")
        for words in (
            ["--toy"],
            ["--toy", "--detector", chosen],
            ["--toy", "--detector", f"../detectors/{chosen}.onnx"],
            [],
            ["--detector", "starter"],
        )
    ]
    assert outs[0][0] == 0
    assert outs[0] == outs[1] == outs[2]
    assert json.loads(outs[0][1])["caution"].startswith(f"{TITLES[chosen]} is a toy")
    assert outs[3] == outs[4] != outs[0]
