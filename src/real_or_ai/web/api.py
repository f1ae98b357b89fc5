"""The HTTP API: a picture's bytes in, JSON out. The page asks the same questions by the same road.

The body of a request is the file itself, so no name that a client gives a file ever arrives here,
nothing is parsed before the limits are checked, and nothing is written to disk.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.requests import ClientDisconnect

from real_or_ai.check.detector import Detector
from real_or_ai.check.verdict import Verdict
from real_or_ai.conventions.errors import PictureError
from real_or_ai.pictures import decoding
from real_or_ai.web import protocol, result, workers
from real_or_ai.web.answers import About, Answer, Refusal
from real_or_ai.web.guard import refused
from real_or_ai.web.limits import LIMITS, PLACES, SECONDS, WORKERS
from real_or_ai.web.workers import BusyError, WorkerFailedError, Workers

log = logging.getLogger(__name__)
HERE = Path(__file__).parent

STATUS = {  # of the reasons of a PictureError; any other is 422
    "empty file": 400,
    "too large": 413,
    "too many pixels": 413,
    "too much memory": 413,
    "not a picture": 415,
    "raw camera file": 415,
    "thumbnail": 415,
    "moving picture": 415,
    "kind of TIFF": 415,
    "range of gray": 415,
    "polyglot": 415,
    "not raw bytes": 415,
    "upload too slow": 408,
}
REFUSALS = {
    400: "Nothing was sent.",
    403: "The request comes from another site's page.",
    408: f"The picture did not arrive within {SECONDS:g} s.",
    413: "The picture is too large, or would be once decoded.",
    415: "It is no picture of a kind that is read, or something else too.",
    422: "It is a damaged picture, or one that takes too long.",
    429: "All places are taken; Retry-After says when to come again.",
}
BYTES = {  # FastAPI has no parameter for a body that is left as it is
    "requestBody": {
        "required": True,
        "description": "The picture file itself, as `curl --data-binary @FILE` sends it. "
        f"{', '.join(decoding.READ)}; at most {LIMITS.bytes} bytes and {LIMITS.pixels} pixels.",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal, "description": text} for status, text in REFUSALS.items()
}

Ask = Callable[[Request, bytes], Awaitable[bytes]]


class Asking:
    """From a request to a worker's answer, within the limits of place and time."""

    def __init__(self, pool: Workers) -> None:
        self._pool = pool
        self._inside = 0

    async def __call__(self, request: Request, kind: bytes) -> bytes:
        """What a worker answers to `kind` of the picture in the request's body.

        Raises PictureError, BusyError and WorkerFailedError.
        """
        if self._inside >= PLACES:
            raise BusyError
        self._inside += 1
        try:
            deadline = asyncio.get_running_loop().time() + SECONDS
            data = await _body(request, deadline)
            _, answer = await self._pool.ask(kind, data, deadline)
            return answer
        finally:
            self._inside -= 1


async def _body(request: Request, deadline: float) -> bytearray:
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise PictureError("not raw bytes", "send the file itself: curl --data-binary @FILE URL")
    data, size = bytearray(), 0
    try:
        async with asyncio.timeout_at(deadline):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= LIMITS.bytes:
                    data += chunk
                else:  # read to the end, for an answer before it would be lost on the way
                    data.clear()
    except TimeoutError:
        detail = f"{size} bytes came within {SECONDS:g} s"
        raise PictureError("upload too slow", detail) from None
    if size > LIMITS.bytes:
        raise PictureError("too large", f"{size} bytes, allowed are {LIMITS.bytes}")
    if not data:
        raise PictureError("empty file", "0 bytes")
    return data


def create(path: Path, *, toy: bool) -> FastAPI:
    """The application that serves the detector in `path`, without the page and without the guard.

    Raises DetectorError if there is none.
    """
    about = About.of(Detector.load(path, toy=toy))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        command = workers.command(path, toy=toy)
        async with Workers(command, workers.count(WORKERS)) as pool:
            app.state.ask = Asking(pool)
            yield

    app = FastAPI(
        title="real-or-ai",
        description=f"Says of a picture: real, AI or unsure. {about.caution or ''}",
        docs_url=None,  # their scripts would come from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.about = about
    _refuse(app)
    _answer(app)
    return app


def _asking(request: Request) -> Ask:
    ask: Ask = request.app.state.ask
    return ask


Asked = Annotated[Ask, Depends(_asking)]


def _answer(app: FastAPI) -> None:
    """Its routes."""
    about: About = app.state.about

    async def checked(request: Request, ask: Ask) -> Verdict:
        return Verdict.model_validate_json(await ask(request, protocol.CHECK))

    @app.post("/api/check", responses=_RESPONSES, openapi_extra=BYTES)
    async def check(request: Request, ask: Asked) -> Answer:
        """Real, AI or unsure, and what the file says of itself."""
        return Answer(**dict(await checked(request, ask)))

    @app.post(
        "/api/explain",
        response_class=Response,
        responses={**_RESPONSES, 200: {"content": {"image/png": {}}}},
        openapi_extra=BYTES,
    )
    async def explain(request: Request, ask: Asked) -> Response:
        """A PNG that shows where the score comes from."""
        return Response(await ask(request, protocol.EXPLAIN), media_type="image/png")

    @app.get("/api/detector")
    async def detector() -> About:
        """What the detector says of itself, what it was measured to do, and the limits here."""
        return about

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Whether the server is there."""
        return {"status": "ok"}

    @app.post("/page/check", include_in_schema=False)
    async def shown(request: Request, ask: Asked) -> HTMLResponse:
        return HTMLResponse(result.shown(await checked(request, ask), about))

    @app.get("/page.js", include_in_schema=False)
    async def script() -> FileResponse:
        return FileResponse(HERE / "page.js")

    @app.get("/page.css", include_in_schema=False)
    async def style() -> FileResponse:
        return FileResponse(HERE / "page.css")


def _refuse(app: FastAPI) -> None:
    """Its answers to what it does not take."""

    @app.exception_handler(PictureError)
    async def picture(_: Request, error: PictureError) -> JSONResponse:
        text = f"{error.reason}: {error.detail}"
        if error.reason == "not a picture":
            text += f"; {', '.join(decoding.READ)} are read"
        return refused(STATUS.get(error.reason, 422), error.reason, text)

    @app.exception_handler(BusyError)
    async def busy(_: Request, __: BusyError) -> JSONResponse:
        return refused(429, "busy", "busy: others' pictures are being checked; try again soon")

    @app.exception_handler(WorkerFailedError)
    async def failed(_: Request, error: WorkerFailedError) -> JSONResponse:
        log.error("a worker failed:\n%s", error)
        return refused(500, "failed", "failed: a fault of this program, not of the picture")

    @app.exception_handler(ClientDisconnect)
    async def gone(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody is there to read it
