"""The gateway as a process before a real router and real tools; asked by the official client."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import mcp.client.session as sdk_session
import pytest
import pytest_asyncio
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh.tool_router.v1.tool_router_service_pb2_grpc import ToolRouterServiceStub
from toolmesh_core.channel import connect
from toolmesh_testing import serving
from toolmesh_tool_router.bootstrap import bootstrap
from toolmesh_tool_router.settings import ToolRouterSettings
from toolmesh_toolkit import tool_service

from .mcp_tools import TOOLS, WAITS, many

VERSIONS = ("2025-06-18", "2025-11-25", "2026-07-28")


@dataclass
class Platform:
    """A gateway and what is behind it."""

    gateway: Any
    router: ToolRouterServiceStub
    router_address: str

    @property
    def url(self) -> str:
        """Where MCP is."""
        return f"{self.gateway.url}/mcp"


@dataclass
class Notices:
    """What the server told a client unasked."""

    methods: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, message: Any) -> None:
        self.methods.append(getattr(message, "method", type(message).__name__))
        self.came.set()


def speak(monkeypatch: pytest.MonkeyPatch, version: str) -> str:
    """Has the official client speak a version; gives its mode."""
    if version == VERSIONS[-1]:
        return version
    # It offers the latest version with a handshake, and takes what it gets.
    monkeypatch.setattr(sdk_session, "LATEST_HANDSHAKE_VERSION", version)
    return "legacy"


@asynccontextmanager
async def connected(url: str, mode: str = "auto", key: str = "key-of-the-tests", **more: Any) -> AsyncIterator[Client]:
    """The official client with a key."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=20, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode, **more) as client,
    ):
        yield client


@asynccontextmanager
async def _router(folder: Path, memory: str) -> AsyncIterator[str]:
    settings = ToolRouterSettings(data_dir=folder, memory_address=memory)
    async with bootstrap(settings) as service, serving(service) as address:
        yield address


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory, all_neighbours: Any, start_gateway: Any
) -> AsyncIterator[Platform]:
    folder = tmp_path_factory.mktemp("mcp")
    async with (
        _router(folder / "router", all_neighbours.address) as router,
        serving(tool_service(TOOLS)) as tools,
        start_gateway(folder, all_neighbours.address, TOOLMESH_GATEWAY_TOOL_ROUTER_ADDRESS=router) as gateway,
    ):
        channel = connect(router)
        try:
            stub = ToolRouterServiceStub(channel)
            await stub.RegisterToolService(pb.RegisterToolServiceRequest(name="mcp", address=tools))
            yield Platform(gateway, stub, router)
        finally:
            await channel.close(None)


@pytest.fixture(autouse=True)
def _nothing_cut_off_yet() -> None:
    WAITS.forget()


@pytest.fixture
def more_tools(platform: Platform) -> Callable[[int], AbstractAsyncContextManager[None]]:
    """Further tools for a while."""

    @asynccontextmanager
    async def register(number: int) -> AsyncIterator[None]:
        async with serving(tool_service(many(number))) as address:
            await platform.router.RegisterToolService(pb.RegisterToolServiceRequest(name="more", address=address))
            try:
                yield
            finally:
                await platform.router.UnregisterToolService(pb.UnregisterToolServiceRequest(name="more"))

    return register
