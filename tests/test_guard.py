"""Every answer of the server bears its headers, whatever the application below says."""

import asyncio

from real_or_ai.web.guard import Guard


async def _application(_scope, _receive, send) -> None:
    opened = [(b"access-control-allow-origin", b"*"), (b"x-frame-options", b"SAMEORIGIN")]
    await send({"type": "http.response.start", "status": 200, "headers": opened})
    await send({"type": "http.response.body", "body": b""})


def headers(path: str) -> dict[str, str]:
    sent = []

    async def send(message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", b"localhost")]}
    asyncio.run(Guard(_application, {"localhost"})(scope, None, send))
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def test_no_page_may_be_framed_sniffed_or_read_from_elsewhere():
    found = headers("/")
    assert found["x-frame-options"] == "DENY"
    assert found["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in found["content-security-policy"]
    assert "default-src 'none'" in found["content-security-policy"]
    assert not [name for name in found if name.startswith("access-control")]
    assert "cache-control" not in found
    assert headers("/api/detector")["cache-control"] == "no-store"
