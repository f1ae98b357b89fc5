"""A toy gives verdicts to who asks for them by --toy, and to nobody else."""

import json
import sys

import pytest

import toy_detector
from conftest import encoded
from real_or_ai import cli


@pytest.mark.parametrize(("words", "verdict"), [([], None), (["--toy"], "ai")])
def test_check_passes_the_option_on(tmp_path, capsys, monkeypatch, words, verdict):
    file = toy_detector.write(tmp_path / "toy.onnx", toy_detector.describe(drawn=True))
    picture = tmp_path / "picture.png"
    picture.write_bytes(encoded(toy_detector.planted(180)))
    command = ["check", str(picture), "--detector", str(file), "--format", "jsonl", *words]
    monkeypatch.setattr(sys, "argv", ["real-or-ai", *command])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    row = json.loads(capsys.readouterr().out.splitlines()[0])
    assert row["verdict"] == verdict
    assert row["score"] > 0.9
