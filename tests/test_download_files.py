"""Files from a server that is slow, errs, sends wrong bytes and breaks off: on loopback alone."""

import hashlib
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from urllib.parse import unquote

import pytest

from real_or_ai.conventions.errors import DownloadError
from real_or_ai.download import files, repository
from real_or_ai.download.files import Wanted


class Server:
    """What it holds, by path; how it treats a path the first times; how often each was asked."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.first: dict[str, list[str]] = {}  # "503", "break", "slow"
        self.asked: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = unquote(self.path.partition("?")[0]).removeprefix("/")
                with server.lock:
                    server.asked[path] += 1
                    server.at_once += 1
                    server.most_at_once = max(server.most_at_once, server.at_once)
                    how = server.first.get(path, [])
                    how = how.pop(0) if how else ""
                try:
                    self.answer(server.held.get(path), how)
                finally:
                    with server.lock:
                        server.at_once -= 1

            def answer(self, data: bytes | None, how: str) -> None:
                if how.isdigit() or data is None:
                    self.send_response(int(how or 404))
                    self.end_headers()
                    return
                if how == "slow":
                    threading.Event().wait(0.3)
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: len(data) // 2] if how == "break" else data)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def wanted(self, name: str, data: bytes) -> Wanted:
        self.held[name] = data
        digest = hashlib.sha256(data).hexdigest()
        return Wanted(f"{self.address}/{name}", PurePosixPath("source/ai", name), len(data), digest)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(files, "WAIT", 0.01)
    monkeypatch.setattr(files, "TIMEOUT", (2, 5))
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def held(folder) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip


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
