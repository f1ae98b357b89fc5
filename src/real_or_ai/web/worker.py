"""A process that reads strangers' pictures, one at a time, so that the server itself never does.

    python -m real_or_ai.web.worker DETECTOR [--toy]      # started by `workers`

It can be killed in the middle of a decoder's C code, which no thread can; it cannot write a file,
and what it takes in memory is bounded.
"""

import io
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from real_or_ai.check import heat_map
from real_or_ai.check.detector import Detector
from real_or_ai.check.verdict import Verdict
from real_or_ai.conventions.errors import PictureError
from real_or_ai.web import polyglots, protocol
from real_or_ai.web.limits import EXPLAINING, LIMITS, MEMORY


def answer(detector: Detector, kind: bytes, data: bytes) -> tuple[bytes, bytes]:
    """The kind and data of what is answered to `kind`, CHECK or EXPLAIN, of a picture's bytes."""
    try:
        return _ANSWERS[kind](detector, data)
    except PictureError as error:
        return protocol.REFUSED, _json({"reason": error.reason, "detail": error.detail})
    except MemoryError:
        detail = f"decoding it takes more than {MEMORY // 2**20} MiB"
        return protocol.REFUSED, _json({"reason": "too much memory", "detail": detail})
    except Exception:  # told to the server, which logs it
        return protocol.FAILED, traceback.format_exc().encode()


def _checked(detector: Detector, data: bytes) -> Verdict:
    verdict = detector.check(data)
    if other := polyglots.also(data):
        raise PictureError("polyglot", f"it is a picture and holds {other} as well")
    return verdict


def _check(detector: Detector, data: bytes) -> tuple[bytes, bytes]:
    return protocol.VERDICT, _checked(detector, data).model_dump_json().encode()


def _explain(detector: Detector, data: bytes) -> tuple[bytes, bytes]:
    verdict = _checked(detector, data)
    drawn = io.BytesIO()
    explained = detector.explain(data, seconds=EXPLAINING)
    heat_map.draw(explained, verdict.heading).save(drawn, "PNG")
    return protocol.PNG, drawn.getvalue()


_ANSWERS: dict[bytes, Callable[[Detector, bytes], tuple[bytes, bytes]]] = {
    protocol.CHECK: _check,
    protocol.EXPLAIN: _explain,
}


def _json(value: dict[str, str]) -> bytes:
    return json.dumps(value).encode()


def confine() -> None:
    """From here on, no file can be written and memory grows by MEMORY at most."""
    sys.dont_write_bytecode = True
    if sys.platform == "win32":  # has no such limits
        return
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main() -> None:
    detector = Detector.load(sys.argv[1], toy="--toy" in sys.argv[2:], limits=LIMITS)
    # What a library may print is not to come between the messages.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    confine()
    protocol.write(replies, protocol.READY)
    while (asked := protocol.read(sys.stdin.buffer)) is not None:
        protocol.write(replies, *answer(detector, *asked))


if __name__ == "__main__":
    main()
