"""The SDK's server over streamable HTTP on loopback, and peers that may reach it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from toolmesh_core.egress.host_list import HostList, parse_rules
from toolmesh_imports.mcp import HttpPeer, McpOptions, McpServer, ServerState

TLS = ssl.create_default_context()


@asynccontextmanager
async def serving_http(app: ASGIApp, port: int = 0) -> AsyncIterator[int]:
    """Serves until the end; gives the port."""
    listening = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=0, ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await task
        listening.close()


def http_peer(
    port: int, *, host: str = "127.0.0.1", path: str = "/mcp", private: str | None = None, **more: Any
) -> HttpPeer:
    """A peer that may reach the port."""
    ours = f"{host}:{port}"
    allowed, inside = more.pop("allowed", ours), ours if private is None else private

    async def lookup(name: str, number: int) -> list[str]:
        return {"inside.test": ["10.0.0.1"], "cloud.test": ["169.254.169.254"]}.get(name, ["127.0.0.1"])

    hosts = HostList(parse_rules(allowed), parse_rules(inside), lookup=lookup)
    return HttpPeer(f"http://{ours}{path}", hosts, TLS, **more)


@asynccontextmanager
async def connected(
    app: ASGIApp, options: McpOptions, on_change: Callable[[ServerState], None] | None = None, **peer: Any
) -> AsyncIterator[McpServer]:
    """A server over an app, named demo."""
    async with serving_http(app) as port:
        server = McpServer("demo", http_peer(port, **peer), options, on_change=on_change)
        async with server:
            yield server
