"""What other programs show of a link to the page: its own title and words, not Gradio's.

Gradio's template holds them as they are, with a picture of its maker's site.
"""

import html
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_GRADIOS = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')
_HEAD = b"</head>"


class Preview:
    """Wraps an ASGI application: the page at its root is described by a title and a sentence."""

    def __init__(self, app: ASGIApp, title: str, sentence: str) -> None:
        self._app = app
        properties = {"og:title": title, "og:description": sentence, "og:type": "website"}
        self._tags = "".join(
            f'<meta property="{name}" content="{html.escape(text)}">\n'
            for name, text in properties.items()
        ).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        parts: list[bytes] = []

        async def send_described(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                body = self._described(b"".join(parts))
                MutableHeaders(scope=start)["content-length"] = str(len(body))
                await send(start)
                await send({"type": "http.response.body", "body": body})

        # Compressed, it could not be read here.
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self._app({**scope, "headers": plain}, receive, send_described)

    def _described(self, page: bytes) -> bytes:
        return _GRADIOS.sub(b"", page).replace(_HEAD, self._tags + _HEAD, 1)
