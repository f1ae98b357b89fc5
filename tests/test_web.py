"""The server without a browser: what it answers, what it refuses, what it leaves closed."""

import asyncio
import contextlib
import http.client
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image, PngImagePlugin
from starlette.requests import Request
from starlette.responses import PlainTextResponse

import hostile
import toy_detector
from real_or_ai.card import Card
from real_or_ai.check import listing
from real_or_ai.check.detector import Detector
from real_or_ai.check.verdict import Verdict
from real_or_ai.claims.claim import CAUTION, Claim
from real_or_ai.cli import main
from real_or_ai.conventions import exits
from real_or_ai.conventions.errors import PictureError, UserError
from real_or_ai.web import api, polyglots, protocol, result, server, worker
from real_or_ai.web.answers import About
from real_or_ai.web.guard import HEADERS, LOOPBACK, Guard
from real_or_ai.web.limits import EXPLAINING, LIMITS, SECONDS
from real_or_ai.web.workers import BusyError, WorkerFailedError, Workers

PICTURE = hostile.encoded(hostile.scene(), "JPEG")
POLYGLOTS = {"followed-by-a-zip.jpg", "followed-by-html.png"}


@pytest.fixture(scope="module")
def cue(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("detector") / "cue.onnx"
    return toy_detector.write(path, toy_detector.describe())


@pytest.fixture(scope="module")
def client(cue):
    """The API behind its guard, with real workers, without the page."""
    guarded = Guard(api.create(cue, toy=False), LOOPBACK)
    with TestClient(guarded, base_url="http://localhost") as client:
        yield client


# --- answers ------------------------------------------------------------------------------------


def test_every_picture_is_answered_as_the_command_line_answers_it(client, cue, tmp_path):
    detector = Detector.load(cue, limits=LIMITS)
    statuses = set()
    for case in hostile.corpus():
        path = tmp_path / "picture"
        path.unlink(missing_ok=True)
        case.make(path)
        if case.name in POLYGLOTS or not path.is_file():
            continue  # those are refused here alone, and a path is never sent
        try:
            expected = listing.row(("", detector.check(path)))
        except PictureError as error:
            expected = listing.row(("", error))
        answer = client.post("/api/check", content=path.read_bytes())
        statuses.add(answer.status_code)
        if expected["error"]:
            assert answer.status_code in api.REFUSALS, case.name
            assert answer.json()["error"].startswith(expected["error"]), case.name
        else:
            kept = {key: expected[key] for key in expected if key not in ("path", "error")}
            kept["claims_caution"] = CAUTION
            assert answer.json() == kept, case.name
    assert statuses == {200, 400, 413, 415, 422}


def test_an_explanation_is_a_picture(client):
    answer = client.post("/api/explain", content=PICTURE)
    assert answer.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(answer.content)) as drawn:
        assert drawn.width > drawn.height > 400
    refused = client.post("/api/explain", content=PICTURE[:100])
    assert refused.status_code == 422


def test_a_map_is_drawn_in_the_time_that_a_request_has(cue, monkeypatch):
    explain, asked = Detector.explain, []

    def asking(detector, picture, *, seconds=None):
        asked.append(seconds)
        return explain(detector, picture, seconds=seconds)

    monkeypatch.setattr(Detector, "explain", asking)
    kind, _ = worker.answer(Detector.load(cue), protocol.EXPLAIN, PICTURE)
    assert (kind, asked) == (protocol.PNG, [EXPLAINING])
    assert EXPLAINING < SECONDS


def test_the_schema_says_what_is_answered(client, cue):
    schema = client.get("/openapi.json").json()
    assert set(schema["paths"]) == {"/api/check", "/api/explain", "/api/detector", "/health"}
    check = schema["paths"]["/api/check"]["post"]
    assert set(check["responses"]) == {"200", *map(str, api.REFUSALS)}
    assert "application/octet-stream" in check["requestBody"]["content"]
    documented = schema["components"]["schemas"]["Answer"]["properties"]
    assert set(client.post("/api/check", content=PICTURE).json()) == set(documented)
    about = About.model_validate_json(client.get("/api/detector").content)
    assert about.description == Detector.load(cue).description
    assert client.get("/health").json() == {"status": "ok"}


