"""Every package under services/tools, found and started as a process in a data folder of the test's own."""

import importlib
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from toolmesh.tool.v1.tool_service_pb2_grpc import ToolServiceStub
from toolmesh_core.channel import connect
from toolmesh_testing import process
from toolmesh_toolkit import ToolFunction
from toolmesh_toolkit.contract import ServedTools

ROOT = Path(__file__).parents[3]
# A package without tools of its own, such as one that serves what it imports, has no tools.py.
FOLDERS = sorted(path.parents[1].name for path in ROOT.glob("services/tools/*/toolmesh_tool_*/tools.py"))
Tools = list[ToolFunction[..., Any]]


def settings_of(folder: str, data_dir: Path) -> dict[str, str]:
    """What a package needs to offer its tools: an empty data folder, and for SQL a database."""
    settings = {"DATA_DIR": str(data_dir)}
    if folder == "sql":
        with closing(sqlite3.connect(data_dir / "shop.db")) as database:
            database.executescript("CREATE TABLE articles (id INTEGER, price REAL); INSERT INTO articles VALUES (7, 3)")
        (data_dir / "databases.yaml").write_text("databases: {shop: {sqlite: shop.db, allow_writes: true}}")
        settings["DATABASES_FILE"] = str(data_dir / "databases.yaml")
    return {f"TOOLMESH_TOOL_{folder.upper()}_{name}": value for name, value in settings.items()}


def tools_of(folder: str) -> Tools:
    """The TOOLS of a package."""
    tools = importlib.import_module(f"toolmesh_tool_{folder}.tools").TOOLS
    assert isinstance(tools, list)
    return tools


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=FOLDERS)
async def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServedTools]:
    """A package of tools that runs; all it can change is in a folder of the test, so every tool may be called."""
    folder = str(request.param)
    if folder == "code" and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed: see system-packages.txt")
    data_dir = tmp_path_factory.mktemp(folder)
    async with (
        process(f"toolmesh_tool_{folder}", settings_of(folder, data_dir), log_path=data_dir / "log") as started,
        connect(started.address) as channel,
    ):

        async def stop() -> int:
            started.terminate()
            return await started.wait()

        yield ServedTools(tools_of(folder), started.address, ToolServiceStub(channel), stop, may_write=True)


@pytest.fixture(params=FOLDERS)
def tools(request: pytest.FixtureRequest) -> Tools:
    """The tools of each package in turn."""
    return tools_of(str(request.param))


@pytest.fixture
def all_tools() -> dict[str, Tools]:
    """The tools of all packages, by package."""
    return {folder: tools_of(folder) for folder in FOLDERS}
