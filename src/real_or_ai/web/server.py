"""The command `serve`: the page and the API, until it is stopped."""

import ipaddress
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn

from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.exits import ended_in_order
from real_or_ai.web import api, page
from real_or_ai.web.guard import LOOPBACK, Guard
from real_or_ai.web.preview import Preview

CONNECTIONS = 256  # at once; each is cheap until it has a place
WIND_UP = 12  # seconds that requests get to end when the server is stopped


def serve(detector: Path, *, toy: bool, host: str, port: int) -> None:
    """Serves until it is interrupted.

    port: 0 for any that is free. Raises UserError if there is no such address.
    """
    with ended_in_order(), _private_folder(), _listening(host, port) as listener:
        url = _url(host, listener.getsockname()[1])
        app = api.create(detector, toy=toy)
        page.mount(app, app.state.about, url)
        described = Preview(app, page.TITLE, page.SENTENCE)
        local = is_loopback(host)
        if not local:
            print(
                f"warning: {host} can be reached from the network, and nobody is asked who they are"
            )
        print(f"real-or-ai is at {url} (Ctrl-C ends it)", flush=True)
        config = uvicorn.Config(
            Guard(described, LOOPBACK | {host} if local else None),
            log_level="warning",
            server_header=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=WIND_UP,
        )
        # Asked to end, it ends what runs and cleans up, whichever signal it was.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def _private_folder() -> Iterator[None]:
    """Whatever a library would put into a temporary file goes where only we can read, and away."""
    names = ("TMPDIR", "GRADIO_TEMP_DIR")
    before = {name: os.environ.get(name) for name in names}, tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="real-or-ai-") as folder:
        os.environ.update(dict.fromkeys(names, folder))
        tempfile.tempdir = folder
        try:
            yield
        finally:
            values, tempfile.tempdir = before
            for name, value in values.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise UserError(
            f"--host {host} --port {port}: {error}; choose another, --port 0 for any free port"
        ) from error
    with listener:
        yield listener


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