def test_a_toy_gives_no_verdict_unless_it_is_told_to(tmp_path):
    path = toy_detector.write(tmp_path / "toy.onnx", toy_detector.describe(drawn=True))
    with TestClient(Guard(api.create(path, toy=False), None)) as client:
        answer = client.post("/api/check", content=PICTURE).json()
    assert answer["verdict"] is answer["probability"] is None
    assert "toy" in answer["caution"]
    with TestClient(Guard(api.create(path, toy=True), None)) as client:
        assert client.post("/api/check", content=PICTURE).json()["verdict"] is not None


# --- what is refused ----------------------------------------------------------------------------


def test_what_is_too_large_is_refused_before_it_is_read_by_anybody(client):
    for body in (bytes(LIMITS.bytes + 1), (bytes(10**6) for _ in range(26))):
        answer = client.post("/api/check", content=body)
        assert answer.status_code == 413
        assert "allowed are 25000000" in answer.json()["error"]
    answer = client.post("/api/check", content=hostile.png_bomb())
    assert answer.status_code == 413
    assert answer.json()["error"].startswith("too many pixels: ")


def test_nothing_and_forms_are_refused_in_a_sentence(client):
    assert client.post("/api/check").json()["error"] == "empty file: 0 bytes"
    form = client.post("/api/check", files={"file": ("../../x.jpg", PICTURE)})
    assert form.status_code == 415
    assert "curl --data-binary" in form.json()["error"]


@pytest.mark.parametrize(
    ("more", "other"),
    [
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(40), "an archive"),
        (b"Rar!\x1a\x07\x01\x00", "an archive"),
        (b"\n%PDF-1.7\n", "a PDF"),
        (b"<ScRiPt>alert(1)</script>", "a web page or script"),
        (b"<?php system($_GET[0]);", "a web page or script"),
        (b'<svg onload="x" xmlns="http://www.w3.org/2000/svg">', "a web page or script"),
    ],
)
def test_polyglots_are_refused(client, more, other):
    assert polyglots.also(PICTURE) is None
    assert polyglots.also(PICTURE + more) == polyglots.also(PICTURE[:2] + more) == other
    answer = client.post("/api/check", content=PICTURE + more)
    assert answer.status_code == 415
    assert other in answer.json()["error"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BIG TIFF"])
def test_markup_within_a_picture_is_no_polyglot_and_behind_it_is(client, kind):
    note = "a note with <iframe src=x> and <html>, PK\x03\x04 and <script>alert(1)</script>"
    image = hostile.scene()
    options: dict[str, object] = {"xmp": f"<x>{note}</x>".encode()} if kind != "GIF" else {}
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("workflow", note)
        options = {"pnginfo": info}
    elif kind in ("JPEG", "GIF"):
        options["comment"] = note.encode()
    elif kind.endswith("TIFF"):
        kind, options = "TIFF", {"tiffinfo": {270: note}, "big_tiff": kind.startswith("BIG")}
    data = hostile.encoded(image.quantize(64) if kind == "GIF" else image, kind, **options)
    assert b"<iframe" in data
    assert client.post("/api/check", content=data).status_code == 200
    for more, other in ((b"<html>", "a web page or script"), (b"%PDF-1.4", "a PDF")):
        assert polyglots.also(data + more) == other
    assert polyglots.also(data + b"PK\x05\x06" + bytes(18)) == "an archive"


def test_a_thumbnail_within_a_picture_is_not_its_end():
    thumbnail = hostile.encoded(hostile.scene(), "JPEG")
    for body in (b"Exif\0\0" + thumbnail, b"http://ns.adobe.com/xap/1.0/\0<html>"):
        segment = b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body
        found = PICTURE[:2] + segment + b"\xff\xe1\0\x08<html>" + PICTURE[2:]
        assert polyglots.also(found) is None
        assert polyglots.also(found + b"<html>") == "a web page or script"


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "MPO", "moving GIF"])
def test_markup_hides_behind_no_picture(client, kind):
    more = {"save_all": True, "append_images": [hostile.scene(seed=2)]}
    several = more if kind in ("MPO", "moving GIF") else {}
    data = hostile.encoded(hostile.scene(), kind.removeprefix("moving "), **several)
    assert polyglots.also(data) is None
    for end in (b"\0;", b"\xff\xd9", b"\0" * 4):
        hidden = data + b"<html><script>alert(1)</script>" + end
        assert polyglots.also(hidden) == "a web page or script"
        assert client.post("/api/check", content=hidden).status_code == 415


