"""How far something is, where nobody sees a bar: in a file, or under DVC."""

import io
import sys

import pytest

from real_or_ai.conventions import progress
from real_or_ai.pictures.parallel import in_order


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_refresh_is_a_line(capsys):
    with progress.progress(20, "train", " pictures", 10) as shown:
        for epoch in (1, 2):
            shown.update(5)
            shown.set_postfix(epoch=epoch)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "train: 15 of 20 pictures",
        "train: 20 of 20 pictures",
    ]
    assert lines[1].endswith("epoch=2")


def test_what_is_soon_done_says_nothing(capsys):
    assert list(in_order(str, range(20), "look", threads=True)) == [str(n) for n in range(20)]
    assert capsys.readouterr().err == ""


def test_what_takes_its_time_says_so_now_and_then(capsys, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS", 0)
    assert list(in_order(str, range(5), "look", threads=True)) == [str(n) for n in range(5)]
    assert "look: 3 of 5 pictures, " in capsys.readouterr().err


@pytest.mark.parametrize("stream", [None, Terminal()])
def test_a_terminal_gets_a_bar_and_no_stream_nothing(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    with progress.progress(2, "train", " pictures") as shown:
        shown.update(2)
        shown.refresh()
    if stream is not None:
        assert "100%|" in stream.getvalue()
        assert "\r" in stream.getvalue()
