"""Real MCP servers: one of the official SDK, on stdio and on HTTP, and hostile ones."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from toolmesh_core.errors import NotFound
from toolmesh_imports.mcp import McpOptions, McpServer, StdioPeer

HERE = Path(__file__).parent
QUICK: dict[str, Any] = {
    "connect_timeout_s": 50.0,
    "ready_wait_s": 30.0,
    "first_retry_s": 0.01,
    "last_retry_s": 0.05,
    "refresh_pause_s": 0.0,
}


def quick(**options: Any) -> McpOptions:
    """Options that wait for nothing but the server."""
    return McpOptions(**{**QUICK, **options})


def demo_peer(*arguments: str, **more: Any) -> StdioPeer:
    """The SDK's server as a command."""
    return StdioPeer((sys.executable, str(HERE / "demo_server.py"), *arguments), **more)


def hostile_peer(mode: str) -> StdioPeer:
    """A command that does not do as it should."""
    return StdioPeer((sys.executable, "-S", str(HERE / "hostile_server.py"), mode))


class Vault:
    """Knows a few secrets."""

    def __init__(self, **secrets: str) -> None:
        self.secrets = secrets

    async def secret(self, reference: str) -> str:
        if reference not in self.secrets:
            raise NotFound(f"no secret {reference!r}")
        return self.secrets[reference]


@pytest.fixture
async def demo() -> AsyncIterator[McpServer]:
    async with McpServer("demo", demo_peer(), quick()) as server:
        yield server