def test_a_second_picture_has_metadata_and_hides_nothing():
    note = b"\xff\xfe\0\x14<html> by <iframe "
    second = hostile.encoded(hostile.scene(seed=2), "JPEG")
    noted = second[:2] + note + second[2:]
    for between in (b"", bytes(30)):
        assert polyglots.also(PICTURE + between + noted) is None
        for within in (
            noted[:-2] + b"<html>" + noted[-2:],  # behind its last pixel
            noted + b"<html>",
            b"<html>" + noted,
            second[:2] + note,  # it only begins like a picture
        ):
            assert polyglots.also(PICTURE + between + within) == "a web page or script"
    assert polyglots.also(PICTURE[:-2] + b"<html>" + PICTURE[-2:]) == "a web page or script"


def test_a_panorama_without_an_end_mark_has_metadata_as_well():
    note = b"\xff\xfe\0\x0c<html> by "
    assert polyglots.also(PICTURE[:2] + note + PICTURE[2:-2] + bytes(500) + b"SEFT") is None
    assert polyglots.also(PICTURE[:-2] + b"<html>") == "a web page or script"


def test_what_telephones_put_behind_a_picture_is_no_polyglot():
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + np.random.default_rng(0).bytes(10**6)
    assert polyglots.also(PICTURE + film) is None
    odd = {name for name, data in hostile.odd_pictures() if polyglots.also(data)}
    assert odd == POLYGLOTS


def test_more_than_there_are_places_for_are_told_to_come_again(client, monkeypatch):
    monkeypatch.setattr(api, "PLACES", 0)
    answer = client.post("/api/check", content=PICTURE)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.json()["reason"] == "busy"
    monkeypatch.undo()
    assert client.post("/api/check", content=PICTURE).status_code == 200


def test_an_upload_that_does_not_end_is_given_up():
    async def given_up() -> None:
        async def never() -> dict:
            await asyncio.sleep(60)
            return {}

        request = Request({"type": "http", "headers": []}, never)
        await api._body(request, asyncio.get_running_loop().time() + 0.01)

    with pytest.raises(PictureError) as caught:
        asyncio.run(given_up())
    assert api.STATUS[caught.value.reason] == 408


# --- workers ------------------------------------------------------------------------------------

FAKE = """
import os, sys, time
from real_or_ai.web import protocol
protocol.write(sys.stdout.buffer, protocol.READY)
while (asked := protocol.read(sys.stdin.buffer)) is not None:
    if asked[1] == b"sleep":
        time.sleep(60)
    if asked[1] == b"die":
        os.abort()
    if asked[1] == b"fail":
        protocol.write(sys.stdout.buffer, protocol.FAILED, b"Traceback")
    protocol.write(sys.stdout.buffer, protocol.VERDICT, str(os.getpid()).encode())
"""


async def ask(pool: Workers, data: bytes, seconds: float = 30) -> bytes:
    deadline = asyncio.get_running_loop().time() + seconds
    return (await pool.ask(protocol.CHECK, data, deadline))[1]


def with_one_worker(scenario) -> None:
    async def run() -> None:
        async with Workers([sys.executable, "-c", FAKE], 1) as pool:
            await scenario(pool)
        assert not pool._all

    asyncio.run(run())


@pytest.mark.parametrize(
    ("data", "seconds", "reason"), [(b"sleep", 0.2, "too slow"), (b"die", 30, "damaged")]
)
def test_a_worker_that_takes_too_long_or_dies_is_replaced(data, seconds, reason):
    async def scenario(pool: Workers) -> None:
        first = await ask(pool, b"x")
        assert await ask(pool, b"y") == first
        with pytest.raises(PictureError) as caught:
            await ask(pool, data, seconds)
        assert caught.value.reason == reason
        assert await ask(pool, b"z") != first
        with pytest.raises(ProcessLookupError):
            os.kill(int(first), 0)

    with_one_worker(scenario)


