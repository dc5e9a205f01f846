"""Every package under services/tools, found and started as a process with nothing but an empty data folder."""

import importlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from toolmesh.tool.v1.tool_service_pb2_grpc import ToolServiceStub
from toolmesh_core.channel import connect
from toolmesh_testing import ServiceProcess, process
from toolmesh_toolkit import ToolFunction

ROOT = Path(__file__).parents[3]
FOLDERS = sorted(path.parent.name for path in ROOT.glob("services/tools/*/pyproject.toml"))
ServedTools = list[ToolFunction[..., Any]]


def tools_of(folder: str) -> ServedTools:
    """The TOOLS of a package."""
    tools = importlib.import_module(f"toolmesh_tool_{folder}.tools").TOOLS
    assert isinstance(tools, list)
    return tools


@dataclass(frozen=True)
class StartedTools:
    """A package of tools that runs."""

    folder: str
    tools: ServedTools
    stub: Any
    process: ServiceProcess


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=FOLDERS)
async def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[StartedTools]:
    folder = str(request.param)
    if folder == "code" and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed: see system-packages.txt")
    data_dir = tmp_path_factory.mktemp(folder)
    env = {f"TOOLMESH_TOOL_{folder.upper()}_DATA_DIR": str(data_dir)}
    async with (
        process(f"toolmesh_tool_{folder}", env, log_path=data_dir / "log") as started,
        connect(started.address) as channel,
    ):
        yield StartedTools(folder, tools_of(folder), ToolServiceStub(channel), started)


@pytest.fixture(params=FOLDERS)
def tools(request: pytest.FixtureRequest) -> ServedTools:
    """The tools of each package in turn."""
    return tools_of(str(request.param))


@pytest.fixture
def all_tools() -> dict[str, ServedTools]:
    """The tools of all packages, by package."""
    return {folder: tools_of(folder) for folder in FOLDERS}
