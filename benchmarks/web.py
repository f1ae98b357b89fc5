"""Times the page's API for one user and for four, and loads it with good and hostile requests.

    python -m benchmarks.web         # needs detectors/; writes benchmarks/web.json
    python -m benchmarks.web 100     # a short look: so many requests under load, nothing is written

Everything runs on this machine, the clients too, through loopback. One user sends a picture when
the answer to the last one has come, and so does each of four. Under load 16 clients do, and a
quarter of what they send is hostile: damaged files, bombs, archives, polyglots, too large bodies,
paths that lead out, connections that break off. Every good picture's answer is compared with what
`Detector.check` says of the file, bit for bit. Ends with exit code 1 if an answer is wrong.
"""

import contextlib
import http.client
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
from tests import hostile

from benchmarks.check import SIZE, SMALL, draw
from benchmarks.measuring import ROOT, write
from real_or_ai.check import listing
from real_or_ai.check.detector import Detector

DETECTOR = "cnn"
USERS = 4  # at once
TURNS, EACH = 5, 20  # requests of each user in a turn, and of the one alone
REQUESTS, AT_ONCE, HOSTILE = 2_000, 16, 0.25
WARM_UP = 200  # requests before memory is looked at: libraries and pools have taken what they keep
PATHS = (
    "/gradio_api/file=/etc/passwd",
    "/assets/../../../../../../etc/passwd",
    "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/gradio_api/proxy=http://127.0.0.1/",
)


@dataclass(frozen=True)
class Job:
    """One request. expected: the row of a good picture's answer; None for a hostile one."""

    method: str
    path: str
    body: bytes | None = None
    expected: dict[str, object] | None = None
    broken_off: bool = False


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    process: psutil.Process

    def answer(self, job: Job) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        with contextlib.closing(connection):
            if job.broken_off:
                connection.putrequest(job.method, job.path)
                connection.putheader("Content-Length", "100000")
                connection.endheaders()
                connection.send(bytes(1000))
                return 0, b""
            connection.request(job.method, job.path, job.body)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def workers(self) -> set[int]:
        return {child.pid for child in self.process.children(recursive=True)}

    def memory_mb(self) -> int:
        family = [self.process, *self.process.children(recursive=True)]
        return round(sum(one.memory_info().rss for one in family) / 1e6)


def main() -> None:
    short = int(sys.argv[1]) if sys.argv[1:] else 0
    path = ROOT / "detectors" / f"{DETECTOR}.onnx"
    if not path.is_file():
        raise SystemExit(f"{path} is missing; run make repro first")
    with tempfile.TemporaryDirectory() as name, serving(path) as server:
        large, small = Path(name, "large"), Path(name, "small")
        draw(large, SIZE, 20)
        draw(small, SMALL, 40)
        result = {
            "detector": DETECTOR,
            "picture": f"JPEG, {SIZE[0]}x{SIZE[1]}",
            "speed": speed(server, good(path, large)),
            "load": load(server, good(path, small), short or REQUESTS),
        }
    print(json.dumps(result, indent=2))
    if not short:
        write("web", result, "gradio", "fastapi", "uvicorn")
    if result["load"]["wrong"]:
        raise SystemExit(1)