def test_a_worker_that_somebody_ended_is_no_picture_s_fault():
    async def scenario(pool: Workers) -> None:
        first = await ask(pool, b"x")
        os.kill(int(first), signal.SIGKILL)
        await asyncio.sleep(0.2)
        assert await ask(pool, b"y") != first

    with_one_worker(scenario)


def test_who_waits_too_long_for_a_worker_is_told_that_it_is_busy():
    async def scenario(pool: Workers) -> None:
        slow = asyncio.create_task(ask(pool, b"sleep"))
        await asyncio.sleep(0.05)
        with pytest.raises(BusyError):
            await ask(pool, b"x", 0.1)
        slow.cancel()  # and what it was doing ends with it
        with contextlib.suppress(asyncio.CancelledError):
            await slow
        assert int(await ask(pool, b"x"))

    with_one_worker(scenario)


def test_a_fault_of_ours_is_told_apart_from_a_picture_s():
    async def scenario(pool: Workers) -> None:
        with pytest.raises(WorkerFailedError, match="Traceback"):
            await ask(pool, b"fail")

    with_one_worker(scenario)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_a_worker_can_write_no_file_and_take_no_more_memory_than_it_may(tmp_path):
    script = """
from real_or_ai.web import worker
worker.confine()
write = lambda: print("x", file=open("out", "w"), flush=True)
take = lambda: bytes(worker.MEMORY * 5 // 4)
for what in (write, take):
    try:
        what()
    except (OSError, MemoryError) as error:
        print(type(error).__name__)
print(len(bytes(worker.MEMORY // 2)) > 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["OSError", "MemoryError", "True"]
    assert (tmp_path / "out").read_bytes() == b""


# --- the guard ----------------------------------------------------------------------------------


@pytest.fixture
def open_house():
    """The guard before an application that would answer everything."""
    return TestClient(Guard(PlainTextResponse("inside"), LOOPBACK), base_url="http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/proxy=http://localhost/"),
        ("POST", "/gradio_api/queue/join"),
        ("POST", "/gradio_api/component_server"),
        ("POST", "/gradio_api/vibe-edit"),
        ("GET", "/gradio_api/startup-events/../file=x"),
        ("GET", "/config"),
        ("GET", "/monitoring"),
        ("GET", "/assets/../../../../etc/passwd"),
        ("GET", "/static/..%2f..%2fx"),
        ("PUT", "/api/check"),
        ("OPTIONS", "/api/check"),
        ("POST", "/"),
        ("GET", "/page/check"),
    ],
)
def test_what_nobody_opened_is_closed(open_house, method, path):
    assert open_house.request(method, path).status_code == 404
    assert open_house.get("/").text == "inside"


def test_it_answers_to_its_own_names_alone(open_house):
    for host in ("localhost:7860", "127.0.0.1", "[::1]:7860"):
        assert open_house.get("/", headers={"host": host}).status_code == 200
    for host in ("rebound.example", "127.0.0.1.example:7860", "[::1", ""):
        assert open_house.get("/", headers={"host": host}).status_code == 421
    anywhere = TestClient(Guard(PlainTextResponse("inside"), None))
    assert anywhere.get("/", headers={"host": "studio.local"}).status_code == 200


def test_pages_of_other_sites_cannot_use_it(open_house):
    own = "http://127.0.0.1:1"
    others = ("https://elsewhere.example", "http://127.0.0.1:2", "null", "http://[")
    assert open_house.post("/api/check", headers={"origin": own}).status_code == 200
    for origin in others:
        answer = open_house.post("/api/check", headers={"origin": origin})
        assert answer.status_code == 403


def test_every_answer_has_the_headers(client):
    for answer in (
        client.get("/health"),
        client.get("/nowhere"),
        client.post("/api/check", content=b"x", headers={"origin": "http://localhost"}),
        client.get("/health", headers={"host": "rebound.example"}),
    ):
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert client.post("/api/check", content=PICTURE).headers["cache-control"] == "no-store"


# --- what the page shows ------------------------------------------------------------------------


def about(**changes: object) -> About:
    card = Card(
        title="Cue",
        data="drawn",
        drawn=False,
        pictures={},
        sources={"external": {"elsewhere": 60}},
        figures={
            "external": {"n": 60, "roc_auc": 0.761, "roc_auc_low": 0.62, "roc_auc_high": 0.86}
        },
        parts=(),
        changes=(),
    )
    description = toy_detector.describe(**changes)
    return About(description=description, caution=None, tested=card.tested(), card=card)


CAMERA = Claim(kind="camera", text="Canon", suggests="real")


def verdict(**changes: object) -> Verdict:
    fields = {"decision": "ai", "probability": 0.9, "score": 0.9, "logit": 2.2, "claims": ()}
    return Verdict(**({"caution": ""} | fields | changes))


@pytest.mark.parametrize(
    ("changes", "colour"),
    [({}, "ai"), ({"caution": "not shown to be of use"}, "none"), ({"claims": (CAMERA,)}, "none")],
)
def test_only_a_verdict_that_nothing_speaks_against_has_a_colour(changes, colour):
    html = result.shown(verdict(**changes), about())
    assert f'<h2 class="verdict {colour}">AI</h2>' in html
    assert ("The file itself says otherwise" in html) == ("claims" in changes)
    if "caution" in changes:
        assert html.index("not shown to be of use.") < html.index("<h2")


def test_a_strangers_text_is_never_markup():
    said = Claim(kind="<b>", text="<script>alert(1)</script>\"'", suggests="ai")
    html = result.shown(verdict(claims=(said,), caution="<i>toy</i>"), about())
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "&lt;i&gt;toy" in html
    assert "speaks for AI, if true" in html


@pytest.mark.parametrize(
    ("changes", "texts"),
    [
        ({}, ["AI</h2>", "Probability of AI: 0.900", "at most 10 are called AI"]),
        ({"decision": "unsure"}, ["Unsure</h2>", "does not decide"]),
        ({"decision": None, "probability": None, "caution": "a toy"},
         ["No verdict</h2>", "Score 0.900 (no probability)", "a toy."]),
    ],
)  # fmt: skip
def test_the_answer_is_said_in_words_and_on_its_scale(changes, texts):
    html = " ".join(result.shown(verdict(**changes), about()).split())
    for text in [*texts, "Score 0.900 on a scale from 0, real, to 1, AI; unsure between 0.400 and"]:
        assert text in html
    assert re.findall(r"width: ([\d.]+)%", html) == ["40.00", "20.00", "40.00"]
    assert "left: 90.00%" in html


def test_without_cuts_the_whole_scale_is_unsure():
    html = result.shown(verdict(decision="unsure"), about(unsure=None))
    assert re.findall(r"width: ([\d.]+)%", html) == ["100"]
    assert "Nothing was promised of this detector, so every verdict is unsure." in html
    assert "Between the cuts" not in html


# --- the command --------------------------------------------------------------------------------


def told(capsys, monkeypatch, *words: str) -> str:
    monkeypatch.setattr(sys, "argv", ["real-or-ai", "serve", *words])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    return capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(capsys, monkeypatch, cue):
    monkeypatch.delitem(sys.modules, "real_or_ai.web.server")
    monkeypatch.delattr("real_or_ai.web.server")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    error = told(capsys, monkeypatch, "--detector", str(cue))
    assert error.count("\n") == 1
    assert "pip install 'real-or-ai[web]'" in error


def test_an_address_that_cannot_be_had_is_an_error(cue):
    with (
        server._listening("127.0.0.1", 0) as taken,
        pytest.raises(UserError, match="--port 0 for any free"),
    ):
        server.serve(cue, toy=False, host="127.0.0.1", port=taken.getsockname()[1])
    assert [server.is_loopback(host) for host in ("localhost", "127.0.0.2", "::1", "0.0.0.0")] == [
        True, True, True, False,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def served(cue, tmp_path_factory):
    """The command itself, page and all: its address and the folder it may write to.

    At the end it is stopped while a picture is on its way, for longer than other commands get.
    """
    folder = tmp_path_factory.mktemp("temporary")
    (folder / "secret.txt").write_text("a secret", encoding="utf-8")
    code = "from real_or_ai.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--detector", str(cue), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(folder)},
        cwd=folder,
    )
    try:
        url = re.search(r"http://\S+", process.stdout.readline())
        assert url, "it did not start"
        address = urlsplit(url[0])
        yield address, folder
        with uploading(address) as rest:
            process.send_signal(signal.SIGINT)
            time.sleep(exits.GRACE + 0.5)
            assert rest() == 200
        assert process.wait(30) == 0
        assert [path.name for path in folder.iterdir()] == ["secret.txt"]
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def uploading(address):
    """A picture of which only half is sent: sends the rest, and returns the answer's status."""
    half = len(PICTURE) // 2
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    with contextlib.closing(connection):
        connection.putrequest("POST", "/api/check")
        connection.putheader("Content-Length", str(len(PICTURE)))
        connection.endheaders(PICTURE[:half])
        time.sleep(0.2)  # it is being answered by then

        def rest() -> int:
            connection.send(PICTURE[half:])
            return connection.getresponse().status

        yield rest


