"""The tool router in process and as a process, with real tool services beside it."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh.tool_router.v1.tool_router_service_pb2_grpc import ToolRouterServiceStub
from toolmesh_core.channel import connect
from toolmesh_testing import ServiceProcess, process, serving
from toolmesh_tool_router.bootstrap import bootstrap
from toolmesh_tool_router.settings import ToolRouterSettings
from toolmesh_toolkit import ToolFunction, tool_service

FOLDER = Path(__file__).parent
# Most tests are about other things than who may call what.
OPEN_POLICY = FOLDER / "open_policy.yaml"


class RouterClient:
    """Asks a router as the planner does."""

    def __init__(self, address: str) -> None:
        self.channel = connect(address)
        self.stub = ToolRouterServiceStub(self.channel)

    async def call(
        self, tool: str, arguments: str = "{}", *, timeout: float | None = None, **fields: Any
    ) -> list[pb.InvokeToolResponse]:
        """All events of one call."""
        context = tool_pb2.CallContext(user="ada", run="run_1", tool_call_id="call_1")
        request = pb.InvokeToolRequest(tool=tool, arguments_json=arguments, context=context, **fields)
        return [event async for event in self.stub.InvokeTool(request, timeout=timeout)]

    async def result(self, tool: str, arguments: str = "{}", **fields: Any) -> pb.InvocationResult:
        """The end of one call."""
        return (await self.call(tool, arguments, **fields))[-1].result

    async def register(self, name: str, address: str) -> pb.RegisterToolServiceResponse:
        """Adds a tool service."""
        return await self.stub.RegisterToolService(pb.RegisterToolServiceRequest(name=name, address=address))

    async def tools(self) -> list[tool_pb2.Tool]:
        """The tools that can be called."""
        return list((await self.stub.ListTools(pb.ListToolsRequest())).tools)

    async def callable_names(self) -> list[str]:
        """Their names."""
        return [tool.name for tool in await self.tools()]

    async def until(self, wanted: Callable[[set[str]], bool], within_s: float) -> set[str]:
        """Watches the tools until the callable ones are as wanted. TimeoutError where that takes too long."""
        names: set[str] = set()
        async with asyncio.timeout(within_s):
            async for change in self.stub.WatchTools(pb.WatchToolsRequest(), timeout=within_s):
                kind = change.WhichOneof("change")
                if kind == "snapshot":
                    names = {tool.name for tool in change.snapshot.tools}
                elif kind == "upserted":
                    names.add(change.upserted.name)
                else:
                    names.discard(change.removed)
                if wanted(names):
                    return names
        raise AssertionError(f"the watch ended with {names}")


@asynccontextmanager
async def router_in_process(settings: ToolRouterSettings) -> AsyncIterator[RouterClient]:
    """The router, wrapped as in production."""
    async with bootstrap(settings) as service, serving(service) as address:
        client = RouterClient(address)
        try:
            yield client
        finally:
            await client.channel.close(None)


@asynccontextmanager
async def router_as_process(data_dir: Path, **settings: str) -> AsyncIterator[tuple[ServiceProcess, RouterClient]]:
    """The router as it runs in production; settings are in lower case, without their prefix."""
    env = {f"TOOLMESH_TOOL_ROUTER_{name.upper()}": value for name, value in settings.items()}
    env["TOOLMESH_TOOL_ROUTER_DATA_DIR"] = str(data_dir)
    env.setdefault("TOOLMESH_TOOL_ROUTER_POLICY_FILE", str(OPEN_POLICY))
    async with process("toolmesh_tool_router", env, log_path=data_dir.with_suffix(".log")) as started:
        client = RouterClient(started.address)
        try:
            yield started, client
        finally:
            await client.channel.close(None)


def sample_as_process(socket: Path) -> AbstractAsyncContextManager[ServiceProcess]:
    """The sample tools as a process at a socket, so that a restarted one has the address of the first."""
    env = {
        "PYTHONPATH": str(FOLDER),
        "TOOLMESH_TOOL_SAMPLE_LISTEN": f"unix:{socket}",
        "TOOLMESH_TOOL_SAMPLE_DATA_DIR": str(socket.parent / "sample"),
    }
    return process("sample_tools", env, log_path=socket.with_suffix(".log"))


@pytest.fixture
def start_router() -> Callable[..., AbstractAsyncContextManager[tuple[ServiceProcess, RouterClient]]]:
    return router_as_process


@pytest.fixture
def start_sample() -> Callable[[Path], AbstractAsyncContextManager[ServiceProcess]]:
    return sample_as_process


@pytest.fixture
def open_router(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[RouterClient]]:
    def open_one(**settings: Any) -> AbstractAsyncContextManager[RouterClient]:
        usual = {"data_dir": tmp_path / "router", "policy_file": OPEN_POLICY}
        return router_in_process(ToolRouterSettings(**{**usual, **settings}))

    return open_one


@pytest.fixture(scope="session")
def sample_tools() -> list[ToolFunction[..., Any]]:
    spec = importlib.util.spec_from_file_location("sample_tools", FOLDER / "sample_tools.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tools = module.TOOLS
    assert isinstance(tools, list)
    return tools


@pytest.fixture
async def sample_address(sample_tools: list[ToolFunction[..., Any]]) -> AsyncIterator[str]:
    async with serving(tool_service(sample_tools)) as address:
        yield address


@pytest.fixture
async def router(
    open_router: Callable[..., AbstractAsyncContextManager[RouterClient]], sample_address: str
) -> AsyncIterator[RouterClient]:
    """A router with the sample tools, all in this process."""
    async with open_router() as client:
        await client.register("sample", sample_address)
        yield client
