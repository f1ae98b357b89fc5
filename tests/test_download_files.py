"""Files from a server that is slow, errs, sends wrong bytes and breaks off: on loopback alone."""

import hashlib
import json
import time

import pytest

from loopback import held, serving
from real_or_ai.conventions.errors import DownloadError
from real_or_ai.download import files, repository


@pytest.fixture
def server(monkeypatch):
    with serving(monkeypatch) as made:
        yield made


def test_all_come_whatever_the_server_does_at_first(server, tmp_path):
    wanted = [server.wanted(f"{number}.jpg", b"%d" % number * 500) for number in range(12)]
    server.first = {
        "0.jpg": ["503"], "1.jpg": ["429", "500"], "2.jpg": ["break"], "3.jpg": ["slow"],
        "4.jpg": ["break", "502", "break"],
    }  # fmt: skip
    assert files.fetch(wanted, tmp_path) == 0
    assert held(tmp_path) == {f"source/ai/{name}": data for name, data in server.held.items()}
    assert server.asked == {
        f"{number}.jpg": {0: 2, 1: 3, 2: 2, 4: 4}.get(number, 1) for number in range(12)
    }
    assert 1 < server.most_at_once <= files.AT_ONCE


def test_what_is_there_is_not_asked_for_again_and_what_is_half_there_is(server, tmp_path):
    wanted = [server.wanted(f"{number}.jpg", b"%d" % number * 500) for number in range(4)]
    files.fetch(wanted, tmp_path)
    (tmp_path / "source/ai/2.jpg").write_bytes(b"2" * 100)
    (tmp_path / "source/ai/3.jpg").write_bytes(b"x" * 500)
    server.asked.clear()
    files.fetch(wanted, tmp_path)
    assert server.asked == {"2.jpg": 1, "3.jpg": 1}
    assert (tmp_path / "source/ai/3.jpg").read_bytes() == b"3" * 500


def test_what_is_gone_or_changed_is_a_line_and_no_stop(server, tmp_path):
    wanted = [server.wanted(f"{number}.jpg", b"%d" % number * 500) for number in range(70)]
    del server.held["7.jpg"]
    server.held["8.jpg"] = b"9" * 500  # another picture of the same size
    server.held["9.jpg"] *= 1000  # more than was said
    assert files.fetch(wanted, tmp_path) == 3
    lines = (tmp_path / "missing.csv").read_text("utf-8").splitlines()
    assert lines == [
        "file,address,reason",
        f"source/ai/7.jpg,{server.address}/7.jpg,the server answers 404",
        f"source/ai/8.jpg,{server.address}/8.jpg,has changed",
        f"source/ai/9.jpg,{server.address}/9.jpg,has changed",
    ]
    assert len(held(tmp_path)) == 67 + 1
    server.held |= {f"{n}.jpg": b"%d" % n * 500 for n in (7, 8, 9)}
    assert files.fetch(wanted, tmp_path) == 0
    assert not (tmp_path / "missing.csv").exists()


def test_too_many_that_are_missing_end_it_and_nothing_is_lost(server, tmp_path):
    wanted = [server.wanted(f"{number}.jpg", b"%d" % number * 500) for number in range(40)]
    for number in range(20, 40):
        del server.held[f"{number}.jpg"]
    with pytest.raises(
        DownloadError, match=r"the server answers 404, and 3 more of 40 files could"
    ):
        files.fetch(wanted, tmp_path)
    assert len(held(tmp_path)) == 20 + 1
    assert sum(server.asked.values()) < 40  # it did not go on to the end


def test_a_server_that_is_not_there_is_one_sentence(server, tmp_path):
    wanted = [server.wanted(f"{number}.jpg", b"x") for number in range(10)]
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(
        DownloadError, match=r"no whole answer \(ConnectionError\), and 3 more of 10"
    ):
        files.fetch(wanted, tmp_path)
    assert [*held(tmp_path)] == ["missing.csv"]


@pytest.mark.parametrize(("said", "least", "most"), [("1", 1, 9), ("999", 0.2, 2), ("soon", 0, 1)])
def test_a_server_that_wants_to_be_left_alone_is(server, tmp_path, monkeypatch, said, least, most):
    monkeypatch.setattr(files, "LONGEST_WAIT", 0.2 if said == "999" else 60)
    server.retry_after = said
    server.first = {"0.jpg": ["429"]}
    begun = time.monotonic()
    assert files.fetch([server.wanted("0.jpg", b"x")], tmp_path) == 0
    assert least <= time.monotonic() - begun < most


def blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@pytest.fixture
def author(server, monkeypatch):
    """The author's repository, as its host lists and serves it."""
    pictures = {
        "data/train_val/AiArtData/img ai_1.jpg": b"a",
        "data/train_val/RealArt/img_1.jpg": b"b",
        "data/test/ai_test/ai_test_img_1.jpg": b"c",
        "data/my_test/real_test/real_test_img_1.jpg": b"d",
        "data/augmentation_train_val/ai_aug/no.jpg": b"e",
        "README.md": b"f",
    }
    tree = [
        {"path": path, "type": "blob", "sha": blob(data), "size": len(data)}
        for path, data in pictures.items()
    ] + [{"path": "data/test", "type": "tree", "sha": "0" * 40}]
    listing = json.dumps({"tree": tree}).encode()
    server.held = pictures | {"listing": listing}
    monkeypatch.setattr(repository, "LISTING", f"{server.address}/listing")
    monkeypatch.setattr(repository, "FILE", server.address + "/{path}")
    return server


@pytest.mark.usefixtures("author")
def test_the_reports_own_pictures_come_as_a_raw_folder(tmp_path):
    assert repository.fetch(tmp_path / "report") == 0
    assert held(tmp_path / "report") == {
        "kaggle/ai/train_val-img ai_1.jpg": b"a",
        "kaggle/real/train_val-img_1.jpg": b"b",
        "kaggle/ai/test-ai_test_img_1.jpg": b"c",
        "elsewhere/real/my_test-real_test_img_1.jpg": b"d",
    }


@pytest.mark.parametrize(
    ("listing", "told"),
    [
        (None, r"could not be listed \(HTTPError\); check the network"),
        (b"no JSON", "could not be listed"),
        (b"[]", "could not be listed"),
        (b'{"tree": []}', "holds none of data/train_val, data/test, data/my_test any more"),
    ],
)
def test_a_repository_that_is_no_more_is_one_sentence(author, tmp_path, listing, told):
    if listing is None:
        del author.held["listing"]
    else:
        author.held["listing"] = listing
    with pytest.raises(DownloadError, match=told):
        repository.fetch(tmp_path / "report")
    assert not (tmp_path / "report").exists()
