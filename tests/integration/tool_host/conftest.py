"""A real tool host beside a real tool router, both as processes, and sources to deploy."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_host.v1 import deployment_pb2, source_pb2
from toolmesh.tool_host.v1 import tool_host_service_pb2 as pb
from toolmesh.tool_host.v1.tool_host_service_pb2_grpc import ToolHostServiceStub
from toolmesh.tool_router.v1 import tool_router_service_pb2 as router_pb
from toolmesh.tool_router.v1.tool_router_service_pb2_grpc import ToolRouterServiceStub
from toolmesh_core.channel import connect
from toolmesh_testing import ServiceProcess, process

TOOL = '''
import os, subprocess, sys, time
from datetime import timedelta
from toolmesh_toolkit import tool

VERSION = {version}


@tool(read_only=True, timeout=timedelta(seconds=60))
def {name}(seconds: float = 0.0, do: str = "") -> str:
    """Say which version this is, after some seconds and a deed."""
    time.sleep(seconds)
    said = eval(do) if do else ""
    return f"{{VERSION}} {{said}}".strip()
'''


def tool_file(name: str, version: int = 1) -> str:
    """A file with one tool, which also carries out an expression."""
    return TOOL.format(name=name, version=version)


def python_source(files: dict[str, str | bytes], *secrets: str) -> source_pb2.DeploymentSource:
    """A source of these files."""
    packed = [
        source_pb2.SourceFile(path=path, content=content if isinstance(content, bytes) else content.encode())
        for path, content in files.items()
    ]
    return source_pb2.DeploymentSource(python=source_pb2.PythonSource(files=packed, secrets=secrets))


def wheel(name: str, version: str, requires: str = "") -> bytes:
    """The smallest package that pip installs: one module that knows its version."""
    info = f"{name}-{version}.dist-info"
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return packed.getvalue()


@dataclass
class Host:
    """Asks a tool host and the tool router beside it."""

    process: ServiceProcess
    router: ServiceProcess
    data: Path
    stub: Any
    router_stub: Any

    async def deploy(
        self, name: str, files: dict[str, str | bytes], *secrets: str, **limits: int
    ) -> deployment_pb2.Deployment:
        """The deployment when it serves."""
        *_, last = await self.stages(name, files, *secrets, **limits)
        assert not isinstance(last, str)
        return last

    async def stages(self, name: str, files: dict[str, str | bytes], *secrets: str, **limits: int) -> list[Any]:
        """All stages, and the deployment."""
        request = pb.DeployRequest(
            name=name, source=python_source(files, *secrets), limits=deployment_pb2.ResourceLimits(**limits)
        )
        responses = [response async for response in self.stub.Deploy(request, timeout=90)]
        return [response.stage or response.deployment for response in responses]

    async def get(self, name: str) -> deployment_pb2.Deployment:
        """A deployment as it is now."""
        return (await self.stub.GetDeployment(pb.GetDeploymentRequest(name=name))).deployment

    async def remove(self, name: str) -> None:
        """Removes a deployment."""
        await self.stub.RemoveDeployment(pb.RemoveDeploymentRequest(name=name), timeout=90)

    async def log(self, name: str) -> str:
        """What it wrote."""
        responses = self.stub.ReadLogs(pb.ReadLogsRequest(name=name))
        return "\n".join([line async for response in responses for line in response.lines])

    async def call(self, tool: str, arguments: str = "{}") -> str:
        """The output of one call, as the planner would make it."""
        request = router_pb.InvokeToolRequest(
            tool=tool, arguments_json=arguments, context=tool_pb2.CallContext(user="ada"), result_only=True
        )
        [response] = [event async for event in self.router_stub.InvokeTool(request, timeout=60)]
        result = response.result.tool_result
        return str(result.output_json if result.WhichOneof("outcome") == "output_json" else result.failure.message)

    async def until(self, name: str, wanted: Callable[[deployment_pb2.Deployment], bool]) -> deployment_pb2.Deployment:
        """Looks until a deployment is as wanted."""
        async with asyncio.timeout(20):
            while True:
                found = await self.get(name)
                if wanted(found):
                    return found
                await asyncio.sleep(0.05)

    async def until_called(self, tool: str) -> str:
        """Calls until the tool answers."""
        async with asyncio.timeout(20):
            while True:
                try:
                    return await self.call(tool)
                except Exception:  # noqa: BLE001 - whatever it is, it may pass
                    await asyncio.sleep(0.05)


@asynccontextmanager
async def host_beside(router: ServiceProcess, data: Path, **settings: str) -> AsyncIterator[Host]:
    """A host of a data folder; settings are in lower case, without their prefix."""
    usual = {"start_timeout_s": "15", "switch_s": "0.3", "watch_s": "0.2", "stop_grace_s": "2"} | settings
    env = {f"TOOLMESH_TOOL_HOST_{name.upper()}": value for name, value in usual.items()}
    env |= {"TOOLMESH_TOOL_HOST_DATA_DIR": str(data), "TOOLMESH_TOOL_HOST_TOOL_ROUTER_ADDRESS": router.address}
    env |= {"TOOLMESH_TOOL_HOST_SECRET_WEATHER_KEY": "sunny", "TOOLMESH_API_KEY": "key-of-the-platform"}
    async with (
        process("toolmesh_tool_host", env, log_path=data.with_suffix(".log")) as started,
        connect(started.address) as channel,
        connect(router.address) as router_channel,
    ):
        yield Host(started, router, data, ToolHostServiceStub(channel), ToolRouterServiceStub(router_channel))
        # Asked and not killed, so that it takes the folder of its sockets with it.
        if started.process.returncode is None:
            started.terminate()
            await started.wait()


@asynccontextmanager
async def router_in(folder: Path) -> AsyncIterator[ServiceProcess]:
    """A tool router with the policy that comes along."""
    env = {"TOOLMESH_TOOL_ROUTER_DATA_DIR": str(folder / "router")}
    async with process("toolmesh_tool_router", env, log_path=folder / "router.log") as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def host(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Host]:
    """One host for the tests of a file; each takes names of its own."""
    folder = tmp_path_factory.mktemp("host")
    async with router_in(folder) as router, host_beside(router, folder / "data") as started:
        yield started


@pytest.fixture
def start_host() -> Callable[..., AbstractAsyncContextManager[Host]]:
    return host_beside


@pytest.fixture
def start_router() -> Callable[[Path], AbstractAsyncContextManager[ServiceProcess]]:
    return router_in


@pytest.fixture
def file_of() -> Callable[..., str]:
    return tool_file


@pytest.fixture
def wheel_of() -> Callable[..., bytes]:
    return wheel