def fetched(address, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """As it is written: no client here tidies the path."""
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    with contextlib.closing(connection):
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_the_page_needs_nothing_from_elsewhere(served):
    address, _ = served
    status, page = fetched(address, "GET", "/")
    assert status == 200
    loaded = re.findall(rb'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', page)
    assert len(loaded) >= 3
    for path in [*loaded, b"/page.js", b"/page.css", b"/theme.css", b"/favicon.ico"]:
        assert not path.startswith((b"http", b"//"))
        path = "/" + path.decode().removeprefix(".").removeprefix("/")
        assert fetched(address, "GET", path)[0] == 200, path
    _, theme = fetched(address, "GET", "/theme.css")
    assert b"http" not in theme.replace(b"http://www.w3.org", b"")
    config = json.loads(re.search(rb"window.gradio_config = (.*?);</script>", page)[1])
    described = dict(re.findall(rb'<meta property="og:(\w+)" content="([^"]*)"', page))
    assert described[b"title"] == b"Real or AI?"
    assert b"adio" not in b"".join(described.values())
    assert b"twitter:" not in page
    assert config["dependencies"] == []  # nothing of the page runs in Gradio
    assert not config["analytics_enabled"]


@pytest.mark.parametrize("outside", ["/etc/hostname", "{folder}/secret.txt", "{cue}"])
def test_no_file_of_the_server_can_be_read(served, cue, outside):
    address, folder = served
    path = outside.format(folder=folder, cue=cue)
    up = "../" * 20
    for tried in (
        f"/gradio_api/file={path}",
        f"/gradio_api/file=/{path}",
        f"/gradio_api/file/{path}",
        f"/file={path}",
        f"/gradio_api/proxy=file://{path}",
        f"/gradio_api/startup-events/{up}{path}",
        f"/assets/{up}{path}",
        f"/assets/{path}",
        f"/assets//{path}",
        f"/static/{up}{path}",
        f"/static/%2e%2e/%2e%2e/{'%2e%2e/' * 20}{path}",
        f"/static/..%5c..%5c{path}",
        f"/assets/%00{path}",
        f"/theme.css/{up}{path}",
        f"/svelte/{up}{path}",
        f"{up}{path}",
        path,
    ):
        status, body = fetched(address, "GET", tried)
        assert status in (400, 403, 404), tried
        assert Path(path).read_bytes() not in body, tried
    for tried in ("/gradio_api/upload", "/gradio_api/queue/join", "/gradio_api/run/predict"):
        assert fetched(address, "POST", tried, PICTURE)[0] == 404


def test_nothing_is_left_of_a_picture(served):
    address, folder = served
    for data, expected in ((PICTURE, 200), (PICTURE[:100], 422), (PICTURE * 20_000, 413)):
        assert fetched(address, "POST", "/api/check", data)[0] == expected
    status, html = fetched(address, "POST", "/page/check", PICTURE)
    assert status == 200
    assert b"What the file says of itself" in html
    (private,) = [path for path in folder.iterdir() if path.is_dir()]
    assert private.stat().st_mode & 0o777 == 0o700
    assert [path for path in private.rglob("*") if path.is_file()] == []
