"""A server on loopback, and callers that may reach it."""

import os
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fixtures.http_peer import HttpPeer, serving_peer

from toolmesh_core.egress.host_list import HostList, parse_rules
from toolmesh_core.errors import NotFound
from toolmesh_imports.openapi import CallLimits, ImportOptions, OpenApiCaller, OpenApiTool

from .documents import one_tool

DATASETS = Path(os.environ.get("DATASETS") or Path(__file__).parents[5] / "shared/datasets")
TLS = ssl.create_default_context()


class Vault:
    """Knows a few secrets, and keeps what it was asked for."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self.secrets = secrets
        self.asked: list[str] = []

    async def secret(self, reference: str) -> str:
        self.asked.append(reference)
        if reference not in self.secrets:
            raise NotFound(f"no secret {reference!r}")
        return self.secrets[reference]


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[HttpPeer]:
    async with serving_peer() as started:
        yield started


MakeCaller = Callable[..., OpenApiCaller]


@pytest_asyncio.fixture
async def caller_for(peer: HttpPeer) -> AsyncIterator[MakeCaller]:
    """Makes callers that may reach api.test and other.test, both on the loopback server, and whatever more is given."""
    made: list[OpenApiCaller] = []

    async def lookup(host: str, port: int) -> list[str]:
        return {"inside.test": ["10.0.0.1"], "cloud.test": ["169.254.169.254"]}.get(host, ["127.0.0.1"])

    def make(
        *, vault: Vault | None = None, allowed: str = "", private: str | None = None, **limits: Any
    ) -> OpenApiCaller:
        ours = f"api.test:{peer.port},other.test:{peer.port}"
        hosts = HostList(
            parse_rules(f"{ours},{allowed}"), parse_rules(ours if private is None else private), lookup=lookup
        )
        made.append(OpenApiCaller(hosts, TLS, secrets=vault, limits=CallLimits(**limits)))
        return made[-1]

    yield make
    for caller in made:
        await caller.aclose()


@pytest.fixture
def tool_for(peer: HttpPeer) -> Callable[..., OpenApiTool]:
    """The tool of one operation whose server is the peer."""

    def make(operation: dict[str, Any], *, secrets: Mapping[str, str] | None = None, **more: Any) -> OpenApiTool:
        options = ImportOptions(server=f"http://api.test:{peer.port}/v1", secrets=secrets or {})
        return one_tool(operation, options=options, **more)

    return make


@pytest.fixture(scope="session")
def spotify_document() -> Path:
    """The real document; see DATASETS in the Makefile."""
    path = DATASETS / "restbench" / "spotify_openapi.json"
    if not path.is_file():
        pytest.skip(f"spotify_openapi.json is not in {path.parent}: say where by DATASETS")
    return path