@contextlib.contextmanager
def serving(detector: Path) -> Iterator[Server]:
    words = ["serve", "--detector", str(detector), "--toy", "--port", "0"]
    command = [str(Path(sys.executable).parent / "real-or-ai"), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        found = re.search(r"http://(.+):(\d+)/", process.stdout.readline())
        if found is None:
            raise SystemExit("the server did not start")
        server = Server(found[1], int(found[2]), psutil.Process(process.pid))
        while server.answer(Job("GET", "/health"))[0] != 200:
            time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait()


def good(detector: Path, folder: Path) -> list[Job]:
    """A request for each picture of a folder, with the answer of the command line."""
    loaded = Detector.load(detector, toy=True)
    jobs = []
    for path in sorted(folder.iterdir()):
        row = listing.row(("", loaded.check(path)))
        expected = {name: row[name] for name in row if name not in ("path", "error")}
        jobs.append(Job("POST", "/api/check", path.read_bytes(), expected))
    return jobs


def bad() -> list[Job]:
    bodies = [data for _, data, reason in hostile.bad_files() if reason not in WELCOME]
    bodies += [hostile.encoded(hostile.scene(), "PNG") + b"<script>alert(1)</script>"]
    bodies += [hostile.png_bomb(), hostile.gif_bomb(), bytes(25_000_001)]
    jobs = [Job("POST", "/api/check", body) for body in bodies]
    jobs += [Job("GET", path) for path in PATHS]
    return [
        *jobs,
        Job("POST", "/gradio_api/upload", b"x"),
        Job("POST", "/api/check", broken_off=True),
    ]


# What the preparation of a data set rejects, and a person may well ask about; and what is a bomb
# by a smaller limit than the server's.
WELCOME = ("too small", "screenshot", "too many pixels")


# --- speed --------------------------------------------------------------------------------------


def speed(server: Server, jobs: list[Job]) -> dict[str, object]:
    """One and four take turns, so that what else the machine does falls on both."""
    timed(server, jobs)  # nobody counts the first ones
    alone: list[float] = []
    together: list[float] = []
    with ThreadPoolExecutor(USERS) as pool:
        for _ in range(TURNS):
            alone += timed(server, cycled(jobs, EACH))
            for user in pool.map(lambda _: timed(server, cycled(jobs, EACH)), range(USERS)):
                together += user
    median, p95 = statistics.median(alone), statistics.quantiles(together, n=20)[-1]
    return {
        "requests": len(alone),
        "alone_median_ms": round(1e3 * median, 1),
        "users": USERS,
        "together_median_ms": round(1e3 * statistics.median(together), 1),
        "together_p95_ms": round(1e3 * p95, 1),
        "p95_to_median_alone": round(p95 / median, 2),
        "requests_per_second_together": round(USERS / statistics.mean(together), 1),
    }


def cycled(jobs: list[Job], count: int) -> list[Job]:
    return [jobs[place % len(jobs)] for place in range(count)]


def timed(server: Server, jobs: list[Job]) -> list[float]:
    times = []
    for job in jobs:
        start = time.perf_counter()
        status, _ = server.answer(job)
        times.append(time.perf_counter() - start)
        if status != 200:
            raise SystemExit(f"a good picture was answered with {status}")
    return times


# --- load ---------------------------------------------------------------------------------------


def load(server: Server, good: list[Job], requests: int) -> dict[str, object]:
    drawn, hostile_ones = random.Random(0), bad()
    jobs = hostile_ones * (round(requests * HOSTILE) // len(hostile_ones) + 1)
    jobs = jobs[: round(requests * HOSTILE)]
    jobs += cycled(good, requests - len(jobs))
    drawn.shuffle(jobs)
    at_once(server, hostile_ones + cycled(good, WARM_UP))
    workers, before = server.workers(), settled(server)
    peak, stop = [before], threading.Event()
    watcher = threading.Thread(target=watch, args=(server.memory_mb, peak, stop))
    watcher.start()
    start = time.perf_counter()
    outcomes = at_once(server, jobs)
    seconds = time.perf_counter() - start
    stop.set()
    watcher.join()
    wrong = [what for what in outcomes if what.startswith("wrong")]
    return {
        "requests": len(jobs),
        "at_once": AT_ONCE,
        "hostile": sum(job.expected is None for job in jobs),
        "requests_per_second": round(len(jobs) / seconds, 1),
        "answers": dict(sorted(Counter(outcomes).items())),
        "wrong": len(wrong),
        "workers_lost": len(workers - server.workers()),
        "memory_mb": {"before": before, "peak": peak[0], "after": settled(server)},
    }


def at_once(server: Server, jobs: list[Job]) -> list[str]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda job: judged(server, job), jobs))


def judged(server: Server, job: Job) -> str:
    """What came of a request, in a word or two that begin with `wrong` if it should not have."""
    try:
        status, body = server.answer(job)
    except OSError as error:
        return f"wrong: {type(error).__name__}"
    if job.expected is None:
        fits = job.broken_off or 400 <= status < 500
        return f"hostile {status or 'broken off'}" if fits else f"wrong: hostile {status}"
    if status != 200:
        return f"wrong: good {status}"
    answer = json.loads(body)
    del answer["claims_caution"]
    return "good, as the command line" if answer == job.expected else "wrong: another answer"


def watch(look: Callable[[], int], peak: list[int], stop: threading.Event) -> None:
    while not stop.wait(0.1):
        with contextlib.suppress(psutil.NoSuchProcess):
            peak[0] = max(peak[0], look())


def settled(server: Server) -> int:
    time.sleep(2)
    return server.memory_mb()


if __name__ == "__main__":
    main()
