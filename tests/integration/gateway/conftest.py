"""The gateway as a real process in front of scripted neighbours."""

import importlib.util
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from toolmesh_testing import ServiceProcess, process, serving

KEY = "key-of-the-tests"
NEIGHBOURS = ("PLANNER", "TOOL_ROUTER", "RETRIEVER", "MEMORY", "CONTROLLER", "INFERENCE", "ARENA", "TOOL_HOST")


def _fakes() -> Any:
    spec = importlib.util.spec_from_file_location("gateway_fakes", Path(__file__).with_name("fakes.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FAKES = _fakes()


@dataclass
class Gateway:
    """A running gateway."""

    process: ServiceProcess
    url: str
    log: Path

    def http(self, key: str = KEY) -> httpx.AsyncClient:
        """A client with a key."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=20, trust_env=False)


@asynccontextmanager
async def running_gateway(folder: Path, address: str, **env: str) -> AsyncIterator[Gateway]:
    """The process, its state in a folder, all its neighbours at one address."""
    log = folder / "gateway.log"
    settings = {
        "TOOLMESH_API_KEY": KEY,
        "TOOLMESH_GATEWAY_HTTP_PORT": "0",
        "TOOLMESH_GATEWAY_LISTEN": "127.0.0.1:0",
        "TOOLMESH_GATEWAY_DATA_DIR": str(folder / "data"),
    }
    settings |= {f"TOOLMESH_GATEWAY_{name}_ADDRESS": address for name in NEIGHBOURS}
    async with process("toolmesh_gateway", settings | env, log_path=log) as started:
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        address = next(line["address"] for line in reversed(lines) if line["message"] == "serving HTTP")
        yield Gateway(started, f"http://{address}", log)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def all_neighbours() -> AsyncIterator[Any]:
    all_of_them = FAKES.Neighbours()
    async with serving(all_of_them.service()) as address:
        all_of_them.address = address
        yield all_of_them


@pytest.fixture
def neighbours(all_neighbours: Any) -> Any:
    """As if they had just been started."""
    all_neighbours.forget()
    return all_neighbours


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_gateway(tmp_path_factory: pytest.TempPathFactory, all_neighbours: Any) -> AsyncIterator[Gateway]:
    async with running_gateway(tmp_path_factory.mktemp("gateway"), all_neighbours.address) as running:
        yield running


@pytest.fixture
def gateway(shared_gateway: Gateway, neighbours: Any) -> Gateway:
    """One process for the tests of a module."""
    return shared_gateway


@pytest_asyncio.fixture(loop_scope="module")
async def own_gateway(tmp_path: Path, neighbours: Any) -> AsyncIterator[Gateway]:
    """For tests that stop it."""
    async with running_gateway(tmp_path, neighbours.address) as running:
        yield running


@pytest.fixture(scope="session")
def start_gateway() -> Any:
    """For tests that need settings of their own."""
    return running_gateway
