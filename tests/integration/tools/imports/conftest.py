"""An import as the process it is in production, alone or behind a router whose policy allows it by one rule."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fixtures.http_peer import HttpPeer, serving_peer
from integration.tool_router.conftest import RouterClient, router_as_process

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2
from toolmesh.tool.v1.tool_service_pb2_grpc import ToolServiceStub
from toolmesh.tool_host.v1.source_pb2 import DeploymentSource
from toolmesh_core.channel import connect
from toolmesh_testing import ServiceProcess, process

RULES = """
version: 1
rules:
  - name: the-import
    effect: allow
    services: [imported]
"""


class Imports:
    """Starts imports from sources, in a folder of a test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log_path = folder / "import.log"

    def log(self) -> str:
        """What the process wrote to stderr."""
        return self.log_path.read_text()

    @asynccontextmanager
    async def start(
        self, source: DeploymentSource, secrets: Any = (), **settings: str
    ) -> AsyncIterator[ServiceProcess]:
        """The process, named "imported"; settings in lower case, without their prefix."""
        path = self.folder / "source.binpb"
        path.write_bytes(source.SerializeToString())
        chosen = {"source_file": str(path), "name": "imported", "data_dir": str(self.folder), **settings}
        env = {f"TOOLMESH_TOOL_IMPORTS_{key.upper()}": value for key, value in chosen.items()}
        env |= {f"TOOLMESH_TOOL_IMPORTS_SECRET_{key}": value for key, value in dict(secrets).items()}
        async with process("toolmesh_tool_imports", env, log_path=self.log_path) as started:
            yield started

    async def refusal(self, source: DeploymentSource, **settings: Any) -> str:
        """The last line of one that does not start."""
        with pytest.raises(RuntimeError, match="ended with 1"):
            async with self.start(source, **settings):
                pytest.fail("it started")
        return self.log().splitlines()[-1]

    @asynccontextmanager
    async def routed(
        self, source: DeploymentSource, rules: str = RULES, **settings: Any
    ) -> AsyncIterator[RouterClient]:
        """A router process that has the import's tools."""
        policy = self.folder / "policy.yaml"
        policy.write_text(rules)
        async with (
            self.start(source, **settings) as started,
            router_as_process(self.folder / "router", policy_file=str(policy), health_check_s="0.05") as (_, router),
        ):
            await router.register("imported", started.address)
            yield router


async def listed(address: str) -> dict[str, tool_pb2.Tool]:
    """The tools of a tool service by name."""
    async with connect(address) as channel:
        page = await ToolServiceStub(channel).ListTools(tool_service_pb2.ListToolsRequest(page_size=1000))
    return {tool.name: tool for tool in page.tools}


async def events(address: str, tool: str, arguments: str = "{}", timeout: float = 30) -> list[Any]:
    """All events of one call."""
    request = tool_service_pb2.InvokeToolRequest(tool=tool, arguments_json=arguments)
    async with connect(address) as channel:
        return [event async for event in ToolServiceStub(channel).InvokeTool(request, timeout=timeout)]


async def result(address: str, tool: str, arguments: str = "{}") -> tool_pb2.ToolResult:
    """The end of one call."""
    return (await events(address, tool, arguments))[-1].result


@pytest.fixture
def imports(tmp_path: Path) -> Imports:
    return Imports(tmp_path)


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[HttpPeer]:
    async with serving_peer() as started:
        yield started
