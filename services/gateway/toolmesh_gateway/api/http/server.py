"""Serves the ASGI application over HTTP/1.1 with uvicorn, inside a loop and a process that belong to somebody else."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from toolmesh_core.errors import Unavailable


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the process drains when the core says so."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals alone."""
        yield


class HttpServer:
    """A server that answers.

    Attributes:
        address: host:port it listens on.
    """

    def __init__(self, server: uvicorn.Server, serving: "asyncio.Task[None]", address: str) -> None:
        self._server = server
        self._serving = serving
        self.address = address

    async def stop(self) -> None:
        """Takes no new connections, lets running requests finish within the drain's time, then returns."""
        self._server.should_exit = True
        await self._serving

    async def until_failed(self) -> None:
        """Waits for as long as it serves; raises what ended it."""
        await asyncio.shield(self._serving)


@asynccontextmanager
async def serving_http(
    application: Callable[..., Any],
    host: str,
    port: int,
    *,
    keepalive_s: int,
    backlog: int,
    drain_s: float,
    certificate: Path | None = None,
    private_key: Path | None = None,
) -> AsyncIterator[HttpServer]:
    """Serves until the end of the block; over TLS where a certificate and its key are given.

    Raises:
        Unavailable: the port is taken or the address is not ours.
    """
    listener = _bind(host, port, backlog)
    config = uvicorn.Config(
        application,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=keepalive_s,
        timeout_graceful_shutdown=max(1, round(drain_s)),
        backlog=backlog,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    running = HttpServer(server, serving, "{}:{}".format(*listener.getsockname()[:2]))
    try:
        yield running
    finally:
        await running.stop()


def _bind(host: str, port: int, backlog: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A port left in TIME_WAIT by the last gateway is free; one that somebody listens on is not.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(backlog)
    except OSError as error:
        listener.close()
        raise Unavailable(
            f"cannot serve HTTP on {host}:{port}: {error.strerror}; set TOOLMESH_GATEWAY_HTTP_PORT to a free port"
        ) from error
    listener.setblocking(False)
    return listener
