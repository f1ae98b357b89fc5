"""A server on loopback that is slow, errs, sends wrong bytes and breaks off, as it is told."""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import pytest

from real_or_ai.download import files
from real_or_ai.download.files import Wanted


class Server:
    """What it holds, by path; how it treats a path the first times; how often each was asked."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.first: dict[str, list[str]] = {}  # "503", "break", "slow"
        self.retry_after = ""
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
                    if server.retry_after:
                        self.send_header("Retry-After", server.retry_after)
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
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def wanted(self, name: str, data: bytes) -> Wanted:
        self.held[name] = data
        digest = hashlib.sha256(data).hexdigest()
        return Wanted(f"{self.address}/{name}", PurePosixPath("source/ai", name), len(data), digest)


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server, and a download that does not wait long for it."""
    monkeypatch.setattr(files, "WAIT", 0.01)
    monkeypatch.setattr(files, "TIMEOUT", (2, 5))
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def held(folder: Path) -> dict[str, bytes]:
    """What stands below a folder, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip
