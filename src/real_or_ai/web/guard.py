"""What of all that Gradio and FastAPI would answer is open, and the headers of every answer.

Gradio brings some sixty routes: uploads, files, a proxy, a queue, code editing. The page needs none
of them, so only what it loads and our own API pass; a route that a new version of Gradio brings is
closed until someone opens it here.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READ = {
    "/": "the page",
    "/page.js": "its script",
    "/page.css": "its style",
    "/theme.css": "Gradio's colours",
    "/favicon.ico": "Gradio's icon",
    "/manifest.json": "asked for by the page; names and icons",
    "/gradio_api/startup-events": "asked for by Gradio's script; there are none",
    "/health": "whether it is there",
    "/openapi.json": "the API's schema",
    "/api/detector": "what is served",
}
READ_BELOW = ("/assets/", "/static/")  # Gradio's own scripts, styles and fonts
WRITTEN = ("/api/check", "/api/explain", "/page/check")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

HEADERS = {
    # Gradio's page starts itself from scripts within it and sets styles on elements.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' blob: data:; font-src 'self' data:; connect-src 'self'; "
        "manifest-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NOT_STORED = ("/api/", "/page/")


class Guard:
    """Wraps an ASGI application.

    hosts: names by which it may be called, so that a stranger's page cannot reach a server on
    loopback under a name of its own (DNS rebinding); None for any.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name in list(headers):
                    if name.startswith("access-control-"):
                        del headers[name]
                headers.update(HEADERS)
                if scope["path"].startswith(NOT_STORED):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        app = self._refusal(scope) or self._app
        await app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        """The answer to what is not open, None if it is."""
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        if self._hosts is not None and hostname(headers.get("host", "")) not in self._hosts:
            return refused(421, "host", "this server does not answer to that name")
        if not _open(method, path):
            return refused(404, "not found", "there is nothing here; the API: /openapi.json")
        origin = headers.get("origin")
        if method == "POST" and origin and origin.partition("://")[2] != headers.get("host"):
            return refused(403, "origin", "pages of other sites may not use this server")
        return None


def _open(method: str, path: str) -> bool:
    if method == "POST":
        return path in WRITTEN
    if method not in ("GET", "HEAD"):
        return False
    return path in READ or (path.startswith(READ_BELOW) and ".." not in path)


def hostname(host: str) -> str:
    """The name in a Host header, without its port and an IPv6 address's brackets."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # brackets that do not close
        return ""


def refused(status: int, reason: str, error: str) -> JSONResponse:
    """An answer that says no, as JSON like every other."""
    headers = {"Retry-After": "1"} if status == 429 else None
    return JSONResponse({"reason": reason, "error": error}, status, headers)
